package com.onebackend.registry.replication;

import static com.onebackend.registry.replication.Entries.A;
import static com.onebackend.registry.replication.Entries.B;
import static com.onebackend.registry.replication.Entries.C;
import static com.onebackend.registry.replication.Entries.SMALL;
import static com.onebackend.registry.replication.Entries.TOMBSTONE;
import static com.onebackend.registry.replication.Entries.entry;
import static com.onebackend.registry.replication.Entries.registration;
import static org.assertj.core.api.Assertions.assertThat;

import com.onebackend.registry.model.Origin;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What stays of nodes that the catalog removed, for how long, and what peers that forget at different times do. */
class RemovedOriginsTest {
    private static final long MINUTE = 60_000_000_000L;
    private static final long LONG_ENOUGH = SMALL.retention().horizonNanos() + 3 * 60 * MINUTE;
    private static final Origin GONE = new Origin(0xD);

    private final Node a = new Node(A, SMALL);
    private final Node b = new Node(B, SMALL);
    private long now;

    @Test
    void removedOriginsKeepNoNewOneOutAndNothingOfThemStays() {
        final int many = SMALL.originsMax() * 3 / 2;
        final Node c = new Node(C, SMALL);
        for (int i = 0; i < many; i++) {
            final Origin guest = new Origin(1_000 + i);
            final List<LogEntry> entries =
                    List.of(entry(guest, 1, i, "i", registration("s")), entry(guest, 2, i + 1, "i" + i, TOMBSTONE));
            assertThat(a.offer(new LogMessage.Push(guest, 0, 2, 0, entries))).isEqualTo(DeltaVerdict.APPLIED);
            a.replica.evict(guest);
            a.persist();
            c.replica.evict(guest);
        }
        assertThat(loadWhole(c, a)).as("so many heads are understood").isEqualTo(SyncVerdict.DONE);
        assertThat(loadWhole(a, c)).as("and may be asked with").isEqualTo(SyncVerdict.DONE);
        assertThat(a.replica.retention().tombstones()).isEqualTo(many);
        forget(a, c);
        assertThat(a.replica.retention().tombstones()).isZero();
        assertThat(a.request().have().heads()).extracting(Digest.Head::origin).containsOnly(A);
        assertThat(a.replica.origins()).containsOnly(A);
        assertThat(a.disk()).isEmpty();
    }

    @Test
    void evictedOriginIsKeptForTheHorizonAndUntilEverybodyHasWhatCameAfter() {
        deregisteredByGone(a);
        a.replica.retention().members(Set.of(A, B), now);
        final long versions = a.replica.lastVersion();
        run(a, Set.of(), SMALL.retention().horizonNanos() - MINUTE, B);
        assertThat(a.replica.retention().tombstones()).isOne();
        run(a, Set.of(), 60 * MINUTE, null);
        assertThat(a.replica.retention().tombstones())
                .as("nobody acknowledged the version given")
                .isOne();
        assertThat(a.replica.lastVersion()).isGreaterThan(versions);
        run(a, Set.of(), 3 * 60 * MINUTE, B);
        assertThat(a.replica.retention().tombstones()).isZero();
        assertThat(a.replica.head(GONE)).isNull();
    }

    @Test
    void forgottenOriginStaysSoWhateverPeersSayOfItAndOverRestarts() {
        deregisteredByGone(a);
        deregisteredByGone(b);
        forget(a, b);
        for (int restart = 0; restart < 2; restart++) {
            a.syncFrom(b);
            assertThat(b.replica.retention().tombstones()).isOne();
            assertThat(a.replica.retention().tombstones()).isZero();
            assertThat(a.replica.head(GONE)).isNull();
            assertThat(a.replica.lacksFrom(b.request().have())).isFalse();
            assertThat(b.replica.lacksFrom(a.request().have())).isFalse();
            assertThat(a.replica.digestHash()).isEqualTo(b.replica.digestHash());
            a.crash(a.unconfirmed());
            a.replica.evict(GONE);
            a.persist();
        }
        assertThat(a.offer(new LogMessage.Push(GONE, 2, 3, 0, List.of(entry(GONE, 3, 9, "j", TOMBSTONE)))))
                .isEqualTo(DeltaVerdict.REFUSED);
    }

