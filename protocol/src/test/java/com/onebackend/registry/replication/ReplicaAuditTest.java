package com.onebackend.registry.replication;

import static com.onebackend.registry.replication.Entries.A;
import static com.onebackend.registry.replication.Entries.B;
import static com.onebackend.registry.replication.Entries.C;
import static com.onebackend.registry.replication.Entries.HEALTHY;
import static com.onebackend.registry.replication.Entries.SMALL;
import static com.onebackend.registry.replication.Entries.TOMBSTONE;
import static com.onebackend.registry.replication.Entries.entry;
import static com.onebackend.registry.replication.Entries.registration;
import static org.assertj.core.api.Assertions.assertThat;

import com.onebackend.registry.model.Generation;
import com.onebackend.registry.model.InstanceStatus;
import com.onebackend.registry.model.MemberId;
import com.onebackend.registry.model.Part;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** One replica's disk lost or changed something under a vector that says it has everything. */
class ReplicaAuditTest {
    private static final int INSTANCES = 2_560;

    private static final ReplicaConfig CONFIG = new ReplicaConfig(
                    500, 100_000, 500, 2, 4, 50, 1_000, 60_000, 1_000_000, 100, 0, 2)
            .withSessions(SMALL.sessions());

    private final Node a = new Node(A, CONFIG);
    private final Node b = new Node(B, CONFIG);
    private final Node c = new Node(C, CONFIG);

    @Test
    void lostEntryComesBackForAboutOneBucketOfTheLog() {
        fill();
        b.restartWith(without("i77"));
        assertThat(b.replica.instance("i77")).isNull();
        assertThat(b.replica.digestHash()).isNotEqualTo(a.replica.digestHash());
        final int entries = mend(b, a);
        assertThat(entries).isBetween(1, 3 * INSTANCES / LogAudit.BUCKETS);
        assertThat(b.replica.parts("i77")).isEqualTo(a.replica.parts("i77"));
        final SyncCounters.Snapshot counters = b.replica.syncCounters().snapshot();
        assertThat(counters.divergences()).isOne();
        assertThat(counters.repairedEntries()).isOne();
        assertThat(b.replica.lastDivergence())
                .contains(new Divergence(List.of(A), List.of(EntryHash.bucket("i77")), 1));
        assertThat(a.replica.lastDivergence()).isEmpty();
        b.crash(b.unconfirmed());
        assertThat(b.replica.digestHash()).as("mended on disk, too").isEqualTo(a.replica.digestHash());
    }

    @Test
    void changedEntryIsMendedByItsOriginAndByNobodyElse() {
        fill();
        b.restartWith(stored -> stored.stream()
                .map(entry -> entry.instanceId().equals("i5") ? changed(entry) : entry)
                .toList());
        assertThat(b.replica.digestHash()).as("the content counts").isNotEqualTo(a.replica.digestHash());
        mend(b, c);
        assertThat(b.replica.parts("i5")).isNotEqualTo(a.replica.parts("i5"));
        assertThat(b.replica.refused(Refusal.CONFLICT)).isPositive();
        mend(c, b);
        assertThat(c.replica.parts("i5")).isEqualTo(a.replica.parts("i5"));
        mend(b, a);
        assertThat(b.replica.parts("i5")).isEqualTo(a.replica.parts("i5"));
        assertThat(b.replica.digestHash()).isEqualTo(a.replica.digestHash());
    }

    /** The one that lacks a tombstone has an entry too much: nothing in that entry's log could tell it so. */
    @Test
    void lostTombstoneIsSentByWhoeverIsOfferedWhatItKilled() {
        fill();
        final LogEntry killer = entry(C, 1, 1_000_000, "i9", TOMBSTONE);
        for (final Node node : List.of(a, b, c)) {
            node.offer(new LogMessage.Push(C, 0, 1, 0, List.of(killer)));
        }
        final LogEntry before = entry(A, 10, 0, "i9", registration("s"));
        b.restartWith(stored -> {
            final List<LogEntry> faulty = new ArrayList<>(stored);
            faulty.removeIf(LogEntry::isTombstone);
            faulty.add(before);
            return faulty;
        });
        assertThat(b.replica.instance("i9")).isNotNull();
        mend(a, b);
        assertThat(a.replica.instance("i9")).isNull();
        b.syncFrom(a);
        assertThat(b.replica.instance("i9")).isNull();
        assertThat(b.replica.parts("i9")).isEqualTo(a.replica.parts("i9"));
        assertThat(b.replica.digestHash()).isEqualTo(a.replica.digestHash());
    }

