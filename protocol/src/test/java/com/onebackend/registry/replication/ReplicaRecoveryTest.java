package com.onebackend.registry.replication;

import static com.onebackend.registry.replication.Entries.A;
import static com.onebackend.registry.replication.Entries.B;
import static com.onebackend.registry.replication.Entries.C;
import static com.onebackend.registry.replication.Entries.HEALTHY;
import static com.onebackend.registry.replication.Entries.SMALL;
import static com.onebackend.registry.replication.Entries.TOMBSTONE;
import static com.onebackend.registry.replication.Entries.WALL;
import static com.onebackend.registry.replication.Entries.entry;
import static com.onebackend.registry.replication.Entries.registration;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.onebackend.registry.model.Origin;
import com.onebackend.registry.model.PartKind;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Restarts, disks that lose what they confirmed, and nodes that the catalog removed. */
class ReplicaRecoveryTest {
    private final Node a = new Node(A, SMALL);
    private final Node b = new Node(B, SMALL);
    private final Node c = new Node(C, SMALL);

    @Test
    void restartBringsBackWhatWasStoredAndPushesGoOn() {
        a.writeAndPush("i", registration("s")).forEach(b::offer);
        a.writeAndPush("i", HEALTHY).forEach(b::offer);
        a.crash(0);
        assertThat(a.replica.instance("i")).isEqualTo(b.replica.instance("i"));
        assertThat(a.replica.digestHash()).isEqualTo(b.replica.digestHash());
        assertThat(a.pushes()).isEmpty();
        final LogMessage.Push push = a.writeAndPush("j", registration("s")).get(0);
        assertThat(push.base()).isEqualTo(2);
        assertThat(b.offer(push)).isEqualTo(DeltaVerdict.APPLIED);
        assertThat(a.replica.digestHash()).isEqualTo(b.replica.digestHash());
    }

    @Test
    void stampsAfterARestartAreGreaterThanThoseStored() {
        final LogEntry before = a.write("i", HEALTHY, WALL + 5_000);
        a.confirm(1);
        a.crash(0);
        assertThat(a.write("i", HEALTHY).stamp()).isGreaterThan(before.stamp());
    }

    @Test
    void restoredInstancesAreReportedOnceAndWrittenNoMore() {
        a.replica.restore(entry(A, 1, 1, "i", registration("s")));
        a.replica.restore(entry(A, 2, 2, "i", HEALTHY));
        final Replica.Changes changes = a.replica.drain();
        assertThat(changes.instanceIds()).containsExactly("i");
        assertThat(changes.batch().isEmpty()).isTrue();
    }

    @Test
    void restoringAfterTheStartIsAProgrammersError() {
        a.write("i", HEALTHY);
        assertThatThrownBy(() -> a.replica.restore(entry(B, 1, 1, "i", HEALTHY)))
                .isInstanceOf(IllegalStateException.class);
    }

    @Test
    void ownTailThatTheDiskLostIsPulledBackAndItsNumbersAreNotReused() {
        for (int i = 0; i < 5; i++) {
            a.writeAndPush("i" + i, registration("s")).forEach(b::offer);
        }
        a.loseConfirmed(3);
        assertThat(a.replica.instance("i4")).isNull();
        assertThat(a.replica.lacksFrom(b.replica.digest())).isTrue();
        a.syncFrom(b);
        assertThat(a.replica.instance("i4")).isNotNull();
        assertThat(a.replica.digestHash()).isEqualTo(b.replica.digestHash());
        final LogMessage.Push push = a.writeAndPush("j", HEALTHY).get(0);
        assertThat(push.base()).isEqualTo(5);
        assertThat(push.head()).isGreaterThan(5);
        assertThat(b.offer(push)).isEqualTo(DeltaVerdict.APPLIED);
        a.crash(0);
        assertThat(a.replica.digestHash()).as("the pulled tail is on disk").isEqualTo(b.replica.digestHash());
    }

    /** Nobody was there to ask, so it wrote before it could pull: both tails must survive, at everybody. */
    @Test
    void lostTailAndWhatWasWrittenInsteadAreBothKept() {
        for (int i = 0; i < 5; i++) {
            a.writeAndPush("i" + i, registration("s")).forEach(b::offer);
        }
        a.loseConfirmed(3);
        a.writeAndPush("j", registration("s")).forEach(b::offer);
        settle(a, b);
        for (final Node node : List.of(a, b)) {
            assertThat(node.replica.instance("i4")).isNotNull();
            assertThat(node.replica.instance("j")).isNotNull();
            assertThat(node.replica.refused(Refusal.CONFLICT)).isZero();
        }
        assertThat(a.replica.digestHash()).isEqualTo(b.replica.digestHash());
        assertThat(a.replica.repairs()).isPositive();
    }

    @Test
    void numberGivenTwiceIsCountedAndChangesNothing() {
        final LogEntry known = entry(A, 1, 1, "i", HEALTHY);
        final LogEntry other = entry(A, 1, 2, "j", HEALTHY);
        b.offer(new LogMessage.Push(A, 0, 1, 0, List.of(known)));
        final LogMessage.SyncRequest request = b.request();
        b.chunk(new LogMessage.SyncChunk(request.session(), 0, true, List.of(other), List.of()));
        assertThat(b.replica.refused(Refusal.CONFLICT)).isOne();
        assertThat(b.replica.parts("j")).isEqualTo(InstanceParts.NONE);
    }

