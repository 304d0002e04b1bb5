package com.onebackend.registry.replication;

import static com.onebackend.registry.replication.Entries.A;
import static com.onebackend.registry.replication.Entries.B;
import static com.onebackend.registry.replication.Entries.C;
import static com.onebackend.registry.replication.Entries.HEALTHY;
import static com.onebackend.registry.replication.Entries.SMALL;
import static com.onebackend.registry.replication.Entries.WALL;
import static com.onebackend.registry.replication.Entries.entry;
import static com.onebackend.registry.replication.Entries.registration;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.onebackend.registry.model.Origin;
import com.onebackend.registry.model.Part;
import com.onebackend.registry.model.PartKind;
import com.onebackend.registry.model.Stamp;
import java.util.List;
import org.junit.jupiter.api.Test;

class ReplicaPushTest {
    private final Node a = new Node(A, SMALL);
    private final Node b = new Node(B, SMALL);
    private final Node c = new Node(C, SMALL);

    @Test
    void nothingIsPushedBeforeItIsOnDisk() {
        a.write("i", registration("s"));
        assertThat(a.pushes()).isEmpty();
        assertThat(a.replica.digest().heads()).isEmpty();
        assertThat(a.replica.instance("i")).isNotNull();
        a.confirm(1);
        assertThat(a.pushes()).hasSize(1);
        assertThat(a.pushes()).isEmpty();
    }

    @Test
    void pushNamesItsBaseAndItsHeadAndIsBounded() {
        for (int i = 0; i < 5; i++) {
            a.write("i" + i, registration("s"));
        }
        a.confirm(5);
        final List<LogMessage.Push> pushes = a.pushes();
        assertThat(pushes).extracting(LogMessage.Push::base).containsExactly(0L, 2L, 4L);
        assertThat(pushes).extracting(LogMessage.Push::head).containsExactly(2L, 4L, 5L);
        assertThat(pushes).allSatisfy(push -> assertThat(push.entries()).hasSizeLessThanOrEqualTo(2));
    }

    @Test
    void pushIsBoundedInBytesButALargeEntryTravelsAlone() {
        final ReplicaConfig config = new ReplicaConfig(100, 2_000, 100, 2, 2, 9, 1, 60_000, 99, 9, 0, 2);
        final Node wide = new Node(A, config);
        for (final int length : new int[] {500, 500, 500, 500, 9_000, 10}) {
            wide.write("i" + length, registration("x".repeat(length)));
        }
        wide.confirm(6);
        assertThat(wide.pushes()).extracting(push -> push.entries().size()).containsExactly(1, 1, 1, 1, 1, 1);
        final Node narrow = new Node(A, config);
        for (int i = 0; i < 30; i++) {
            narrow.write("i" + i, HEALTHY);
        }
        narrow.confirm(30);
        assertThat(narrow.pushes())
                .allSatisfy(push -> assertThat(
                                push.entries().stream().mapToInt(EntrySize::of).sum())
                        .isBetween(1, 2_000))
                .hasSizeBetween(2, 3);
    }

    /** The trap: what was superseded before it was pushed is the only thing that tells a third node of the version. */
    @Test
    void supersededVersionIsPushedAllTheSame() {
        a.write("i", registration("old"));
        a.confirm(1);
        final LogMessage.Push fromB =
                b.writeAndPush("i", registration("new").withBorn(Stamp.ZERO)).get(0);
        final LogEntry later = new LogEntry(
                B, 1, Stamp.ofMillis(WALL + 1), "i", fromB.entries().get(0).part());
        assertThat(a.offer(new LogMessage.Push(B, 0, 1, 0, List.of(later)))).isEqualTo(DeltaVerdict.APPLIED);
        final LogMessage.Push fromA = a.pushes().get(0);
        assertThat(c.offer(fromA)).isEqualTo(DeltaVerdict.APPLIED);
        assertThat(c.replica.digest().heads())
                .extracting(Digest.Head::maxVersion)
                .containsExactly(1L);
        assertThat(c.replica.instance("i").slug()).isEqualTo("old");
    }

