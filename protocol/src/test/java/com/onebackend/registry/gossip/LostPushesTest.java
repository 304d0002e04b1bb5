package com.onebackend.registry.gossip;

import static org.assertj.core.api.Assertions.assertThat;

import com.onebackend.registry.model.Endpoint;
import com.onebackend.registry.model.Origin;
import com.onebackend.registry.model.Part;
import com.onebackend.registry.model.Stamp;
import com.onebackend.registry.replication.LogEntry;
import com.onebackend.registry.replication.LogMessage;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is kept of pushes, and for how long: those applied, those too early, those that did not come. */
class LostPushesTest {
    private static final Origin ORIGIN = new Origin(1);
    private static final int MEGABYTE = 1 << 20;
    private static final MissingPushes.Source FIRST = new MissingPushes.Source("n1", new Endpoint("10.0.0.1", 7_001));
    private static final MissingPushes.Source SECOND = new MissingPushes.Source("n2", new Endpoint("10.0.0.2", 7_001));

    private final RecentPushes recent = new RecentPushes();
    private final HeldPushes held = new HeldPushes(0);
    private final MissingPushes missing = new MissingPushes();

    @Test
    void recentPushesAreGivenWholeAndInOrder() {
        for (long version = 1; version <= 5; version++) {
            recent.add(push(ORIGIN, version - 1, version));
        }
        assertThat(recent.after(ORIGIN, 2)).containsExactly(push(ORIGIN, 2, 3), push(ORIGIN, 3, 4), push(ORIGIN, 4, 5));
        assertThat(recent.after(ORIGIN, 5)).isEmpty();
        assertThat(recent.after(new Origin(9), 0)).isEmpty();
    }

    @Test
    void nothingIsGivenAcrossAGap() {
        recent.add(push(ORIGIN, 0, 1));
        recent.add(push(ORIGIN, 5, 6));
        assertThat(recent.after(ORIGIN, 0)).isEmpty();
        assertThat(recent.after(ORIGIN, 3)).isEmpty();
        assertThat(recent.after(ORIGIN, 5)).hasSize(1);
    }

    @Test
    void oldestPushesAreForgottenFirstAndAnAnswerIsBounded() {
        for (long version = 1; version <= RecentPushes.PUSHES_MAX + 10; version++) {
            recent.add(push(ORIGIN, version - 1, version));
        }
        assertThat(recent.after(ORIGIN, 9)).isEmpty();
        assertThat(recent.after(ORIGIN, 10)).hasSize(RecentPushes.ANSWER_PUSHES_MAX);
    }

    @Test
    void earlyPushWaitsForWhatItFollows() {
        assertThat(held.hold(push(ORIGIN, 2, 3), null, 0)).isTrue();
        assertThat(held.hold(push(ORIGIN, 1, 2), 7L, 0)).isTrue();
        assertThat(held.next(ORIGIN, 0)).isNull();
        assertThat(held.next(ORIGIN, 1).until()).isEqualTo(7);
        assertThat(held.next(ORIGIN, 2).push().head()).isEqualTo(3);
        assertThat(held.isEmpty()).isTrue();
    }

    @Test
    void onlySoManyPushesAreHeldAndOnlySoLong() {
        for (int i = 0; i < HeldPushes.PER_ORIGIN_MAX; i++) {
            assertThat(held.hold(push(ORIGIN, 10 + i, 11 + i), null, 0)).isTrue();
        }
        assertThat(held.hold(push(ORIGIN, 90, 91), null, 0)).isFalse();
        int others = 0;
        for (int i = 2; i < 40; i++) {
            for (int j = 0; j < HeldPushes.PER_ORIGIN_MAX; j++) {
                others += held.hold(push(new Origin(i), 10 + j, 11 + j), null, 1) ? 1 : 0;
            }
        }
        assertThat(others).isEqualTo(HeldPushes.PUSHES_MAX - HeldPushes.PER_ORIGIN_MAX);
        assertThat(held.expire(HeldPushes.HELD_NANOS)).isEqualTo(HeldPushes.PER_ORIGIN_MAX);
        assertThat(held.expire(HeldPushes.HELD_NANOS + 1)).isEqualTo(others);
        assertThat(held.isEmpty()).isTrue();
    }

    @Test
    void pushThatWasTakenIsForgottenThoughAnEarlierOneStillWaits() {
        held.hold(push(new Origin(5), 99, 100), null, 0);
        for (long version = 1; version <= 10_000; version++) {
            held.hold(push(ORIGIN, version, version + 1), null, version);
            held.next(ORIGIN, version);
            held.expire(version);
        }
        assertThat(held.size()).isEqualTo(1);
    }

