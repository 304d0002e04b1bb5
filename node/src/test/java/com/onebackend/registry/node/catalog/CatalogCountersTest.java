package com.onebackend.registry.node.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import com.onebackend.registry.api.ErrorCode;
import com.onebackend.registry.api.RegistryException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class CatalogCountersTest {
    private final CatalogCounters counters = new CatalogCounters();

    @Test
    void aWriteCountsByHowItEnded() {
        final List<CatalogCounters.Outcome> ended = new ArrayList<>();
        counters.onWrite((outcome, nanos) -> ended.add(outcome));
        counters.write(CompletableFuture.completedFuture(CatalogResult.done(1, 1)));
        counters.write(CompletableFuture.completedFuture(
                CatalogResult.refused(CatalogResult.Code.CONFLICT, 1, "another one was first")));
        for (final ErrorCode code :
                List.of(ErrorCode.UNAVAILABLE, ErrorCode.INDETERMINATE, ErrorCode.OVERLOADED, ErrorCode.INTERNAL)) {
            counters.write(CompletableFuture.failedFuture(new RegistryException(code, "no")));
        }
        counters.write(CompletableFuture.failedFuture(new IOException("a defect")));
        assertThat(ended)
                .extracting(CatalogCounters.Outcome::label)
                .containsExactly("ok", "refused", "unavailable", "unknown", "overloaded", "failed", "failed");
    }

    @Test
    void aLeaderChangesWhenAnotherOneIsKnown() {
        counters.leader("n1");
        counters.leader("");
        counters.leader("n1");
        assertThat(counters.leaderChanges()).isEqualTo(1);
        counters.leader("n2");
        assertThat(counters.leaderChanges()).isEqualTo(2);
    }
}
