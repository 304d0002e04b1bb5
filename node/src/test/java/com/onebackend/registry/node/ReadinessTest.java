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
    void nodeThatLeavesIsReadyAndSaysWhyToGoElsewhere() {
        readiness.ready();
        assertThat(readiness.leaving()).isEmpty();
        assertThat(readiness.leavingNanos()).isZero();

        readiness.drained("drained");
        assertThat(readiness.isReady()).isTrue();
        assertThat(readiness.leaving()).isEqualTo("drained");
        final long before = readiness.leavingNanos();
        readiness.stops();
        assertThat(readiness.leaving()).isEqualTo(Readiness.STOPPING);
        // Clients have gone since the drain, not since the stop.
        assertThat(readiness.leavingNanos()).isGreaterThan(before);

        // Taken back: it stops all the same.
        readiness.drained("");
        assertThat(readiness.leaving()).isEqualTo(Readiness.STOPPING);
        assertThat(readiness.isReady()).isTrue();
    }

    @Test
    void nodeThatIsTakenBackCountsFromItsNextDrain() {
        readiness.drained("drained");
        readiness.drained("");
        assertThat(readiness.leaving()).isEmpty();
        assertThat(readiness.leavingNanos()).isZero();
        final long start = System.nanoTime();
        readiness.drained("drained again");
        assertThat(readiness.leavingNanos()).isLessThanOrEqualTo(System.nanoTime() - start);
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