    @Test
    void heldPushKeepsTheWidestArcItCameWith() {
        for (final Long[] untils : new Long[][] {{null, 7L, 5L}, {7L, null}, {5L, 7L, null}}) {
            for (final Long until : untils) {
                assertThat(held.hold(push(ORIGIN, 1, 2), until, 0)).isTrue();
            }
            assertThat(held.next(ORIGIN, 1).until()).isEqualTo(7L);
            assertThat(held.isEmpty()).isTrue();
        }
        // Half of the circle and more is a negative number, and wider than every positive one.
        held.hold(push(ORIGIN, 1, 2), 7L, 0);
        held.hold(push(ORIGIN, 1, 2), -7L, 0);
        assertThat(held.next(ORIGIN, 1).until()).isEqualTo(-7L);
    }

    @Test
    void heldPushesTakeOnlySoManyBytes() {
        int count = 0;
        for (long base = 1; base <= HeldPushes.PER_ORIGIN_MAX; base++) {
            count += held.hold(large(base, MEGABYTE), null, 0) ? 1 : 0;
        }
        assertThat(count).isEqualTo((int) (HeldPushes.BYTES_MAX / MEGABYTE) - 1);
        held.next(ORIGIN, 1);
        assertThat(held.hold(large(50, MEGABYTE), null, 0))
                .as("the bytes of one that was taken are free")
                .isTrue();
    }

    @Test
    void recentPushesTakeOnlySoManyBytes() {
        final int kept = (int) (RecentPushes.BYTES_MAX / MEGABYTE) - 1;
        for (long base = 0; base < 10; base++) {
            recent.add(large(base, MEGABYTE));
        }
        assertThat(recent.after(ORIGIN, 10 - kept - 1)).isEmpty();
        assertThat(recent.after(ORIGIN, 10 - kept)).isNotEmpty();
    }

    @Test
    void answerEndsWithThePushThatTakesItOverItsBytes() {
        for (long base = 0; base < 10; base++) {
            recent.add(large(base, (int) (RecentPushes.ANSWER_BYTES_MAX / 3)));
        }
        assertThat(recent.after(ORIGIN, 0)).hasSize(3);
    }

    @Test
    void whoHasItIsAskedAfterAWhileOneAfterTheOtherThenASyncIsWanted() {
        missing.note(ORIGIN, 5, FIRST, 100, 0);
        missing.note(ORIGIN, 6, SECOND, 100, 10);
        assertThat(missing.due(origin -> 4, 99)).isEmpty();
        assertThat(missing.due(origin -> 4, 100))
                .containsExactly(new MissingPushes.Step(FIRST, new LogMessage.Graft(ORIGIN, 4)));
        assertThat(missing.due(origin -> 4, 101)).isEmpty();
        long now = 100 + MissingPushes.ANSWER_NANOS;
        assertThat(missing.due(origin -> 5, now))
                .containsExactly(new MissingPushes.Step(SECOND, new LogMessage.Graft(ORIGIN, 5)));
        now += MissingPushes.ANSWER_NANOS;
        assertThat(missing.due(origin -> 5, now)).containsExactly(new MissingPushes.Step(SECOND, null));
        assertThat(missing.count()).isZero();
    }

    @Test
    void whatCameByItselfIsNotAskedFor() {
        missing.note(ORIGIN, 5, FIRST, 100, 0);
        missing.reached(ORIGIN, 5);
        assertThat(missing.count()).isZero();
        missing.note(ORIGIN, 6, FIRST, 100, 0);
        assertThat(missing.due(origin -> 6, 100)).isEmpty();
        assertThat(missing.count()).isZero();
    }

    @Test
    void onlySoManyLogsAreWaitedFor() {
        for (int i = 0; i < 2 * MissingPushes.ORIGINS_MAX; i++) {
            missing.note(new Origin(i), 5, FIRST, 100, 0);
        }
        assertThat(missing.count()).isEqualTo(MissingPushes.ORIGINS_MAX);
    }

    /** A push of a little more than so many bytes. */
    private static LogMessage.Push large(final long base, final int bytes) {
        final LogEntry entry =
                new LogEntry(ORIGIN, base + 1, Stamp.ofMillis(1), "x".repeat(bytes), new Part.Tombstone());
        return new LogMessage.Push(ORIGIN, base, base + 1, 0, List.of(entry));
    }

    private static LogMessage.Push push(final Origin origin, final long base, final long head) {
        final LogEntry entry = new LogEntry(origin, head, Stamp.ofMillis(head), "inst-" + head, new Part.Tombstone());
        return new LogMessage.Push(origin, base, head, 0, List.of(entry));
    }
}