    @Test
    void twoWritesOfOneRegisterArePushedBothAndStoredOnce() {
        a.replica.write("i", HEALTHY, WALL);
        final LogEntry second = a.replica.write("i", HEALTHY, WALL);
        final Replica.Changes changes = a.replica.drain();
        assertThat(changes.batch().puts()).containsExactly(second);
        assertThat(changes.ownVersion()).isEqualTo(2);
        a.replica.durable(2);
        assertThat(a.pushes().get(0).entries()).extracting(LogEntry::version).containsExactly(1L, 2L);
    }

    @Test
    void appliedPushIsADuplicateTheSecondTime() {
        final LogMessage.Push push = a.writeAndPush("i", registration("s")).get(0);
        assertThat(b.offer(push)).isEqualTo(DeltaVerdict.APPLIED);
        assertThat(b.offer(push)).isEqualTo(DeltaVerdict.DUPLICATE);
        assertThat(b.replica.drain().batch().isEmpty()).isTrue();
        assertThat(b.replica.digest()).isEqualTo(a.replica.digest());
    }

    @Test
    void pushAfterAGapChangesNothingAndAsksForASync() {
        a.writeAndPush("i", registration("s"));
        final LogMessage.Push second = a.writeAndPush("j", registration("s")).get(0);
        assertThat(b.offer(second)).isEqualTo(DeltaVerdict.BEHIND);
        assertThat(b.replica.instance("j")).isNull();
        assertThat(b.replica.digest().heads()).isEmpty();
        b.syncFrom(a);
        assertThat(b.replica.digest()).isEqualTo(a.replica.digest());
    }

    @Test
    void pushThatOverlapsIsAppliedBeyondTheOverlap() {
        final LogEntry first = entry(A, 1, 1, "i", HEALTHY);
        final LogEntry second = entry(A, 2, 2, "j", HEALTHY);
        assertThat(b.offer(new LogMessage.Push(A, 0, 1, 0, List.of(first)))).isEqualTo(DeltaVerdict.APPLIED);
        assertThat(b.offer(new LogMessage.Push(A, 0, 2, 0, List.of(first, second))))
                .isEqualTo(DeltaVerdict.APPLIED);
        assertThat(b.replica.entriesAfter(A, 0)).containsExactly(first, second);
    }

    @Test
    void malformedPushIsRefusedWhole() {
        final LogEntry first = entry(A, 1, 1, "i", HEALTHY);
        final LogEntry second = entry(A, 2, 2, "j", HEALTHY);
        final List<LogMessage.Push> malformed = List.of(
                new LogMessage.Push(A, 0, 2, 0, List.of(second, first)),
                new LogMessage.Push(A, 0, 2, 0, List.of(first)),
                new LogMessage.Push(A, 0, 1, 0, List.of(first, second)),
                new LogMessage.Push(A, 1, 2, 0, List.of(first, second)),
                new LogMessage.Push(A, 0, 2, 0, List.of(second, second)),
                new LogMessage.Push(A, 0, 2, 0, List.of()),
                new LogMessage.Push(A, -1, 1, 0, List.of(first)),
                new LogMessage.Push(A, 0, 2, 0, List.of(entry(C, 1, 1, "i", HEALTHY), second)));
        for (final LogMessage.Push push : malformed) {
            assertThat(b.offer(push)).as(push.toString()).isEqualTo(DeltaVerdict.REFUSED);
        }
        assertThat(b.replica.refused(Refusal.MALFORMED)).isEqualTo(malformed.size());
        assertThat(b.replica.digest().heads()).isEmpty();
    }

    @Test
    void stampTooFarAheadIsRefusedAndDoesNotDragTheClock() {
        final Stamp ahead = Stamp.ofMillis(WALL + 60_001);
        final LogEntry fine = entry(A, 1, 1, "i", HEALTHY);
        final LogEntry wild = new LogEntry(A, 2, ahead, "j", HEALTHY);
        assertThat(b.offer(new LogMessage.Push(A, 0, 2, 0, List.of(fine, wild))))
                .isEqualTo(DeltaVerdict.REFUSED);
        assertThat(b.replica.refused(Refusal.STAMP_AHEAD)).isOne();
        assertThat(b.replica.parts("i")).isEqualTo(InstanceParts.NONE);
        assertThat(b.write("k", HEALTHY).stamp().millis()).isEqualTo(WALL);
        assertThat(b.replica.offer(new LogMessage.Push(A, 0, 2, 0, List.of(fine, wild)), WALL + 1))
                .isEqualTo(DeltaVerdict.APPLIED);
        assertThat(b.write("k", HEALTHY).stamp()).isEqualTo(ahead.next());
    }

