package com.onebackend.registry.replication;

import static com.onebackend.registry.replication.Entries.A;
import static com.onebackend.registry.replication.Entries.B;
import static com.onebackend.registry.replication.Entries.C;
import static com.onebackend.registry.replication.Entries.HEALTHY;
import static com.onebackend.registry.replication.Entries.SMALL;
import static com.onebackend.registry.replication.Entries.WALL;
import static com.onebackend.registry.replication.Entries.entry;
import static com.onebackend.registry.replication.Entries.registration;
import static com.onebackend.registry.replication.Entries.stamp;
import static org.assertj.core.api.Assertions.assertThat;

import com.onebackend.registry.model.Origin;
import com.onebackend.registry.model.Stamp;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ReplicaSyncTest {
    private final Node a = new Node(A, SMALL);
    private final Node b = new Node(B, SMALL);
    private final Node c = new Node(C, SMALL);

    @Test
    void emptyDifferenceGivesOneLastChunkWithHeads() {
        a.writeAndPush("i", registration("s")).forEach(b::offer);
        final LogMessage.SyncChunk chunk =
                a.replica.answer(b.name, b.request(), 0).orElseThrow();
        assertThat(chunk.last()).isTrue();
        assertThat(chunk.index()).isZero();
        assertThat(chunk.entries()).isEmpty();
        assertThat(chunk.heads()).isEqualTo(a.replica.digest().heads());
        assertThat(a.replica.sessionsAnswered()).isZero();
        assertThat(b.chunk(chunk)).isEqualTo(SyncVerdict.DONE);
    }

    @Test
    void chunksAreBoundedAndOnlyTheDifferenceTravels() {
        for (int i = 0; i < 4; i++) {
            a.writeAndPush("i" + i, registration("s")).forEach(b::offer);
        }
        for (int i = 4; i < 9; i++) {
            a.writeAndPush("i" + i, registration("s"));
        }
        final List<LogMessage.SyncChunk> chunks = session(b, a);
        assertThat(chunks).extracting(chunk -> chunk.entries().size()).containsExactly(2, 2, 1);
        assertThat(chunks).extracting(LogMessage.SyncChunk::last).containsExactly(false, false, true);
        assertThat(chunks.get(0).heads()).isEmpty();
        assertThat(b.replica.digest()).isEqualTo(a.replica.digest());
    }

    /**
     * The trap: C's entry supersedes A's, so A's is no longer sent. Had the requester counted A's log as complete
     * when the chunk with A's last entry came, a break here would leave it without either for ever.
     */
    @Test
    void vectorMovesOnlyWithTheLastChunkAndForAllLogsAtOnce() {
        a.writeAndPush("x", registration("old")).forEach(b::offer);
        a.writeAndPush("y", registration("s")).forEach(b::offer);
        a.writeAndPush("z", registration("s")).forEach(b::offer);
        final LogEntry superseder = new LogEntry(
                C, 1, Stamp.ofMillis(WALL + 5), "x", registration(stamp(5)).withBorn(stamp(5)));
        b.offer(new LogMessage.Push(C, 0, 1, 0, List.of(superseder)));

        final Node fresh = new Node(new Origin(0xF), SMALL);
        final LogMessage.SyncChunk first =
                b.replica.answer(fresh.name, fresh.request(), 0).orElseThrow();
        assertThat(first.entries()).extracting(LogEntry::instanceId).containsExactly("y", "z");
        assertThat(fresh.chunk(first)).isEqualTo(SyncVerdict.MORE);
        assertThat(fresh.replica.instance("y")).isNotNull();
        assertThat(fresh.replica.digest().heads())
                .extracting(Digest.Head::maxVersion)
                .containsExactly(0L);

        assertThat(fresh.syncFrom(a)).isEqualTo(3);
        assertThat(fresh.replica.instance("x").slug()).isEqualTo("old");
    }

    @Test
    void entriesThatArriveDuringTheSessionAreCoveredByItsHeads() {
        for (int i = 0; i < 3; i++) {
            a.writeAndPush("i" + i, registration("s"));
        }
        final LogMessage.SyncChunk first =
                a.replica.answer(b.name, b.request(), 0).orElseThrow();
        b.chunk(first);
        a.writeAndPush("i0", HEALTHY);
        a.write("i9", registration("s"));
        finish(b, a, first);
        assertThat(b.replica.digest()).isEqualTo(a.replica.digest());
        assertThat(b.replica.parts("i0").health()).isNotNull();
        assertThat(b.replica.instance("i9")).isNull();
    }

    /** The answerer is itself half way through a sync, so versions reach it out of order, behind the cursor. */
    @Test
    void entryThatArrivesBehindTheCursorIsSentBeforeTheHeads() {
        final LogEntry a1 = entry(A, 1, 1, "x", registration("first"));
        final LogEntry a2 = entry(A, 2, 2, "y", HEALTHY);
        final LogEntry a9 = entry(A, 9, 9, "z", HEALTHY);
        final LogEntry c1 = entry(C, 1, 20, "p", HEALTHY);
        final LogEntry c2 = entry(C, 2, 21, "q", HEALTHY);
        final LogMessage.SyncRequest own = b.request();
        b.chunk(new LogMessage.SyncChunk(own.session(), 0, false, List.of(a1, a9, c1, c2), List.of()));

        final LogMessage.SyncChunk first = b.replica
                .answer("peer", new LogMessage.SyncRequest(1, new Digest(List.of())), 0)
                .orElseThrow();
        assertThat(first.entries()).containsExactly(a1, a9);
        final LogEntry superseder = entry(A, 3, 30, "p", HEALTHY);
        b.chunk(new LogMessage.SyncChunk(
                own.session(),
                1,
                true,
                List.of(a2, superseder),
                List.of(new Digest.Head(A, 9, 0, 0), new Digest.Head(C, 2, 0, 0))));

        final List<LogEntry> sent = new ArrayList<>(first.entries());
        LogMessage.SyncChunk chunk = first;
        while (!chunk.last()) {
            chunk = b.replica
                    .answer("peer", new LogMessage.SyncNext(1, chunk.index() + 1), 0)
                    .orElseThrow();
            sent.addAll(chunk.entries());
        }
        assertThat(sent).containsExactlyInAnyOrder(a1, a9, a2, superseder, c2);
        assertThat(chunk.heads()).extracting(Digest.Head::maxVersion).containsExactly(9L, 2L);
    }

    /** A crash would bring back what the write superseded, here, but not at whoever was told that we are past it. */
    @Test
    void ownWriteThatIsNotOnDiskIsNotSentAndHidesNothing() {
        a.writeAndPush("i", registration("theirs")).forEach(b::offer);
        b.write("i", registration("ours"));
        b.write("j", registration("ours"));
        c.syncFrom(b);
        assertThat(c.replica.instance("i").slug()).isEqualTo("theirs");
        assertThat(c.replica.instance("j")).isNull();
        assertThat(b.replica.instance("i").slug()).isEqualTo("ours");
        assertThat(c.replica.digest()).isEqualTo(b.replica.digest());

        b.confirm(b.unconfirmed());
        c.syncFrom(b);
        assertThat(c.replica.instance("i").slug()).isEqualTo("ours");
        assertThat(c.replica.digestHash()).isEqualTo(b.replica.digestHash());
    }

    @Test
    void chunkOutOfOrderOrOfAnUnknownSessionIsRefused() {
        final LogMessage.SyncRequest request = b.request();
        final LogMessage.SyncChunk gap =
                new LogMessage.SyncChunk(request.session(), 1, false, List.of(entry(A, 1, 1, "i", HEALTHY)), List.of());
        assertThat(b.chunk(gap)).isEqualTo(SyncVerdict.REFUSED);
        final LogMessage.SyncChunk first =
                new LogMessage.SyncChunk(request.session(), 0, true, List.of(), List.of(new Digest.Head(A, 5, 0, 0)));
        assertThat(b.chunk(first)).as("the gap ended the session").isEqualTo(SyncVerdict.REFUSED);
        assertThat(b.replica.refused(Refusal.SESSION)).isEqualTo(2);
        assertThat(b.replica.digest().heads()).isEmpty();
    }

    @Test
    void chunkWithAWildStampOrVersionIsRefusedWhole() {
        final LogEntry fine = entry(A, 1, 1, "i", HEALTHY);
        final LogEntry ahead = new LogEntry(A, 2, Stamp.ofMillis(WALL + 60_001), "j", HEALTHY);
        final LogEntry zero = entry(A, 0, 2, "j", HEALTHY);
        for (final LogEntry wild : List.of(ahead, zero)) {
            final LogMessage.SyncRequest request = b.request();
            assertThat(b.chunk(new LogMessage.SyncChunk(
                            request.session(), 0, true, List.of(fine, wild), List.of(new Digest.Head(A, 2, 0, 0)))))
                    .isEqualTo(SyncVerdict.REFUSED);
        }
        final LogMessage.SyncRequest request = b.request();
        final List<Digest.Head> endless = List.of(new Digest.Head(A, Long.MAX_VALUE, 0, 0));
        assertThat(b.chunk(new LogMessage.SyncChunk(request.session(), 0, true, List.of(), endless)))
                .isEqualTo(SyncVerdict.REFUSED);
        assertThat(b.replica.digest().heads()).isEmpty();
        assertThat(b.replica.refused(Refusal.STAMP_AHEAD)).isOne();
        assertThat(b.replica.refused(Refusal.MALFORMED)).isEqualTo(2);
    }

    @Test
    void answeredSessionsAreBoundedAndOnePerPeer() {
        for (int i = 0; i < 9; i++) {
            a.writeAndPush("i" + i, registration("s"));
        }
        final LogMessage.SyncRequest request = new LogMessage.SyncRequest(1, new Digest(List.of()));
        assertThat(a.replica.answer("p1", request, 0)).isPresent();
        assertThat(a.replica.answer("p2", request, 0)).isPresent();
        assertThat(a.replica.answer("p3", request, 0)).isEmpty();
        assertThat(a.replica.answer("p2", new LogMessage.SyncRequest(2, new Digest(List.of())), 0))
                .isPresent();
        assertThat(a.replica.answer("p2", new LogMessage.SyncNext(1, 1), 0))
                .as("the session before the second request")
                .isEmpty();
        assertThat(a.replica.answer("p2", new LogMessage.SyncNext(2, 1), 0)).isPresent();
        assertThat(a.replica.sessionsAnswered()).isEqualTo(2);
    }

    @Test
    void idleSessionIsForgottenAndMakesRoom() {
        for (int i = 0; i < 9; i++) {
            a.writeAndPush("i" + i, registration("s"));
        }
        final LogMessage.SyncRequest request = new LogMessage.SyncRequest(1, new Digest(List.of()));
        a.replica.answer("p1", request, 0);
        a.replica.answer("p2", request, 0);
        assertThat(a.replica.answer("p2", new LogMessage.SyncNext(1, 1), 900)).isPresent();
        a.replica.expireSessions(1_000);
        assertThat(a.replica.answer("p1", new LogMessage.SyncNext(1, 1), 1_000)).isEmpty();
        assertThat(a.replica.answer("p2", new LogMessage.SyncNext(1, 2), 1_000)).isPresent();
        assertThat(a.replica.answer("p3", request, 1_000)).isPresent();
    }

    @Test
    void nextChunkAskedOutOfOrderEndsTheSession() {
        for (int i = 0; i < 9; i++) {
            a.writeAndPush("i" + i, registration("s"));
        }
        a.replica.answer("p", new LogMessage.SyncRequest(1, new Digest(List.of())), 0);
        assertThat(a.replica.answer("p", new LogMessage.SyncNext(1, 2), 0)).isEmpty();
        assertThat(a.replica.answer("p", new LogMessage.SyncNext(1, 1), 0)).isEmpty();
        assertThat(a.replica.sessionsAnswered()).isZero();
    }

    @Test
    void sessionThatFallsTooFarBehindEnds() {
        final ReplicaConfig config = new ReplicaConfig(1, 9_999, 9, 2, 2, 1, 1_000, 60_000, 9, 9, 0, 2);
        final Node busy = new Node(B, config);
        final LogMessage.SyncRequest own = busy.request();
        busy.chunk(new LogMessage.SyncChunk(
                own.session(),
                0,
                false,
                List.of(entry(A, 9, 9, "z", HEALTHY), entry(C, 1, 1, "c", HEALTHY)),
                List.of()));
        busy.replica.answer("p", new LogMessage.SyncRequest(1, new Digest(List.of())), 0);
        assertThat(busy.replica.sessionsAnswered()).isOne();
        busy.chunk(new LogMessage.SyncChunk(
                own.session(),
                1,
                false,
                List.of(entry(A, 1, 1, "x", HEALTHY), entry(A, 2, 2, "y", HEALTHY)),
                List.of()));
        assertThat(busy.replica.sessionsAnswered()).isZero();
    }

    @Test
    void requestedSessionsAreBoundedTheOldestGoes() {
        final List<LogMessage.SyncRequest> requests = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            requests.add(b.request());
        }
        assertThat(b.chunk(new LogMessage.SyncChunk(requests.get(0).session(), 0, true, List.of(), List.of())))
                .isEqualTo(SyncVerdict.REFUSED);
        assertThat(b.chunk(new LogMessage.SyncChunk(requests.get(1).session(), 0, true, List.of(), List.of())))
                .isEqualTo(SyncVerdict.DONE);
    }

    @Test
    void lacksIsTrueExactlyForWhatThePeerHasMore() {
        assertThat(b.replica.lacksFrom(a.replica.digest())).isFalse();
        a.writeAndPush("i", registration("s"));
        assertThat(b.replica.lacksFrom(a.replica.digest())).isTrue();
        assertThat(a.replica.lacksFrom(b.replica.digest())).isFalse();
        b.syncFrom(a);
        assertThat(b.replica.lacksFrom(a.replica.digest())).isFalse();
    }

    /** The origin died in the middle of the session: its entries are at one survivor, and no vector shows it. */
    @Test
    void halfASessionFromAnOriginThatDiedSpreadsAllTheSame() {
        for (int i = 0; i < 3; i++) {
            a.writeAndPush("i" + i, registration("s"));
        }
        b.chunk(a.replica.answer(b.name, b.request(), 0).orElseThrow());
        assertThat(b.replica.instance("i0")).isNotNull();
        assertThat(c.replica.digestHash()).isNotEqualTo(b.replica.digestHash());
        assertThat(c.replica.lacksFrom(b.replica.digest())).isTrue();
        c.syncFrom(b);
        assertThat(c.replica.instance("i0")).isNotNull();
        assertThat(c.replica.digestHash()).isEqualTo(b.replica.digestHash());
        assertThat(c.replica.lacksFrom(b.replica.digest())).isFalse();
    }

    @Test
    void digestHashIgnoresWhatWasCollected() {
        final LogEntry entry = entry(A, 1, 1, "i", HEALTHY);
        b.offer(new LogMessage.Push(A, 0, 1, 0, List.of(entry)));
        c.offer(new LogMessage.Push(A, 0, 1, 1, List.of(entry)));
        assertThat(c.replica.digest()).isNotEqualTo(b.replica.digest());
        assertThat(c.replica.digestHash()).isEqualTo(b.replica.digestHash());
    }

    @Test
    void sameCallsGiveSameMessages() {
        for (final Node node : List.of(a, b)) {
            node.replica = new Replica(A, SMALL);
            for (int i = 0; i < 20; i++) {
                node.write("i" + i % 7, i % 3 == 0 ? registration("s") : HEALTHY);
            }
            node.confirm(20);
        }
        assertThat(session(c, a))
                .isEqualTo(session(new Node(C, SMALL), b).stream()
                        .map(chunk -> new LogMessage.SyncChunk(
                                chunk.session() - 1,
                                chunk.index(),
                                chunk.last(),
                                chunk.entries(),
                                chunk.heads(),
                                chunk.reset(),
                                chunk.isResumed(),
                                chunk.resume()))
                        .toList());
    }

    /** All chunks of a session, applied. */
    private static List<LogMessage.SyncChunk> session(final Node requester, final Node answerer) {
        final LogMessage.SyncChunk first =
                answerer.replica.answer(requester.name, requester.request(), 0).orElseThrow();
        requester.chunk(first);
        final List<LogMessage.SyncChunk> chunks = new ArrayList<>(List.of(first));
        chunks.addAll(finish(requester, answerer, first));
        return chunks;
    }

    private static List<LogMessage.SyncChunk> finish(
            final Node requester, final Node answerer, final LogMessage.SyncChunk first) {
        final List<LogMessage.SyncChunk> chunks = new ArrayList<>();
        LogMessage.SyncChunk chunk = first;
        while (!chunk.last()) {
            final Optional<LogMessage.SyncChunk> next = answerer.replica.answer(
                    requester.name, new LogMessage.SyncNext(chunk.session(), chunk.index() + 1), 0);
            chunk = next.orElseThrow();
            chunks.add(chunk);
            requester.chunk(chunk);
        }
        return chunks;
    }
}
