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

import com.onebackend.registry.model.Origin;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Sessions that break off and go on with somebody else. */
class ReplicaResumeTest {
    private static final int CHUNK = SMALL.chunkEntriesMax();

    private final Node a = new Node(A, SMALL);
    private final Node b = new Node(B, SMALL);
    private final Node c = new Node(C, SMALL);
    private final Node fresh = new Node(new Origin(0xF), SMALL);

    @Test
    void loadThatBreaksOffGoesOnWithAnotherPeerWhereItStopped() {
        for (int i = 0; i < 40; i++) {
            a.writeAndPush("i" + i, registration("s")).forEach(b::offer);
        }
        load(fresh, a, 10);
        assertThat(fresh.syncFrom(b)).isEqualTo(40 - 10 * CHUNK);
        assertThat(fresh.replica.digest()).isEqualTo(a.replica.digest());
        assertThat(fresh.replica.syncCounters().snapshot().resumed()).isOne();
    }

    @Test
    void loadBrokenOffAgainAndAgainLosesOneChunkEachTime() {
        for (int i = 0; i < 60; i++) {
            (i % 2 == 0 ? a : b).writeAndPush("i" + i, registration("s")).forEach((i % 2 == 0 ? b : a)::offer);
        }
        int entries = 0;
        for (int round = 0; round < 5; round++) {
            // The last chunk of each round does not arrive.
            entries += load(fresh, round % 2 == 0 ? a : b, 5);
        }
        entries += fresh.syncFrom(a);
        assertThat(entries).isEqualTo(60);
        assertThat(fresh.replica.digest()).isEqualTo(a.replica.digest());
    }

    /** What the first answerer left out as superseded, the second one has: it may not start there. */
    @Test
    void peerThatHasSeenLessStartsFromTheBeginning() {
        for (int i = 0; i < 20; i++) {
            a.writeAndPush("i" + i, registration("s")).forEach(b::offer);
        }
        b.offer(a.writeAndPush("late", registration("s")).get(0));
        a.writeAndPush("i0", registration("again"));
        load(fresh, a, 3);
        assertThat(fresh.replica.instance("i0")).isNull();
        assertThat(fresh.syncFrom(b)).isEqualTo(21);
        assertThat(fresh.replica.instance("i0").slug()).isEqualTo("s");
        assertThat(fresh.replica.syncCounters().snapshot().resumed()).isZero();
    }

    /**
     * The trap: the first answerer holds a superseding entry above its own vector, from a session of its own that is
     * not over. A peer that equals its vector does not have that entry.
     */
    @Test
    void entryAboveTheAnswerersOwnVectorIsNotTakenForGranted() {
        for (int i = 0; i < 12; i++) {
            a.writeAndPush("i" + i, registration("s")).forEach(push -> {
                b.offer(push);
                c.offer(push);
            });
        }
        final LogMessage.SyncRequest own = b.request();
        final Origin late = new Origin(0xD0);
        final LogEntry superseder = entry(late, 7, 100_000, "i0", registration("later"));
        b.chunk(new LogMessage.SyncChunk(own.session(), 0, false, List.of(superseder), List.of()));
        load(fresh, b, 3);
        assertThat(fresh.replica.instance("i0")).as("superseded at b").isNull();
        fresh.syncFrom(c);
        assertThat(fresh.replica.instance("i0").slug()).isEqualTo("s");
        assertThat(fresh.replica.digest()).isEqualTo(c.replica.digest());
    }

    @Test
    void versionsThatTheAnswererItselfLacksAreReadAgainElsewhere() {
        final LogEntry a1 = entry(A, 1, 1, "x", HEALTHY);
        final LogEntry a2 = entry(A, 2, 2, "y", HEALTHY);
        final LogEntry a9 = entry(A, 9, 9, "z", HEALTHY);
        c.offer(new LogMessage.Push(A, 0, 9, 0, List.of(a1, a2, a9)));
        final LogMessage.SyncRequest own = b.request();
        final Origin other = new Origin(0xD0);
        final LogEntry more = entry(other, 5, 20, "p", HEALTHY);
        b.chunk(new LogMessage.SyncChunk(own.session(), 0, false, List.of(a1, a9, more), List.of()));
        c.offer(new LogMessage.Push(other, 0, 5, 0, List.of(more)));
        load(fresh, b, 1);
        fresh.syncFrom(c);
        assertThat(fresh.replica.parts("y").health()).isEqualTo(a2);
        assertThat(fresh.replica.digest()).isEqualTo(c.replica.digest());
    }

    /** The answerer ends a session of its own meanwhile: its vector moves over entries behind the cursor. */
    @Test
    void entryThatStillWaitsBehindTheCursorIsNotTakenForSent() {
        final List<LogEntry> log = new ArrayList<>();
        for (int version = 1; version <= 9; version++) {
            log.add(entry(A, version, version, "i" + version, HEALTHY));
        }
        final LogMessage.Push all = new LogMessage.Push(A, 0, 9, 0, log);
        c.offer(all);
        final LogMessage.SyncRequest own = b.request();
        b.chunk(new LogMessage.SyncChunk(own.session(), 0, false, List.of(log.get(0), log.get(8)), List.of()));
        b.write("own", HEALTHY);
        b.confirm(b.unconfirmed());
        b.pushes().forEach(c::offer);
        final LogMessage.SyncRequest request = fresh.request(b);
        final LogMessage.SyncChunk first =
                b.replica.answer(fresh.name, request, 0).orElseThrow();
        assertThat(first.entries()).containsExactly(log.get(0), log.get(8));
        fresh.chunk(first);
        b.chunk(new LogMessage.SyncChunk(
                own.session(), 1, true, log.subList(1, 8), List.of(new Digest.Head(A, 9, 0, 0))));
        final LogMessage.SyncChunk second = b.replica
                .answer(fresh.name, new LogMessage.SyncNext(first.session(), 1), 0)
                .orElseThrow();
        assertThat(fresh.chunk(second)).isEqualTo(SyncVerdict.MORE);
        fresh.replica.abandon(request.session());
        fresh.syncFrom(c);
        log.forEach(entry ->
                assertThat(fresh.replica.parts(entry.instanceId()).health()).isEqualTo(entry));
    }