    @Test
    void ownPushThatComesBackIsADuplicateAndAForgedOneIsRefused() {
        final LogMessage.Push push = a.writeAndPush("i", registration("s")).get(0);
        assertThat(a.offer(push)).isEqualTo(DeltaVerdict.DUPLICATE);
        assertThat(a.offer(new LogMessage.Push(A, 1, 2, 0, List.of(entry(A, 2, 9, "i", HEALTHY)))))
                .isEqualTo(DeltaVerdict.REFUSED);
        assertThat(a.replica.refused(Refusal.OWN_ORIGIN)).isOne();
    }

    @Test
    void moreOriginsThanTheLimitAreRefused() {
        final Node tiny = new Node(C, new ReplicaConfig(2, 999, 2, 2, 2, 9, 1, 60_000, 9, 2, 0, 2));
        for (int origin = 1; origin <= 3; origin++) {
            final LogEntry entry = entry(new Origin(origin), 1, origin, "i" + origin, HEALTHY);
            final DeltaVerdict verdict = tiny.offer(new LogMessage.Push(new Origin(origin), 0, 1, 0, List.of(entry)));
            assertThat(verdict).isEqualTo(origin <= 2 ? DeltaVerdict.APPLIED : DeltaVerdict.REFUSED);
        }
        assertThat(tiny.replica.refused(Refusal.ORIGINS_FULL)).isOne();
    }

    @Test
    void ownWriteWinsOverEverythingSeen() {
        b.offer(new LogMessage.Push(A, 0, 1, 0, List.of(entry(A, 1, 900_000, "i", registration("theirs")))));
        b.write("i", registration("ours"));
        assertThat(b.replica.instance("i").slug()).isEqualTo("ours");
    }

    @Test
    void bornIsKeptOverUpdatesAndNewAfterADeregistration() {
        final LogEntry first = a.write("i", registration("s"));
        assertThat(born(first)).isEqualTo(first.stamp());
        assertThat(born(a.write("i", registration("s")))).isEqualTo(first.stamp());
        a.write("i", Entries.TOMBSTONE);
        final LogEntry again = a.write("i", registration("s"));
        assertThat(born(again)).isEqualTo(again.stamp());
    }

    @Test
    void nextStampIsTheStampOfTheNextWrite() {
        final Stamp next = a.replica.nextStamp(WALL);
        final LogEntry entry = a.write("i", registration(next));
        assertThat(entry.stamp()).isEqualTo(next);
        assertThat(born(entry)).isEqualTo(next);
    }

    @Test
    void writesBeyondTheLimitOfWaitingOnesAreNotTaken() {
        final Node tiny = new Node(A, new ReplicaConfig(2, 999, 2, 2, 2, 9, 1, 60_000, 1, 2, 0, 2));
        tiny.write("i", HEALTHY);
        assertThat(tiny.replica.hasRoom()).isFalse();
        assertThatThrownBy(() -> tiny.write("j", HEALTHY)).isInstanceOf(IllegalStateException.class);
        tiny.confirm(1);
        assertThat(tiny.replica.hasRoom()).isTrue();
    }

    @Test
    void drainGivesEachChangeOnceWithTheOwnHeadInTheSameBatch() {
        a.replica.write("i", registration("s"), WALL);
        a.replica.write("j", registration("s"), WALL);
        a.replica.write("i", Entries.TOMBSTONE, WALL);
        final Replica.Changes changes = a.replica.drain();
        assertThat(changes.instanceIds()).containsExactly("i", "j");
        assertThat(changes.batch().puts()).extracting(LogEntry::version).containsExactlyInAnyOrder(2L, 3L);
        assertThat(changes.batch().removals()).containsExactly(new LogEntry.PartKey("i", PartKind.REGISTRATION));
        assertThat(changes.batch().heads()).extracting(Digest.Head::maxVersion).containsExactly(3L);
        assertThat(a.replica.drain().batch().isEmpty()).isTrue();
        assertThat(a.replica.drain().instanceIds()).isEmpty();
    }

    private static Stamp born(final LogEntry entry) {
        return ((Part.Registration) entry.part()).born();
    }
}
