package com.onebackend.registry.node.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** When a leader gives up the lead because of its disk. */
class SlowDiskTest {
    private final SlowDisk disk = new SlowDisk();
    /** Any origin will do: clocks may be negative. */
    private long nowMillis = -5_000;

    private boolean look(final long last, final long flushed, final long afterMillis) {
        nowMillis += afterMillis;
        return disk.isDue(last, flushed, TimeUnit.MILLISECONDS.toNanos(nowMillis));
    }

    @Test
    void aDiskThatMovesOrHasNothingToDoIsNotSlow() {
        for (int i = 0; i < 100; i++) {
            assertThat(look(10 + i, 9 + i, 250))
                    .as("always one behind, but it moves")
                    .isFalse();
        }
        for (int i = 0; i < 100; i++) {
            assertThat(look(109, 109, 250)).as("idle").isFalse();
        }
        assertThat(look(110, 109, 250)).as("the first entry after a rest").isFalse();
    }

    @Test
    void entriesThatWaitTooLongAreNoticed() {
        assertThat(look(10, 9, 0)).isFalse();
        assertThat(look(11, 9, 1_499)).isFalse();
        assertThat(look(12, 9, 1)).isTrue();
    }

    @Test
    void theLeadIsNotHandedOnAgainSoon() {
        assertThat(look(10, 9, 0)).isFalse();
        assertThat(look(10, 9, 1_500)).isTrue();
        for (int i = 0; i < 9; i++) {
            assertThat(look(10, 9, 1_000)).isFalse();
        }
        assertThat(look(10, 9, 1_000)).isTrue();
    }
}
