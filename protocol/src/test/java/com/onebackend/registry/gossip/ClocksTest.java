package com.onebackend.registry.gossip;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ClocksTest {
    private static final long WALL = 1_700_000_000_000L;
    private static final Now NOW = new Now(-5, WALL);

    private final Clocks clocks = new Clocks(500, 60_000);

    @Test
    void oneWrongPeerOfThreeIsNotThisNodesFault() {
        hear(0, 3, 90_000);
        clocks.tick(3, NOW);
        assertThat(refusal()).isEmpty();
        assertThat(clocks.alarms()).isZero();
    }

    @Test
    void onePeerOfManyIsNotEnoughToJudge() {
        hear(90_000);
        clocks.tick(5, NOW);
        assertThat(refusal()).isEmpty();
        clocks.tick(1, NOW);
        assertThat(refusal()).contains("90 s behind");
    }

    @Test
    void alarmComesAtHalfASecondAndRefusalAtAMinute() {
        hear(-501, -501);
        clocks.tick(2, NOW);
        assertThat(clocks.alarms()).isOne();
        assertThat(refusal()).isEmpty();
        hear(-60_001, -60_001);
        clocks.tick(2, NOW);
        assertThat(refusal()).contains("60 s ahead of").contains("nothing was changed");
        hear(1, 2);
        clocks.tick(2, NOW);
        assertThat(clocks.alarms()).as("the same alarm goes on").isOne();
        assertThat(refusal()).isEmpty();
        hear(-501, -501);
        clocks.tick(2, NOW);
        assertThat(clocks.alarms()).as("it had ended").isEqualTo(2);
    }

    @Test
    void stampsOfAClockThatWasWrongAreRefusedUntilTheirTimeComes() {
        hear(0, 0);
        clocks.tick(2, NOW);
        assertThat(clocks.refusal(WALL + 60_000, WALL)).isEmpty();
        assertThat(clocks.refusal(WALL + 90_000, WALL)).contains("stamped 90 s ahead");
    }

    @Test
    void oldReadingsAndTooManyOfThemGo() {
        for (int i = 0; i < 10 * ClockOffsets.PEERS_MAX; i++) {
            clocks.heard("peer-" + i, WALL + (i < 9 * ClockOffsets.PEERS_MAX ? 90_000 : 0), NOW);
        }
        clocks.tick(3, NOW);
        assertThat(refusal()).isEmpty();
        assertThat(clocks.offsetMillis()).isZero();
        hear(90_000, 90_000);
        clocks.tick(2, new Now(NOW.nanos() + ClockOffsets.READING_NANOS_MAX, WALL));
        assertThat(refusal()).isEmpty();
    }

    private void hear(final long... offsets) {
        for (int i = 0; i < offsets.length; i++) {
            clocks.heard("n" + i, WALL + offsets[i], NOW);
        }
    }

    private String refusal() {
        return clocks.refusal(WALL, WALL);
    }
}
