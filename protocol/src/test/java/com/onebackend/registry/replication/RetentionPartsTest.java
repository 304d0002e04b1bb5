package com.onebackend.registry.replication;

import static com.onebackend.registry.replication.Entries.A;
import static com.onebackend.registry.replication.Entries.B;
import static com.onebackend.registry.replication.Entries.HEALTHY;
import static com.onebackend.registry.replication.Entries.SMALL;
import static com.onebackend.registry.replication.Entries.TOMBSTONE;
import static com.onebackend.registry.replication.Entries.WALL;
import static com.onebackend.registry.replication.Entries.entry;
import static com.onebackend.registry.replication.Entries.registration;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/** The parts that retention is made of, and what a replica does with them. */
class RetentionPartsTest {
    private static final RetentionConfig USUAL = RetentionConfig.DEFAULT;
    private static final long START = Long.parseLong("9223372036854775800");

    private final Node a = new Node(A, SMALL);
    private final Node b = new Node(B, SMALL);

    @Test
    void versionIsNeverCalledOlderThanItIs() {
        final VersionAges ages = new VersionAges(1_000);
        assertThat(ages.versionOfAge(0, START)).isZero();
        for (long age = 0; age <= 10_000; age++) {
            ages.mark(START + age, age);
            for (final long asked : new long[] {0, 10, 500, 1_000}) {
                final long found = ages.versionOfAge(asked, START + age);
                assertThat(found).isLessThanOrEqualTo(Math.max(0, age - asked));
                assertThat(found).isGreaterThanOrEqualTo(Math.max(0, age - asked - 10));
            }
        }
    }

    @Test
    void headsCountAsDurableOnlyWhenTheQuestionThatFollowedThemIsAnswered() {
        final DurableHeads heads = new DurableHeads(10);
        assertThat(heads.ask(START)).isZero();
        heads.moved(A, 5);
        final long token = heads.ask(START);
        heads.moved(A, 8);
        assertThat(heads.ask(START + 100)).as("one at a time").isZero();
        heads.answered(token + 1);
        assertThat(heads.of(A)).isZero();
        heads.answered(token);
        assertThat(heads.of(A)).isEqualTo(5);
        assertThat(heads.ask(START + 9)).as("too early").isZero();
        final long next = heads.ask(START + 10);
        heads.clear();
        heads.answered(next);
        assertThat(heads.of(A)).as("asked before the vector went back").isZero();
    }

    @Test
    void graceRunsFromWhenItWasLearnedAndAnewForWhatWasLearnedMeanwhile() {
        final Collector collector = new Collector(100);
        collector.learned(A);
        assertThat(collector.due(START)).isNull();
        collector.stamp(origin -> 5, START);
        collector.learned(A);
        collector.stamp(origin -> 9, START + 50);
        assertThat(collector.due(START + 99)).isNull();
        assertThat(collector.due(START + 100)).isEqualTo(new Collector.Due(A, 5, START + 100));
        collector.done(9);
        collector.stamp(origin -> 9, START + 100);
        assertThat(collector.due(START + 199)).isNull();
        assertThat(collector.due(START + 200).version()).isEqualTo(9);
    }

    @Test
    void pushThatWasUnderWayForTooLongIsAskedForInASession() {
        final long lateMillis = WALL + USUAL.tombstoneMinNanos() / 2 / 1_000_000 + 1_000;
        final LogMessage.Push push = a.writeAndPush("i", registration("s")).get(0);
        assertThat(b.replica.offer(push, lateMillis)).isEqualTo(DeltaVerdict.BEHIND);
        assertThat(b.replica.instance("i")).isNull();
        b.syncFrom(a);
        assertThat(b.replica.instance("i")).isNotNull();
    }

    @Test
    void nobodyTakesEntriesFromWhoIsBehind() {
        a.writeAndPush("i", registration("s"));
        final Digest past = new Digest(List.of(new Digest.Head(B, 9, 7, 0)));
        final LogMessage.SyncChunk chunk =
                a.replica.answer("b", new LogMessage.SyncRequest(1, past), 0).orElseThrow();
        assertThat(chunk.reset()).isTrue();
        assertThat(chunk.entries()).isEmpty();
        final LogMessage.SyncRequest request = b.request();
        assertThat(b.chunk(new LogMessage.SyncChunk(
                        request.session(), 0, true, List.of(), List.of(), true, false, List.of())))
                .isEqualTo(SyncVerdict.DECLINED);
    }

