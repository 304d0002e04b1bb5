package com.onebackend.registry.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class ReadinessTest {
    private final Readiness readiness = new Readiness();

    @Test
    void startingNodeIsNotReady() {
        assertThat(readiness.isReady()).isFalse();
        assertThat(readiness.reason()).isEqualTo("starting");
    }

    @Test
    void nodeThatCatchesUpIsNotReadyAndSaysWhy() {
        readiness.waitsFor("catching up");
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

        isReloading.set(false);
        assertThat(readiness.isReady()).isTrue();
    }

    @Test
    void nodeThatEndsIsNeverReadyAgainAndKeepsSayingWhy() {
        readiness.ready();
        readiness.ends("its name is taken");
        readiness.waitsFor("catching up");
        readiness.ready();
        readiness.ends("stopping");
        assertThat(readiness.isReady()).isFalse();
        assertThat(readiness.reason()).isEqualTo("its name is taken");
    }
}
