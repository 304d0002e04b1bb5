package com.onebackend.registry.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** How long a node takes leave, and from whom. */
class GracefulStopTest {
    private static final Duration FOR_EVER = Duration.ofHours(1);

    private final Readiness readiness = new Readiness();
    private final AtomicBoolean hasOthers = new AtomicBoolean(true);

    private GracefulStop stop(final Duration delay) {
        return new GracefulStop(delay, readiness, () -> null, hasOthers::get);
    }

    @Test
    void readyNodeSaysThatItStopsAndGoesOnForTheDelay() {
        readiness.ready();
        final long start = System.nanoTime();
        stop(Duration.ofMillis(200)).run();
        assertThat(System.nanoTime() - start)
                .isGreaterThanOrEqualTo(Duration.ofMillis(200).toNanos());
        assertThat(readiness.leaving()).isEqualTo(Readiness.STOPPING);
        assertThat(readiness.isReady()).isTrue();
    }

    @Test
    @Timeout(60)
    void nodeThatNobodyCouldLeaveForAnotherOneEndsAtOnce() {
        readiness.ready();
        hasOthers.set(false);
        stop(FOR_EVER).run();
        assertThat(readiness.leaving()).isEqualTo(Readiness.STOPPING);
    }

    @Test
    @Timeout(60)
    void nodeThatNobodyWasSentToEndsAtOnce() {
        readiness.waitsFor("catching up");
        stop(FOR_EVER).run();
    }

    @Test
    @Timeout(60)
    void nodeThatWasDrainedBeforeHasBeenLeftAlready() {
        readiness.ready();
        readiness.drained("drained");
        await().until(() -> readiness.leavingNanos() > Duration.ofSeconds(1).toNanos());
        final long start = System.nanoTime();
        stop(Duration.ofSeconds(1)).run();
        assertThat(System.nanoTime() - start).isLessThan(Duration.ofSeconds(1).toNanos());
    }
}
