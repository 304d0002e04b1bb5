package com.onebackend.registry.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class ReadinessTest {
    private final Readiness readiness = new Readiness();

    @Test
    void startingNodeNeitherReadsNorWrites() {
        assertThat(readiness.isReady()).isFalse();
        assertThat(readiness.isWritable()).isFalse();
        assertThat(readiness.reason()).isEqualTo("starting");
    }

    @Test
    void nodeThatCatchesUpWritesOnly() {
        readiness.catchesUp("catching up");
        assertThat(readiness.isWritable()).isTrue();
        assertThat(readiness.isReady()).isFalse();
        assertThat(readiness.reason()).isEqualTo("catching up");
    }

    @Test
    void readyNodeThatReloadsIsNotReadyUntilItHasReloaded() {
        final AtomicBoolean isReloading = new AtomicBoolean();
        readiness.exceptWhile(isReloading::get);
        readiness.ready();
        assertThat(readiness.isReady()).isTrue();
        assertThat(readiness.reason()).isEmpty();

        isReloading.set(true);
        assertThat(readiness.isReady()).isFalse();
        assertThat(readiness.reason()).isEqualTo(Readiness.RELOADING);
        assertThat(readiness.isWritable()).isTrue();

        isReloading.set(false);
        assertThat(readiness.isReady()).isTrue();
    }

    @Test
    void nodeThatStopsIsNeither() {
        readiness.ready();
        readiness.waitsFor("stopping");
        assertThat(readiness.isReady()).isFalse();
        assertThat(readiness.isWritable()).isFalse();
    }
}