    @Test
    void evictionForgetsWhereToGoOn() {
        for (int i = 0; i < 20; i++) {
            a.writeAndPush("i" + i, registration("s")).forEach(b::offer);
        }
        load(fresh, a, 3);
        fresh.replica.evict(new Origin(0xE));
        assertThat(fresh.request(b).resume()).isEmpty();
    }

    @Test
    void whatIsOlderThanASessionMayLastIsNotResumed() {
        final long bound = 1_000;
        final SessionConfig usual = SMALL.sessions();
        final Node hasty = new Node(new Origin(0xF), SMALL.withSessions(lasting(usual, bound)));
        for (int i = 0; i < 40; i++) {
            a.writeAndPush("i" + i, registration("s")).forEach(b::offer);
        }
        load(hasty, a, 3);
        assertThat(hasty.request(b, bound - 1).resume()).isNotEmpty();
        assertThat(hasty.request(b, bound).resume()).isEmpty();
        // A session that was resumed is as old as the one it goes on with.
        final LogMessage.SyncRequest request = load(hasty, a, 3) > 0 ? hasty.request(b, 600) : null;
        final LogMessage.SyncChunk chunk =
                b.replica.answer(hasty.name, request, 0).orElseThrow();
        assertThat(chunk.isResumed()).isTrue();
        assertThat(hasty.replica.chunk(chunk, WALL, bound)).isEqualTo(SyncVerdict.REFUSED);
    }

    @Test
    void answeredSessionEndsWhenItLastsTooLong() {
        final Node answerer = new Node(A, SMALL.withSessions(lasting(SMALL.sessions(), 500)));
        for (int i = 0; i < 40; i++) {
            answerer.writeAndPush("i" + i, registration("s"));
        }
        LogMessage.SyncChunk chunk = answerer.replica
                .answer("p", new LogMessage.SyncRequest(1, new Digest(List.of())), 0)
                .orElseThrow();
        for (long nanos = 100; nanos < 500; nanos += 100) {
            chunk = answerer.replica
                    .answer("p", new LogMessage.SyncNext(1, chunk.index() + 1), nanos)
                    .orElseThrow();
        }
        assertThat(answerer.replica.answer("p", new LogMessage.SyncNext(1, chunk.index() + 1), 500))
                .isEmpty();
        assertThat(answerer.replica.isAnswerWaiting("p")).isFalse();
    }

    @Test
    void resumePointsAreRareWhereTheyWouldTakeTheRoomOfEntries() {
        final Node wide = new Node(B, SMALL.withSessions(SessionConfig.DEFAULT));
        for (int i = 0; i < 60; i++) {
            final Origin origin = new Origin(100 + i);
            wide.offer(new LogMessage.Push(origin, 0, 1, 0, List.of(entry(origin, 1, i, "i" + i, HEALTHY))));
        }
        final Set<Integer> pointed = new TreeSet<>();
        LogMessage.SyncChunk chunk = wide.replica
                .answer("p", new LogMessage.SyncRequest(1, new Digest(List.of())), 0)
                .orElseThrow();
        while (!chunk.last()) {
            if (!chunk.resume().isEmpty()) {
                pointed.add(chunk.index());
            }
            chunk = wide.replica
                    .answer("p", new LogMessage.SyncNext(1, chunk.index() + 1), 0)
                    .orElseThrow();
        }
        assertThat(pointed).as("60 logs, 28 bytes a point, one byte in sixteen").hasSizeLessThanOrEqualTo(1);
    }

    /** So many chunks arrive, then nothing any more; returns the entries that came. */
    private static int load(final Node requester, final Node answerer, final int chunks) {
        final LogMessage.SyncRequest request = requester.request(answerer);
        LogMessage.SyncChunk chunk =
                answerer.replica.answer(requester.name, request, 0).orElseThrow();
        int entries = 0;
        for (int i = 0; i < chunks; i++) {
            assertThat(requester.chunk(chunk)).isEqualTo(SyncVerdict.MORE);
            entries += chunk.entries().size();
            chunk = answerer.replica
                    .answer(requester.name, new LogMessage.SyncNext(chunk.session(), chunk.index() + 1), 0)
                    .orElseThrow();
        }
        requester.replica.abandon(request.session());
        return entries;
    }

    private static SessionConfig lasting(final SessionConfig usual, final long nanos) {
        return new SessionConfig(
                usual.bulkAfterChunks(),
                usual.bulkSessionsMax(),
                usual.bulkBytesPerSecondMax(),
                usual.bulkBurstBytes(),
                nanos,
                usual.stallNanos(),
                usual.openIntervalNanos(),
                usual.waitingRequestsMax(),
                usual.pointShare(),
                usual.auditOriginsMax(),
                usual.auditScanMax(),
                usual.owedInstancesMax());
    }
}
