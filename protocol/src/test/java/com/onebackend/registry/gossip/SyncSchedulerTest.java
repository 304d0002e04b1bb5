package com.onebackend.registry.gossip;

import static org.assertj.core.api.Assertions.assertThat;

import com.onebackend.registry.model.Endpoint;
import com.onebackend.registry.model.Generation;
import com.onebackend.registry.model.Incarnation;
import com.onebackend.registry.model.Member;
import com.onebackend.registry.model.MemberId;
import com.onebackend.registry.model.MemberState;
import com.onebackend.registry.model.Origin;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class SyncSchedulerTest {
    private static final GossipConfig CONFIG = GossipConfig.LAN;
    private static final int PLACES = CONFIG.sessionsMax();
    private static final long SECOND = 1_000_000_000L;

    private final SyncScheduler syncs = new SyncScheduler(CONFIG, new SplittableRandom(1));

    @Test
    void atMostSoManySessionsRunAtATime() {
        final List<Member> peers = peers(10);
        peers.forEach(peer -> syncs.want(peer.id().nodeId()));
        final List<SyncScheduler.Start> first = syncs.due(peers, PLACES, SyncSchedulerTest::ours, 0);
        assertThat(first).hasSize(PLACES);
        assertThat(syncs.due(peers, PLACES, SyncSchedulerTest::ours, 1)).isEmpty();
        syncs.completed(first.get(0).peer().id().nodeId());
        assertThat(syncs.due(peers, PLACES, SyncSchedulerTest::ours, 2)).hasSize(1);
        assertThat(syncs.completedCount()).isEqualTo(1);
    }

    @Test
    void oneMemberIsAskedAtEveryIntervalWhereverTheClockStarts() {
        for (final long start : new long[] {0, 1, -7 * SECOND, Long.MIN_VALUE, Long.MAX_VALUE - 12 * SECOND}) {
            final SyncScheduler scheduler = new SyncScheduler(CONFIG, new SplittableRandom(2));
            int started = 0;
            for (long second = 0; second < 60; second++) {
                final List<SyncScheduler.Start> starts =
                        scheduler.due(peers(3), PLACES, SyncSchedulerTest::ours, start + second * SECOND);
                starts.forEach(one -> scheduler.completed(one.peer().id().nodeId()));
                started += starts.size();
            }
            assertThat(started).isBetween(9, 15);
        }
    }

    @Test
    void lastingDifferenceIsAskedAboutAShortOneIsNot() {
        syncs.completed("somebody");
        final List<Member> peers = peers(2);
        syncs.due(peers, PLACES, SyncSchedulerTest::ours, 0);
        final MemberId peer = peers.get(0).id();
        syncs.heard(peer, 8, 7, 0);
        syncs.heard(peer, 7, 7, CONFIG.divergenceNanos() / 2);
        syncs.heard(peer, 8, 7, CONFIG.divergenceNanos());
        assertThat(syncs.due(peers, PLACES, SyncSchedulerTest::ours, CONFIG.divergenceNanos()))
                .isEmpty();
        assertThat(syncs.due(peers, PLACES, SyncSchedulerTest::ours, 2 * CONFIG.divergenceNanos()))
                .hasSize(1);
    }

    @Test
    void silentSessionIsGivenUpAndAskedAnew() {
        final List<Member> peers = peers(1);
        final String peer = peers.get(0).id().nodeId();
        syncs.want(peer);
        final long session =
                syncs.due(peers, PLACES, SyncSchedulerTest::ours, 0).get(0).session();
        assertThat(syncs.progressed(peer, session, SECOND)).isTrue();
        assertThat(syncs.due(peers, PLACES, SyncSchedulerTest::ours, SECOND + CONFIG.sessionTimeoutNanos() - 1))
                .isEmpty();
        final List<SyncScheduler.Start> again =
                syncs.due(peers, PLACES, SyncSchedulerTest::ours, SECOND + CONFIG.sessionTimeoutNanos());
        assertThat(again).hasSize(1);
        assertThat(syncs.progressed(peer, session, 7 * SECOND)).isFalse();
        assertThat(syncs.progressed(peer, again.get(0).session(), 7 * SECOND)).isTrue();
    }

    @Test
    void sessionsThatTimeOutTogetherAreEachEndedAndTheirMembersAskedAnew() {
        final List<Member> peers = peers(PLACES);
        peers.forEach(peer -> syncs.want(peer.id().nodeId()));
        final List<SyncScheduler.Start> first = syncs.due(peers, PLACES, SyncSchedulerTest::ours, 0);
        final List<SyncScheduler.Start> again =
                syncs.due(peers, PLACES, SyncSchedulerTest::ours, CONFIG.sessionTimeoutNanos());
        final SyncScheduler.Ended ended = syncs.takeEnded();
        assertThat(ended.sessions())
                .containsExactlyInAnyOrderElementsOf(
                        first.stream().map(SyncScheduler.Start::session).toList());
        assertThat(ended.timedOut()).isEqualTo(peers.size());
        assertThat(again)
                .extracting(SyncScheduler.Start::peer)
                .containsExactlyInAnyOrderElementsOf(
                        first.stream().map(SyncScheduler.Start::peer).toList());
        assertThat(syncs.takeEnded().sessions()).isEmpty();
    }

    @Test
    void memberThatTurnsUsAwayRestsWhileAnotherIsAskedAtOnce() {
        final List<Member> peers = peers(2);
        syncs.want("n0");
        final long session =
                syncs.due(peers, PLACES, SyncSchedulerTest::ours, 0).get(0).session();
        assertThat(syncs.turnedAway("n0", session + 1)).as("none of ours").isFalse();
        assertThat(syncs.turnedAway("n0", session)).isTrue();
        syncs.want("n0");
        final List<SyncScheduler.Start> next = syncs.due(peers, PLACES, SyncSchedulerTest::ours, 1);
        assertThat(next).extracting(start -> start.peer().id().nodeId()).containsExactly("n1");
        assertThat(syncs.isCaughtUp()).isFalse();
        assertThat(syncs.turnedAway("n1", next.get(0).session())).isTrue();
        assertThat(syncs.due(peers, PLACES, SyncSchedulerTest::ours, 2))
                .as("nobody is left before the interval is over")
                .isEmpty();
        assertThat(syncs.due(peers, PLACES, SyncSchedulerTest::ours, 2 * CONFIG.syncIntervalNanos()))
                .hasSize(2);
    }

    @Test
    void deferredSessionIsAskedForAgainWhenAnotherHasEnded() {
        final List<Member> peers = peers(2);
        peers.forEach(peer -> syncs.want(peer.id().nodeId()));
        syncs.due(peers, PLACES, SyncSchedulerTest::ours, 0);
        syncs.deferred("n1");
        assertThat(syncs.due(peers, PLACES, SyncSchedulerTest::ours, 1)).isEmpty();
        syncs.completed("n0");
        assertThat(syncs.isCaughtUp()).isFalse();
        assertThat(syncs.due(peers, PLACES, SyncSchedulerTest::ours, 2))
                .extracting(start -> start.peer().id().nodeId())
                .containsExactly("n1");
    }

    @Test
    void unreachableMemberIsNotAsked() {
        syncs.completed("somebody");
        syncs.want("n0");
        assertThat(syncs.due(List.of(), PLACES, SyncSchedulerTest::ours, 0)).isEmpty();
        assertThat(syncs.due(peers(1), PLACES, SyncSchedulerTest::ours, 1)).isEmpty();
    }

    @Test
    void differenceSaysNothingWhileOurOwnVectorMoves() {
        syncs.completed("somebody");
        final List<Member> peers = peers(2);
        syncs.due(peers, PLACES, SyncSchedulerTest::ours, 0);
        final MemberId peer = peers.get(0).id();
        final long step = CONFIG.divergenceNanos() / 2;
        for (long i = 0; i < 8; i++) {
            final long own = 100 + i;
            syncs.heard(peer, 8, own, i * step);
            assertThat(syncs.due(peers, PLACES, () -> own, i * step)).isEmpty();
        }
    }

    @Test
    void ofACrowdThatAppearsAFewAreAsked() {
        final List<Member> peers = peers(200);
        peers.forEach(peer -> syncs.appeared(peer.id().nodeId()));
        assertThat(syncs.isCaughtUp()).isFalse();
        final List<SyncScheduler.Start> starts = syncs.due(peers, PLACES, SyncSchedulerTest::ours, 0);
        assertThat(starts).hasSizeBetween(1, SyncScheduler.APPEARED_SAMPLE);
        starts.forEach(start -> syncs.completed(start.peer().id().nodeId()));
        assertThat(syncs.isCaughtUp()).isTrue();
        int asked = 0;
        for (final Member peer : peers) {
            syncs.appeared(peer.id().nodeId());
            final List<SyncScheduler.Start> one = syncs.due(peers, PLACES, SyncSchedulerTest::ours, 1);
            one.forEach(start -> syncs.completed(start.peer().id().nodeId()));
            asked += one.size();
        }
        assertThat(asked).isBetween(0, 4 * SyncScheduler.APPEARED_SAMPLE);
    }

    @Test
    void onceInAWhileASessionIsDeep() {
        final List<Member> peers = peers(3);
        int deep = 0;
        for (long second = 0; second < 600; second++) {
            for (final SyncScheduler.Start start : syncs.due(peers, PLACES, SyncSchedulerTest::ours, second * SECOND)) {
                deep += start.isDeep() ? 1 : 0;
                syncs.completed(start.peer().id().nodeId());
            }
        }
        assertThat(deep).isBetween(8, 10);
    }

    @Test
    void silentMemberKeepsNobodyFromBeingAskedThoughOnlyOneIsAskedAtATime() {
        final List<Member> peers = peers(3);
        syncs.want("n0");
        syncs.want("n1");
        final Map<String, Long> firstAskedNanos = answering(peers, 1, Set.of("n0"), 60 * SECOND);
        assertThat(firstAskedNanos.get("n0")).isZero();
        assertThat(firstAskedNanos.get("n1")).isEqualTo(CONFIG.sessionTimeoutNanos());
    }

    @Test
    void asManySilentMembersAsPlacesKeepNobodyFromBeingAsked() {
        final List<Member> peers = peers(10);
        peers.forEach(peer -> syncs.want(peer.id().nodeId()));
        final Set<String> silent = peers.subList(0, PLACES).stream()
                .map(peer -> peer.id().nodeId())
                .collect(Collectors.toSet());
        final Map<String, Long> firstAskedNanos = answering(peers, PLACES, silent, 60 * SECOND);
        for (final Member peer : peers.subList(PLACES, 10)) {
            assertThat(firstAskedNanos.get(peer.id().nodeId()))
                    .as(peer.id().nodeId())
                    .isLessThanOrEqualTo(CONFIG.sessionTimeoutNanos() + SECOND);
        }
    }

    @Test
    void forEveryMemberThatStaysSilentAnotherIsAskedBeforeItIsAskedAgain() {
        final List<Member> peers = peers(2 * PLACES);
        final List<Member> silent = peers.subList(0, PLACES);
        silent.forEach(peer -> syncs.want(peer.id().nodeId()));
        assertThat(syncs.due(peers, PLACES, SyncSchedulerTest::ours, 0)).hasSize(silent.size());
        assertThat(syncs.due(peers, PLACES, SyncSchedulerTest::ours, CONFIG.sessionTimeoutNanos()))
                .extracting(SyncScheduler.Start::peer)
                .doesNotContainAnyElementsOf(silent)
                .hasSize(silent.size());
    }

    @Test
    void newNodeAsksOnUntilOneAnswersThatHasEverything() {
        final List<Member> peers = peers(10);
        final Set<String> withEverything = Set.of("n0", "n1", "n2");
        for (int seed = 0; seed < 100; seed++) {
            final SyncScheduler scheduler = new SyncScheduler(CONFIG, new SplittableRandom(seed));
            peers.forEach(peer -> scheduler.appeared(peer.id().nodeId()));
            boolean isAsked = false;
            for (int i = 0; i < peers.size() && !scheduler.isCaughtUp(); i++) {
                for (final SyncScheduler.Start start : scheduler.due(peers, 1, SyncSchedulerTest::ours, i)) {
                    final String nodeId = start.peer().id().nodeId();
                    scheduler.answered(nodeId, !withEverything.contains(nodeId));
                    scheduler.completed(nodeId);
                    isAsked |= withEverything.contains(nodeId);
                }
            }
            assertThat(scheduler.isCaughtUp()).isTrue();
            assertThat(isAsked).as("seed %d", seed).isTrue();
        }
    }

    @Test
    void amongNewNodesThatNothingIsThereCountsOnceEachHasSaidSo() {
        final List<Member> peers = peers(10);
        peers.forEach(peer -> syncs.appeared(peer.id().nodeId()));
        for (int asked = 0; asked < peers.size(); asked++) {
            final List<SyncScheduler.Start> starts = syncs.due(peers, 1, SyncSchedulerTest::ours, asked);
            assertThat(starts).hasSize(1);
            assertThat(syncs.isCaughtUp()).isFalse();
            final String nodeId = starts.get(0).peer().id().nodeId();
            syncs.answered(nodeId, true);
            syncs.completed(nodeId);
        }
        assertThat(syncs.due(peers, 1, SyncSchedulerTest::ours, 10)).isEmpty();
        assertThat(syncs.isCaughtUp()).isTrue();
    }

    @Test
    void memberWhoseAnswerDoesNotHelpIsAskedAgainOnlyAtTheNextInterval() {
        final List<Member> peers = peers(1);
        syncs.appeared("n0");
        assertThat(syncs.due(peers, 1, SyncSchedulerTest::ours, 0)).hasSize(1);
        syncs.answered("n0", false);
        syncs.aborted("n0");
        assertThat(syncs.due(peers, 1, SyncSchedulerTest::ours, 1)).isEmpty();
        assertThat(syncs.isCaughtUp()).isFalse();
        assertThat(syncs.due(peers, 1, SyncSchedulerTest::ours, 2 * CONFIG.syncIntervalNanos()))
                .hasSize(1);
    }

    /** Runs so long, with members that never answer and others that do at once: when each was first asked. */
    private Map<String, Long> answering(
            final List<Member> peers, final int sessionsMax, final Set<String> silent, final long nanos) {
        final Map<String, Long> firstAskedNanos = new TreeMap<>();
        for (long now = 0; now < nanos; now += SECOND / 20) {
            for (final SyncScheduler.Start start : syncs.due(peers, sessionsMax, SyncSchedulerTest::ours, now)) {
                final String nodeId = start.peer().id().nodeId();
                firstAskedNanos.putIfAbsent(nodeId, now);
                if (!silent.contains(nodeId)) {
                    syncs.completed(nodeId);
                }
            }
        }
        return firstAskedNanos;
    }

    private static long ours() {
        return 7;
    }

    private static List<Member> peers(final int count) {
        final List<Member> peers = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            final MemberId id = new MemberId("n" + i, new Origin(i + 1), new Generation(1));
            peers.add(new Member(
                    id, Incarnation.FIRST, MemberState.ALIVE, new Endpoint("10.0.0.1", 7_000 + i), "http://n" + i));
        }
        return peers;
    }
}