    @Test
    void whoHoldsWhatMayHaveBeenDeregisteredIsToldSoBeforeAnythingIsSent() {
        a.offer(new LogMessage.Push(Entries.C, 0, 9, 7, List.of(entry(Entries.C, 9, 1, "i", registration("s")))));
        b.offer(new LogMessage.Push(Entries.C, 0, 1, 0, List.of(entry(Entries.C, 1, 0, "j", registration("s")))));
        final LogMessage.SyncRequest request = b.request(a);
        assertThat(request.holds()).isTrue();
        final LogMessage.SyncChunk chunk = a.replica.answer("b", request, 0).orElseThrow();
        assertThat(chunk.reset()).isTrue();
        assertThat(chunk.entries()).isEmpty();
        assertThat(chunk.heads()).containsExactly(a.replica.head(Entries.C));
        assertThat(b.chunk(chunk)).isEqualTo(SyncVerdict.BEHIND);
    }

    /** Records of the one and heads of the other may hide a tombstone: only a whole session says that it is all. */
    @Test
    void halfOfALoadAndAPushAreNoWholeVectorAlsoAfterARestart() {
        for (int i = 0; i < 9; i++) {
            a.writeAndPush("i" + i, registration("s"));
        }
        final LogMessage.SyncChunk first =
                a.replica.answer(b.name, b.request(a), 0).orElseThrow();
        assertThat(b.chunk(first)).isEqualTo(SyncVerdict.MORE);
        b.offer(new LogMessage.Push(Entries.C, 0, 1, 0, List.of(entry(Entries.C, 1, 1, "j", registration("s")))));
        assertThat(b.replica.retention().isLoaded()).isFalse();
        b.crash(b.unconfirmed());
        assertThat(b.replica.retention().isLoaded()).isFalse();
        b.syncFrom(a);
        assertThat(b.replica.retention().isLoaded()).isTrue();
    }

    @Test
    void whoHoldsNothingNeedsNoResetWhateverWasCollected() {
        b.offer(new LogMessage.Push(A, 0, 9, 7, List.of(entry(A, 9, 1, "i", registration("s")))));
        final Node fresh = new Node(Entries.C, SMALL);
        fresh.syncFrom(b);
        assertThat(fresh.replica.retention().resetsBegun()).isZero();
        assertThat(fresh.replica.instance("i")).isNotNull();
    }

    @Test
    void resetKeepsTombstonesAndYoungOwnWritesAndSurvivesACrash() {
        b.writeAndPush("old", registration("s"));
        b.offer(new LogMessage.Push(A, 0, 1, 0, List.of(entry(A, 1, 1, "theirs", registration("s")))));
        b.writeAndPush("gone", TOMBSTONE);
        b.persist();
        b.crash(b.unconfirmed());
        b.writeAndPush("young", registration("s"));
        b.write("waiting", HEALTHY);
        b.replica.reset(new Digest(List.of(new Digest.Head(A, 9, 7, 0))));
        b.persist();
        for (int i = 0; i < 2; i++) {
            assertThat(b.replica.retention().isResetting()).isTrue();
            assertThat(b.replica.instance("old")).isNull();
            assertThat(b.replica.instance("theirs")).isNull();
            assertThat(b.replica.parts("gone").tombstone()).isNotNull();
            assertThat(b.replica.instance("young")).isNotNull();
            assertThat(b.replica.parts("waiting").health()).isNotNull();
            assertThat(b.request().have().heads())
                    .as("of the own log, too, everything is asked for")
                    .containsExactly(new Digest.Head(A, 0, 7, 0));
            b.crash(b.unconfirmed());
        }
        assertThat(b.write("next", HEALTHY).version()).isGreaterThan(4);
    }

    @Test
    void forgedResetWithoutAReasonIsNotFollowed() {
        b.offer(new LogMessage.Push(A, 0, 1, 0, List.of(entry(A, 1, 1, "i", registration("s")))));
        final LogMessage.SyncRequest request = b.request();
        final List<Digest.Head> heads = List.of(new Digest.Head(A, 1, 1, 0));
        assertThat(b.chunk(
                        new LogMessage.SyncChunk(request.session(), 0, true, List.of(), heads, true, false, List.of())))
                .isEqualTo(SyncVerdict.DECLINED);
        assertThat(b.replica.instance("i")).isNotNull();
    }
}
