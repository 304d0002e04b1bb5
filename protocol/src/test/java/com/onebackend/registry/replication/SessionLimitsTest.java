package com.onebackend.registry.replication;

import static com.onebackend.registry.replication.Entries.A;
import static com.onebackend.registry.replication.Entries.B;
import static com.onebackend.registry.replication.Entries.SMALL;
import static com.onebackend.registry.replication.Entries.registration;
import static org.assertj.core.api.Assertions.assertThat;

import com.onebackend.registry.model.Origin;
import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** How many sessions at a time, how fast, how often. */
class SessionLimitsTest {
    private static final int BULK_AFTER = 2;
    private static final int BULK_MAX = 2;
    private static final long BYTES_PER_SECOND = 10_000;
    private static final long OPEN_INTERVAL = 1_000_000;
    private static final long SECOND = 1_000_000_000L;

    private static final ReplicaConfig CONFIG = new ReplicaConfig(
                    5, 100_000, 100, 8, 8, 100, 60 * SECOND, 60_000, 1_000, 100, 0, 2)
            .withSessions(new SessionConfig(
                    BULK_AFTER, BULK_MAX, BYTES_PER_SECOND, 1_000, 600 * SECOND, SECOND, OPEN_INTERVAL, 1, 1, 4, 9, 9));

    private final Node a = new Node(A, CONFIG);

    @BeforeEach
    void fill() {
        for (int i = 0; i < 200; i++) {
            a.writeAndPush("i" + i, registration("s"));
        }
    }

    @Test
    void onlySoManyLoadEverythingAtATimeAndTheNextIsTurnedAway() {
        assertThat(open("p1", 1, 0, 0)).isPresent();
        assertThat(open("p2", 1, 0, 0)).isPresent();
        assertThat(open("p3", 1, 0, 0)).isEmpty();
        assertThat(a.replica.isAnswerWaiting("p3")).isFalse();
        assertThat(open("p4", 1, 195, 0)).as("lacks little").isPresent();
        assertThat(a.replica.syncCounters().snapshot().turnedAway()).isOne();
        a.replica.stopped("p1", new LogMessage.SyncStop(1));
        assertThat(open("p3", 2, 0, SECOND)).isPresent();
    }

    @Test
    void sessionThatGrowsLongTurnsAwayItselfAndNotThoseBeforeIt() {
        assertThat(open("small", 1, 150, 0)).isPresent();
        assertThat(open("p1", 1, 0, 0)).isPresent();
        assertThat(open("p2", 1, 0, 0)).isPresent();
        assertThat(next("small", 1, 0)).isPresent();
        assertThat(next("small", 2, 0)).as("would be a third bulk transfer").isEmpty();
        assertThat(a.replica.isAnswerWaiting("small")).isFalse();
        assertThat(next("p1", 1, SECOND)).isPresent();
    }

    @Test
    void bulkTransfersKeepToTheRateAndSmallOnesPass() {
        open("p1", 1, 0, 0);
        open("p2", 1, 0, 0);
        final int[] index = {1, 1};
        final long seconds = 1;
        for (long nanos = 0; nanos < seconds * SECOND; nanos += SECOND / 50) {
            for (int peer = 0; peer < 2; peer++) {
                if (!a.replica.isAnswerWaiting("p" + (peer + 1))
                        && next("p" + (peer + 1), index[peer], nanos).isPresent()) {
                    index[peer]++;
                }
            }
            for (final Replica.LateAnswer late : a.replica.lateAnswers(nanos)) {
                index[late.peer().equals("p1") ? 0 : 1]++;
            }
        }
        final long bytes = a.replica.syncCounters().snapshot().bytesOut();
        assertThat(bytes).isBetween(BYTES_PER_SECOND * seconds / 2, BYTES_PER_SECOND * seconds + 4_000);
        assertThat(index[0]).as("fair").isBetween(index[1] - 2, index[1] + 2);
        assertThat(a.replica.syncCounters().snapshot().throttledChunks()).isPositive();
        assertThat(open("small", 1, 195, 0)).isPresent();
    }

    @Test
    void transfersUnderWayGetOnAsFastBesideManyWhoAreTurnedAway() {
        final int alone = chunksOfTwoTransfers(new Node(A, CONFIG), 0);
        final Node crowded = new Node(A, CONFIG);
        final int besideMany = chunksOfTwoTransfers(crowded, 20);
        assertThat(alone).isPositive();
        assertThat(besideMany).isGreaterThanOrEqualTo(alone - 1);
        final SyncCounters.Snapshot counters = crowded.replica.syncCounters().snapshot();
        assertThat(counters.turnedAway()).isPositive();
        assertThat(counters.answered()).as("answered, not turned away").isEqualTo(2);
        assertThat(counters.chunksOut()).as("counted when sent").isEqualTo(besideMany);
    }

    @Test
    void firstChunkOfALoadWaitsForTheRateLikeTheOthers() {
        open("p1", 1, 0, 0);
        int index = 1;
        while (next("p1", index, 0).isPresent()) {
            index++;
        }
        assertThat(open("p2", 1, 0, 0)).as("the burst is used up").isEmpty();
        assertThat(a.replica.isAnswerWaiting("p2")).isTrue();
        assertThat(a.replica.lateAnswers(10 * SECOND))
                .extracting(Replica.LateAnswer::peer)
                .contains("p2");
    }