    /** The watermark of an origin that one has forgotten and the other not: neither may take it for having missed. */
    @Test
    void whoHasForgottenAndWhoHasNotSyncWithoutAResetAndLookEqual() {
        collectedByGone(a);
        collectedByGone(b);
        a.writeAndPush("mine", registration("s")).forEach(b::offer);
        assertThat(a.replica.collectedHash()).as("nobody lacks anything of it").isZero();
        forget(a, b);
        assertThat(a.replica.retention().isBehind(b.request().have())).isFalse();
        assertThat(b.replica.retention().isAhead(a.request().have())).isFalse();
        assertThat(loadWhole(a, b)).isEqualTo(SyncVerdict.DONE);
        assertThat(loadWhole(b, a)).isEqualTo(SyncVerdict.DONE);
        assertThat(a.replica.digestHash()).isEqualTo(b.replica.digestHash());
    }

    @Test
    void whoNeverHeardOfARemovedOriginAndHoldsWhatItDeregisteredIsFoundOutWhileItIsKept() {
        collectedByGone(b);
        a.offer(new LogMessage.Push(C, 0, 1, 0, List.of(entry(C, 1, 1, "i", registration("s")))));
        a.replica.retention().loaded(false);
        a.replica.evict(GONE);
        assertThat(a.replica.retention().isBehind(b.request().have())).isTrue();
        assertThat(loadWhole(a, b)).isEqualTo(SyncVerdict.BEHIND);
    }

    @Test
    void nodeThatStartsAgainIsServedByWhoHasForgottenWhatItWasToMeet() {
        collectedByGone(a);
        a.writeAndPush("mine", registration("s"));
        forget(a, b);
        b.replica.evict(GONE);
        b.replica.reset(new Digest(List.of(new Digest.Head(GONE, 9, 7, 0))));
        b.persist();
        assertThat(loadWhole(b, a)).isEqualTo(SyncVerdict.DONE);
        assertThat(b.replica.retention().isResetting()).isFalse();
        assertThat(b.replica.instance("mine")).isNotNull();
        b.crash(b.unconfirmed());
        assertThat(b.replica.retention().isResetting()).isFalse();
    }

    @Test
    void resetRemembersOnDiskWhatIsForgotten() {
        deregisteredByGone(a);
        deregisteredByGone(b);
        forget(a, b);
        a.replica.reset(new Digest(List.of(new Digest.Head(C, 9, 7, 0), new Digest.Head(GONE, 9, 7, 0))));
        a.persist();
        a.crash(a.unconfirmed());
        assertThat(a.replica.retention().isBehind(new Digest(List.of(new Digest.Head(GONE, 9, 7, 0)))))
                .isFalse();
    }

    /** A tombstone of it is held, its records are gone. */
    private static void deregisteredByGone(final Node node) {
        final List<LogEntry> entries =
                List.of(entry(GONE, 1, 10, "i", registration("s")), entry(GONE, 2, 20, "i", TOMBSTONE));
        node.offer(new LogMessage.Push(GONE, 0, 2, 0, entries));
        node.replica.evict(GONE);
        node.persist();
    }

    /** Tombstones of it are collected. */
    private static void collectedByGone(final Node node) {
        final LogEntry entry = entry(GONE, 9, 20, "other", registration("s"));
        node.offer(new LogMessage.Push(GONE, 0, 9, 7, List.of(entry)));
        node.replica.evict(GONE);
        node.persist();
    }

    /** A horizon passes, and the other gets the version that was given then. */
    private void forget(final Node node, final Node other) {
        node.replica.retention().members(Set.of(node.origin, other.origin), now);
        run(node, Set.of(other.origin), LONG_ENOUGH, null);
        other.syncFrom(node);
        run(node, Set.of(other.origin), MINUTE, other.origin);
        assertThat(node.replica.head(GONE)).isNull();
    }

    /** Time passes; {@code acking}, if it is not null, always has all of the node's log. */
    private void run(final Node node, final Set<Origin> reachable, final long nanos, final Origin acking) {
        final long until = now + nanos;
        for (; now < until; now += MINUTE) {
            if (acking != null) {
                node.replica.retention().acked(acking, node.replica.lastVersion(), now);
            }
            node.replica.retention().tick(now);
            node.replica.retention().raise(reachable, now);
            node.persist();
            node.confirm(node.unconfirmed());
        }
    }

    private static SyncVerdict loadWhole(final Node requester, final Node peer) {
        LogMessage.SyncChunk chunk =
                peer.replica.answer(requester.name, requester.request(peer), 0).orElseThrow();
        SyncVerdict verdict = requester.chunk(chunk);
        while (verdict == SyncVerdict.MORE) {
            chunk = peer.replica
                    .answer(requester.name, new LogMessage.SyncNext(chunk.session(), chunk.index() + 1), 0)
                    .orElseThrow();
            verdict = requester.chunk(chunk);
        }
        return verdict;
    }
}