    @Test
    void claimOnANumberThatWaitsForTheDiskDoesNotStopTheNode() {
        final LogEntry ours = a.write("i", HEALTHY);
        final LogMessage.SyncRequest request = a.request();
        final LogEntry forged = entry(A, ours.version(), 50, "j", HEALTHY);
        a.chunk(new LogMessage.SyncChunk(
                request.session(), 0, true, List.of(forged), List.of(new Digest.Head(A, 3, 0, 0))));
        assertThat(a.replica.refused(Refusal.CONFLICT)).isOne();
        a.confirm(a.unconfirmed());
        assertThat(a.replica.parts("i").health()).isEqualTo(ours);
        assertThat(a.write("k", HEALTHY).version()).isGreaterThan(3);
    }

    @Test
    void evictionRemovesTheOriginsRecordsAndTheirTrace() {
        a.writeAndPush("i", registration("s")).forEach(b::offer);
        a.writeAndPush("j", registration("s")).forEach(b::offer);
        b.writeAndPush("j", HEALTHY);
        b.replica.evict(A);
        final Replica.Changes changes = b.persist();
        assertThat(changes.instanceIds()).containsExactly("i", "j");
        assertThat(changes.batch().removals())
                .containsExactly(
                        new LogEntry.PartKey("i", PartKind.REGISTRATION),
                        new LogEntry.PartKey("j", PartKind.REGISTRATION));
        assertThat(changes.batch().heads())
                .as("how much of its log was there stays known")
                .extracting(Digest.Head::origin)
                .contains(A);
        assertThat(b.replica.instance("i")).isNull();
        assertThat(b.replica.instance("j")).isNull();
        assertThat(b.replica.parts("j").health()).isNotNull();
        assertThat(b.replica.digest().heads()).extracting(Digest.Head::origin).containsExactly(B);
        b.replica.evict(A);
        assertThat(b.replica.drain().batch().isEmpty()).isTrue();
    }

    @Test
    void evictedOriginIsRefusedAndItsRecordsDoNotComeBackThroughOthers() {
        final LogMessage.Push push = a.writeAndPush("i", registration("s")).get(0);
        c.offer(push);
        b.replica.evict(A);
        assertThat(b.offer(push)).isEqualTo(DeltaVerdict.REFUSED);
        assertThat(b.replica.refused(Refusal.EVICTED)).isOne();
        assertThat(b.replica.lacksFrom(c.replica.digest())).isFalse();
        b.syncFrom(c);
        assertThat(b.replica.instance("i")).isNull();
        assertThat(b.replica.digest().heads()).isEmpty();
    }

    @Test
    void evictionOfARecordThatAnOwnWriteCoversKeepsTheOwnWrite() {
        a.writeAndPush("i", registration("theirs")).forEach(b::offer);
        b.write("i", registration("ours"));
        b.replica.evict(A);
        b.persist();
        b.confirm(b.unconfirmed());
        assertThat(b.replica.instance("i").slug()).isEqualTo("ours");
        assertThat(b.replica.shown("i")).isEqualTo(b.replica.parts("i"));
        b.crash(0);
        assertThat(b.replica.instance("i").slug()).isEqualTo("ours");
    }

    /** A node that was away holds what the removed node had deregistered: it must not bring it back. */
    @Test
    void deregistrationByANodeThatIsGoneHoldsAgainstAReturningOne() {
        for (final Node peer : List.of(b, c)) {
            peer.offer(new LogMessage.Push(A, 0, 1, 0, List.of(entry(A, 1, 1, "i", registration("s")))));
        }
        final Origin gone = new Origin(0xD);
        b.offer(new LogMessage.Push(gone, 0, 1, 0, List.of(entry(gone, 1, 5, "i", TOMBSTONE))));
        for (final Node peer : List.of(b, c)) {
            peer.replica.evict(gone);
            peer.persist();
        }
        b.crash(b.unconfirmed());
        b.replica.evict(gone);
        settle(b, c);
        assertThat(b.replica.instance("i")).isNull();
        assertThat(c.replica.instance("i")).isNull();
        assertThat(b.replica.digestHash()).isEqualTo(c.replica.digestHash());
    }

    /** One node saw the evicted origin take the record over, the other did not: only reading the log again shows it. */
    @Test
    void logsThatAnEvictionMadeDifferentBecomeEqualAgain() {
        final LogMessage.Push push = a.writeAndPush("i", registration("s")).get(0);
        b.offer(push);
        c.offer(push);
        final Origin gone = new Origin(0xD);
        b.offer(new LogMessage.Push(gone, 0, 1, 0, List.of(entry(gone, 1, 50, "i", registration("s")))));
        for (final Node peer : List.of(b, c)) {
            peer.replica.evict(gone);
        }
        assertThat(b.replica.instance("i")).isNull();
        assertThat(b.replica.lacksFrom(c.replica.digest())).isTrue();
        settle(b, c);
        assertThat(b.replica.instance("i")).isEqualTo(c.replica.instance("i")).isNotNull();
        assertThat(b.replica.digestHash()).isEqualTo(c.replica.digestHash());
    }

    @Test
    void repairThatDoesNotHelpBecomesRare() {
        b.offer(new LogMessage.Push(A, 0, 1, 0, List.of(entry(A, 1, 1, "i", HEALTHY))));
        int complete = 0;
        for (int i = 0; i < 400; i++) {
            final LogMessage.SyncRequest request = b.request();
            complete += request.audits().isEmpty() ? 0 : 1;
            b.chunk(new LogMessage.SyncChunk(
                    request.session(), 0, true, List.of(), List.of(new Digest.Head(A, 1, 0, 42))));
        }
        assertThat(complete).isBetween(2, 9);
        assertThat(b.replica.repairs()).isEqualTo(complete);
    }

    private static void settle(final Node one, final Node other) {
        for (int i = 0; i < 4; i++) {
            one.syncFrom(other);
            other.syncFrom(one);
        }
    }
}
