package com.onebackend.registry.replication;

import static org.assertj.core.api.Assertions.assertThat;

import com.onebackend.registry.model.Stamp;
import java.util.Random;
import org.junit.jupiter.api.Test;

class HybridClockTest {
    private final HybridClock clock = new HybridClock(60_000);

    @Test
    void stampsRiseWhateverTheWallClockDoes() {
        final Random random = new Random(1);
        Stamp last = Stamp.ZERO;
        for (int i = 0; i < 10_000; i++) {
            final Stamp stamp = clock.tick(1_000_000 + random.nextInt(100) - random.nextInt(100));
            assertThat(stamp).isGreaterThan(last);
            last = stamp;
        }
    }

    @Test
    void stampIsGreaterThanEveryStampSeen() {
        final Stamp seen = Stamp.ofMillis(1_050).next();
        clock.observe(seen);
        assertThat(clock.tick(1_000)).isEqualTo(seen.next());
    }

    @Test
    void stampFollowsTheWallClockWhenThatIsAhead() {
        clock.observe(Stamp.ofMillis(1_000));
        assertThat(clock.tick(2_000)).isEqualTo(Stamp.ofMillis(2_000));
    }

    @Test
    void olderStampDoesNotTurnTheClockBack() {
        final Stamp last = clock.tick(2_000);
        clock.observe(Stamp.ofMillis(1_000));
        assertThat(clock.tick(1_000)).isEqualTo(last.next());
    }

    @Test
    void peekedStampIsTheOneThatTickGives() {
        clock.tick(5_000);
        final Stamp peeked = clock.peek(5_000);
        assertThat(clock.peek(5_000)).isEqualTo(peeked);
        assertThat(clock.tick(5_000)).isEqualTo(peeked);
    }

    @Test
    void stampUpToTheLimitAheadIsAcceptedAndNoneBeyond() {
        assertThat(clock.accepts(Stamp.ofMillis(61_000), 1_000)).isTrue();
        assertThat(clock.accepts(Stamp.ofMillis(61_001), 1_000)).isFalse();
        assertThat(clock.accepts(Stamp.ZERO, 1_000)).isTrue();
    }

    @Test
    void counterThatRunsOverGoesOnInTheNextMillisecond() {
        clock.observe(new Stamp(Stamp.ofMillis(1_001).packed() - 1));
        assertThat(clock.tick(1_000)).isEqualTo(Stamp.ofMillis(1_001));
    }
}