    /** The one that lost a later entry has an earlier one instead, and only the owner of the later log could tell. */
    @Test
    void lostLaterEntryIsSentByWhoeverIsOfferedTheEarlierOneWhateverItsKind() {
        for (final Part part : List.of(registration("s"), HEALTHY, Entries.DRAIN, new Part.Lease())) {
            final Node asker = new Node(A, CONFIG);
            final Node faulty = new Node(B, CONFIG);
            final LogEntry later = entry(C, 1, 1_000_000, "i9", part);
            asker.writeAndPush("i9", registration("first")).forEach(faulty::offer);
            final List<LogMessage.Push> earlier = asker.writeAndPush("i9", part);
            earlier.forEach(faulty::offer);
            for (final Node node : List.of(asker, faulty)) {
                node.offer(new LogMessage.Push(C, 0, 1, 0, List.of(later)));
            }
            faulty.restartWith(stored -> {
                final List<LogEntry> changed = new ArrayList<>(stored);
                changed.remove(later);
                changed.addAll(earlier.get(0).entries());
                return changed;
            });
            mend(asker, faulty);
            faulty.syncFrom(asker);
            assertThat(faulty.replica.parts("i9")).as("%s", part).isEqualTo(asker.replica.parts("i9"));
            assertThat(faulty.replica.parts("i9").entries()).as("%s", part).contains(later);
        }
    }

    @Test
    void debtsOfAPeerThatDoesNotComeBackAreForgottenAndThoseOfARemovedOneAtOnce() {
        final SyncCounters counters = new SyncCounters();
        final OutgoingSessions sessions = new OutgoingSessions(CONFIG, new LogTable(), counters);
        final MemberId gone = new MemberId("gone", B, new Generation(1));
        final long later = CONFIG.sessions().durationMaxNanos();
        for (int i = 0; i <= CONFIG.sessions().owedInstancesMax(); i++) {
            sessions.owe(gone, "i" + i, 0);
        }
        assertThat(sessions.owed()).isEqualTo(CONFIG.sessions().owedInstancesMax());
        sessions.expire(later - 1);
        assertThat(sessions.owed()).isPositive();
        sessions.expire(later);
        assertThat(sessions.owed()).isZero();
        sessions.owe(gone, "i", later);
        sessions.owe(new MemberId("there", C, new Generation(1)), "i", later);
        sessions.forget(B);
        assertThat(sessions.owed()).isOne();
    }

    @Test
    void differentContentGivesADifferentHash() {
        final Part.Health health = new Part.Health(InstanceStatus.HEALTHY, "ok", 7);
        final Part.Registration declared = registration("s");
        final List<Part> parts = List.of(
                health,
                new Part.Health(InstanceStatus.UNHEALTHY, "ok", 7),
                new Part.Health(InstanceStatus.HEALTHY, "oh", 7),
                new Part.Health(InstanceStatus.HEALTHY, "ok", 8),
                declared,
                registration("t"),
                declared.withBorn(Entries.stamp(1)),
                new Part.Intent(Part.Intent.Mode.DRAIN, "x"),
                new Part.Intent(Part.Intent.Mode.SERVE, "x"),
                new Part.Intent(Part.Intent.Mode.DRAIN, "y"));
        assertThat(parts.stream()
                        .map(part -> EntryHash.of(entry(A, 1, 1, "i", part)))
                        .distinct())
                .hasSameSizeAs(parts);
        assertThat(EntryHash.of(entry(A, 1, 1, "i", new Part.Health(InstanceStatus.HEALTHY, "\ud800", 7))))
                .as("half a character is sent as a question mark")
                .isEqualTo(EntryHash.of(entry(A, 1, 1, "i", new Part.Health(InstanceStatus.HEALTHY, "?", 7))));
    }

    private void fill() {
        for (int i = 0; i < INSTANCES; i++) {
            a.write("i" + i, i % 3 == 0 ? HEALTHY : registration("s"));
        }
        a.confirm(a.unconfirmed());
        for (final LogMessage.Push push : a.pushes()) {
            b.offer(push);
            c.offer(push);
        }
        assertThat(b.replica.digestHash()).isEqualTo(a.replica.digestHash());
    }

    /** Sessions until logs were audited; the entries that the audit brought. */
    private static int mend(final Node requester, final Node peer) {
        final long divergences = requester.replica.repairs();
        while (requester.replica.repairs() == divergences) {
            assertThat(requester.syncFrom(peer)).as("no entry before the audit").isZero();
        }
        return requester.syncFrom(peer);
    }

    private static UnaryOperator<List<LogEntry>> without(final String instanceId) {
        return stored -> stored.stream()
                .filter(entry -> !entry.instanceId().equals(instanceId))
                .toList();
    }

    private static LogEntry changed(final LogEntry entry) {
        return new LogEntry(
                entry.origin(), entry.version(), entry.stamp(), entry.instanceId(), registration("flipped"));
    }
}