    /** The chunks that two loads get in ten seconds while so many newcomers a second want to load, too. */
    private static int chunksOfTwoTransfers(final Node node, final int newcomersPerSecond) {
        for (int i = 0; i < 2_000; i++) {
            node.writeAndPush("i" + i, registration("s"));
        }
        final int[] index = new int[2];
        final LogMessage.SyncRequest request = new LogMessage.SyncRequest(1, new Digest(List.of()));
        for (int p = 0; p < 2; p++) {
            index[p] += node.replica.answer("p" + p, request, 0).isPresent() ? 1 : 0;
        }
        int newcomers = 0;
        for (long now = 0; now < 10 * SECOND; now += SECOND / 50) {
            while (newcomers * SECOND < now * newcomersPerSecond) {
                node.replica.answer("newcomer" + newcomers++, request, now);
            }
            for (int p = 0; p < 2; p++) {
                final LogMessage.SyncNext next = new LogMessage.SyncNext(1, index[p]);
                if (!node.replica.isAnswerWaiting("p" + p)
                        && node.replica.answer("p" + p, next, now).isPresent()) {
                    index[p]++;
                }
            }
            for (final Replica.LateAnswer late : node.replica.lateAnswers(now)) {
                index[late.peer().equals("p0") ? 0 : 1]++;
            }
        }
        return index[0] + index[1];
    }

    @Test
    void requestsOfOnePeerOpenOneSessionPerInterval() {
        assertThat(open("p", 1, 195, 0)).isPresent();
        for (int i = 2; i < 50; i++) {
            assertThat(open("p", i, 195, OPEN_INTERVAL - 1)).isEmpty();
            assertThat(a.replica.isAnswerWaiting("p")).isTrue();
        }
        assertThat(a.replica.lateAnswers(OPEN_INTERVAL - 1)).isEmpty();
        assertThat(open("q", 1, 0, 0)).isPresent();
        assertThat(open("q", 2, 0, 0)).as("only so many wait").isEmpty();
        assertThat(a.replica.isAnswerWaiting("q")).isFalse();
        final List<Replica.LateAnswer> late = a.replica.lateAnswers(OPEN_INTERVAL);
        assertThat(late).hasSize(1);
        assertThat(((LogMessage.SyncChunk) late.get(0).message()).session())
                .as("the last request counts")
                .isEqualTo(49);
        assertThat(a.replica.syncCounters().snapshot().answered()).isEqualTo(3);
    }

    @Test
    void requestWithMoreLogsThanAnybodyKeepsIsRefused() {
        final List<Digest.Head> heads = LongStream.rangeClosed(0, CONFIG.vectorMax())
                .mapToObj(i -> new Digest.Head(new Origin(i), 1, 0, 0))
                .toList();
        assertThat(a.replica.answer("p", new LogMessage.SyncRequest(1, new Digest(heads)), 0))
                .isEmpty();
        assertThat(a.replica.refused(Refusal.MALFORMED)).isOne();
    }

    @Test
    void onlyOneOwnSessionLoadsAndTheOthersComeLater() {
        final Node b = new Node(B, SMALL);
        final Node requester = new Node(new Origin(0xF), SMALL);
        for (int i = 0; i < 40; i++) {
            b.writeAndPush("j" + i, registration("s"));
        }
        final Node c = new Node(new Origin(0xC0), SMALL);
        c.syncFrom(b);
        final SyncVerdict[] verdicts = {SyncVerdict.MORE, SyncVerdict.MORE};
        final Node[] peers = {b, c};
        final LogMessage.SyncChunk[] chunks = new LogMessage.SyncChunk[2];
        for (int i = 0; i < 2; i++) {
            chunks[i] = peers[i].replica
                    .answer(requester.name, requester.request(peers[i]), 0)
                    .orElseThrow();
        }
        for (int round = 0; round < SMALL.sessions().bulkAfterChunks(); round++) {
            for (int i = 0; i < 2; i++) {
                verdicts[i] = requester.chunk(chunks[i]);
                chunks[i] = peers[i].replica
                        .answer(requester.name, new LogMessage.SyncNext(chunks[i].session(), round + 1), 0)
                        .orElseThrow();
            }
        }
        assertThat(verdicts).containsExactly(SyncVerdict.MORE, SyncVerdict.LATER);
        assertThat(requester.chunk(chunks[1])).as("it is over").isEqualTo(SyncVerdict.REFUSED);
        assertThat(requester.replica.syncCounters().snapshot().deferred()).isOne();
        assertThat(requester.chunk(chunks[0])).isEqualTo(SyncVerdict.MORE);
    }

    private Optional<LogMessage.SyncChunk> open(
            final String peer, final long session, final long has, final long nowNanos) {
        final Digest have = new Digest(has == 0 ? List.of() : List.of(new Digest.Head(A, has, 0, 0)));
        return a.replica.answer(peer, new LogMessage.SyncRequest(session, have), nowNanos);
    }

    private Optional<LogMessage.SyncChunk> next(final String peer, final int index, final long nowNanos) {
        return a.replica.answer(peer, new LogMessage.SyncNext(1, index), nowNanos);
    }
}
