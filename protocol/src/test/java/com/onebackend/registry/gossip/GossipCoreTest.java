package com.onebackend.registry.gossip;

import static org.assertj.core.api.Assertions.assertThat;

import com.onebackend.registry.membership.Lane;
import com.onebackend.registry.membership.RefusedClaim;
import com.onebackend.registry.membership.SwimMessage;
import com.onebackend.registry.model.Endpoint;
import com.onebackend.registry.model.Generation;
import com.onebackend.registry.model.Incarnation;
import com.onebackend.registry.model.Member;
import com.onebackend.registry.model.MemberId;
import com.onebackend.registry.model.MemberState;
import com.onebackend.registry.model.NodeReport;
import com.onebackend.registry.model.NodeUsage;
import com.onebackend.registry.model.Origin;
import com.onebackend.registry.model.Part;
import com.onebackend.registry.replication.Digest;
import com.onebackend.registry.replication.LogBatch;
import com.onebackend.registry.replication.LogMessage;
import com.onebackend.registry.wire.WireCodec;
import com.onebackend.registry.wire.WireLimits;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class GossipCoreTest {
    private static final Member SELF = member("self", 1, "http://self");
    private static final Member PEER = member("peer", 2, "http://peer");
    private static final Part TOMBSTONE = new Part.Tombstone();

    private final Recorder out = new Recorder();
    private final GossipCore core = new GossipCore(GossipConfig.LAN, SELF, new SplittableRandom(1));

    @Test
    void writeIsPersistedAtOnceAndPushedOnlyWhenCommitted() {
        meetPeer();
        out.sent.clear();
        final long version = core.write("inst", TOMBSTONE, at(1), out);
        assertThat(out.persisted).hasSize(1);
        assertThat(pushes()).isEmpty();
        core.committed(version, at(2), out);
        assertThat(pushes()).hasSize(1);
        assertThat(pushes().get(0).head()).isEqualTo(version);
    }

    @Test
    void ownEchoChangesNothing() {
        final SwimMessage ping = new SwimMessage.Ping(1, SELF.id(), 0, List.of(PEER));
        core.receive(SELF.endpoint(), new GossipMessage.Swim(SELF.id(), 0, ping), at(1), out);
        assertThat(core.members()).containsExactly(SELF);
        assertThat(core.counters().snapshot().ownEchoes()).isEqualTo(1);
    }

    @Test
    void memberThatAppearsIsSyncedWithAndToldOurReport() {
        core.report(NodeUsage.NONE, List.of(), at(1), out);
        out.sent.clear();
        meetPeer();
        assertThat(out.sent).anyMatch(message -> message instanceof GossipMessage.Report);
        assertThat(out.sent)
                .anyMatch(message -> message instanceof GossipMessage.Log log
                        && log.message().type() == LogMessage.Type.SYNC_PROBE);
    }

    @Test
    void secondProcessOfANodeIdIsToldSoThroughTheEffects() {
        meetPeer();
        final Member first = new Member(
                new MemberId("self", new Origin(77), new Generation(0)),
                Incarnation.FIRST,
                MemberState.ALIVE,
                new Endpoint("first", 7_001),
                "http://first");
        out.sent.clear();
        swim(PEER.id(), new SwimMessage.Refusal(first, List.of()));
        final long sequence = out.sent.stream()
                .map(message -> ((GossipMessage.Swim) message).message())
                .filter(message -> message.type() == SwimMessage.Type.PING)
                .map(message -> ((SwimMessage.Ping) message).sequence())
                .findFirst()
                .orElseThrow();
        assertThat(out.refusedFor).isEmpty();
        swim(first.id(), new SwimMessage.Ack(sequence, first.id(), true, List.of()));
        assertThat(out.refusedFor).containsExactly(first);
    }

    @Test
    void membershipIsCounted() {
        meetPeer();
        swim(PEER.id(), new SwimMessage.Join(member("other", 3, "http://other"), List.of()));
        assertThat(core.membershipCounters().refusedByReason()).containsEntry(RefusedClaim.FOREIGN_JOIN, 1L);
        assertThat(core.membershipCounters().gauges().rumorsQueued()).isPositive();
    }

    @Test
    void reportThatIsNotNewerIsDropped() {
        meetPeer();
        deliverReport(2);
        deliverReport(2);
        deliverReport(1);
        assertThat(out.reports).hasSize(1);
        deliverReport(3);
        assertThat(out.reports).hasSize(2);
    }

    @Test
    void forgottenNodeIsNotListenedTo() {
        meetPeer();
        core.forget("peer", PEER.id().origin(), PEER.id().generation(), at(2), out);
        out.sent.clear();
        final LogMessage request = new LogMessage.SyncRequest(1, core.digest());
        core.receive(PEER.endpoint(), new GossipMessage.Log(PEER.id(), request), at(3), out);
        assertThat(out.sent).isEmpty();
        assertThat(core.counters().snapshot().refusedRemoved()).isEqualTo(1);
        deliverReport(9);
        assertThat(out.reports).isEmpty();
    }

    @Test
    void forgottenNodeStaysForgottenWhenItStartsAgainWithItsFolder() {
        meetPeer();
        core.forget("peer", PEER.id().origin(), PEER.id().generation(), at(2), out);
        out.sent.clear();
        final MemberId later = new MemberId("peer", PEER.id().origin(), new Generation(9));
        final Member again = new Member(later, Incarnation.FIRST, MemberState.ALIVE, PEER.endpoint(), PEER.url());
        core.receive(
                PEER.endpoint(), new GossipMessage.Swim(later, 0, new SwimMessage.Join(again, List.of())), at(3), out);
        // Nor does another member's word bring it back.
        final Member third = member("third", 3, "http://third");
        core.receive(
                third.endpoint(),
                new GossipMessage.Swim(third.id(), 0, new SwimMessage.Join(third, List.of(again))),
                at(4),
                out);
        assertThat(core.members())
                .filteredOn(member -> member.state().isReachable())
                .containsExactly(SELF, third);
    }

    @Test
    void forgottenNodeThatWasNeverMetIsNotAnswered() {
        core.forget("peer", PEER.id().origin(), PEER.id().generation(), at(2), out);
        final LogMessage request = new LogMessage.SyncRequest(1, core.digest());
        core.receive(PEER.endpoint(), new GossipMessage.Log(PEER.id(), request), at(3), out);
        assertThat(out.sent).isEmpty();
        assertThat(core.counters().snapshot().refusedRemoved()).isEqualTo(1);
    }

    @Test
    void emptyFolderOfAForgottenNodeIsWelcome() {
        core.forget("peer", PEER.id().origin(), PEER.id().generation(), at(2), out);
        final MemberId wiped = new MemberId("peer", new Origin(77), new Generation(9));
        final Member fresh = new Member(wiped, Incarnation.FIRST, MemberState.ALIVE, PEER.endpoint(), PEER.url());
        core.receive(
                PEER.endpoint(), new GossipMessage.Swim(wiped, 0, new SwimMessage.Join(fresh, List.of())), at(3), out);
        assertThat(core.members()).contains(fresh);
    }

    @Test
    void caughtUpMeansThatEveryReachableMemberWasAsked() {
        assertThat(core.isCaughtUp()).isFalse();
        meetPeer();
        final Member third = member("third", 3, "http://third");
        core.receive(
                third.endpoint(),
                new GossipMessage.Swim(third.id(), 0, new SwimMessage.Join(third, List.of())),
                at(2),
                out);
        assertThat(sessions())
                .as("one after the other, as long as there is nothing yet")
                .hasSize(1);
        answerEmpty(PEER, sessions().get(0));
        assertThat(core.isCaughtUp()).isFalse();
        assertThat(sessions()).hasSize(2);
        answerEmpty(third, sessions().get(1));
        assertThat(core.isCaughtUp()).isTrue();
    }

    @Test
    void nodeSaysThatItIsLoadingUntilOneWithEverythingAnswered() {
        meetPeer();
        assertThat(statusFor(5).isLoading()).isTrue();
        answerEmpty(PEER, sessions().get(0));
        assertThat(statusFor(6).isLoading()).isFalse();
    }

    @Test
    void nodeIsLoadingWhateverItFindsOnItsDiskUntilItHasHeardWhatItMissed() {
        core.restoreHead(new Digest.Head(PEER.id().origin(), 5, 0, 0));
        core.restored(out);
        assertThat(statusFor(5).isLoading()).isTrue();
        meetPeer();
        answerEmpty(PEER, sessions().get(0));
        assertThat(statusFor(6).isLoading()).isFalse();
    }

    /** What the peer is told that asks whether it lacks something. */
    private LogMessage.SyncStatus statusFor(final long session) {
        final LogMessage probe = new LogMessage.SyncProbe(session, core.digestHash(), false);
        final int before = out.sent.size();
        core.receive(PEER.endpoint(), new GossipMessage.Log(PEER.id(), probe), at(3), out);
        return out.sent.stream()
                .skip(before)
                .map(message -> ((GossipMessage.Log) message).message())
                .filter(LogMessage.SyncStatus.class::isInstance)
                .map(LogMessage.SyncStatus.class::cast)
                .findFirst()
                .orElseThrow();
    }

    @Test
    void sessionIsWantedOfAPeerOnlyWhenItIsAheadInMoreThanAFewLogs() {
        meetPeer();
        answerEmpty(PEER, sessions().get(0));
        requestWithLogsAhead(LogExchange.LACKING_LOGS_MAX);
        assertThat(sessions()).as("what is in a few logs may be on its way").hasSize(1);
        requestWithLogsAhead(LogExchange.LACKING_LOGS_MAX + 1);
        assertThat(sessions()).hasSize(2);
    }

    /** The peer asks, and has so many logs that are not here. */
    private void requestWithLogsAhead(final int count) {
        final List<Digest.Head> heads = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            heads.add(new Digest.Head(new Origin(1_000 + i), 5, 0, 0));
        }
        final LogMessage request = new LogMessage.SyncRequest(count, new Digest(heads));
        core.receive(PEER.endpoint(), new GossipMessage.Log(PEER.id(), request), at(3), out);
    }

    private List<Long> sessions() {
        final List<Long> sessions = new ArrayList<>();
        for (final GossipMessage message : out.sent) {
            if (message instanceof GossipMessage.Log log && log.message() instanceof LogMessage.SyncProbe probe) {
                sessions.add(probe.session());
            }
        }
        return sessions;
    }

    private void answerEmpty(final Member peer, final long session) {
        final LogMessage differs = new LogMessage.SyncStatus(session, LogMessage.SyncStatus.Kind.DIFFERS, false);
        core.receive(peer.endpoint(), new GossipMessage.Log(peer.id(), differs), at(3), out);
        assertThat(core.isCaughtUp()).isFalse();
        final LogMessage chunk = new LogMessage.SyncChunk(session, 0, true, List.of(), List.of());
        core.receive(peer.endpoint(), new GossipMessage.Log(peer.id(), chunk), at(3), out);
    }

    @Test
    void requestThatComesTooSoonIsAnsweredByALaterTick() {
        meetPeer();
        for (long session = 1; session <= 3; session++) {
            final LogMessage request = new LogMessage.SyncRequest(session, core.digest());
            core.receive(PEER.endpoint(), new GossipMessage.Log(PEER.id(), request), at(2), out);
        }
        assertThat(chunks()).containsExactly(1L);
        core.tick(at(50), out);
        assertThat(chunks()).containsExactly(1L);
        core.tick(at(150), out);
        assertThat(chunks()).containsExactly(1L, 3L);
        assertThat(core.counters().snapshot().syncs().delayedRequests()).isEqualTo(2);
    }

    @Test
    void whoAsksForAChunkOfASessionThatIsGoneIsToldSo() {
        meetPeer();
        out.sent.clear();
        final LogMessage next = new LogMessage.SyncNext(7, 1);
        core.receive(PEER.endpoint(), new GossipMessage.Log(PEER.id(), next), at(2), out);
        assertThat(out.sent).contains(new GossipMessage.Log(SELF.id(), new LogMessage.SyncStop(7)));
    }

    @Test
    void restartedMemberIsSyncedWithAtOnceThoughItsLastSessionNeverEnded() {
        meetPeer();
        assertThat(requests()).isEqualTo(1);
        final MemberId next = new MemberId("peer", PEER.id().origin(), new Generation(2));
        final Member restarted = new Member(next, Incarnation.FIRST, MemberState.ALIVE, PEER.endpoint(), PEER.url());
        core.receive(
                PEER.endpoint(),
                new GossipMessage.Swim(next, 0, new SwimMessage.Join(restarted, List.of())),
                at(50),
                out);
        assertThat(requests()).isEqualTo(2);
    }

    @Test
    void datagramsStaySmallHoweverLongTheMembersAre() {
        core.join(List.of(), at(0), out);
        for (int i = 0; i < 60; i++) {
            final int longest = 380;
            final Member big = member("n" + i, 100 + i, "http://" + "x".repeat(i * longest / 60));
            final SwimMessage join = new SwimMessage.Join(big, List.of());
            core.receive(big.endpoint(), new GossipMessage.Swim(big.id(), 0, join), at(i), out);
        }
        // Probes, helpers, suspicions with their accusers, deaths: all of it with full rumor lists.
        for (long millis = 100; millis < 60_000; millis += 50) {
            core.tick(at(millis), out);
        }
        assertThat(out.datagrams).isGreaterThan(500);
        assertThat(out.datagramBytesMost).isBetween(600, WireLimits.DATAGRAM_MESSAGE_BYTES_MAX);
    }

    private void swim(final MemberId sender, final SwimMessage message) {
        core.receive(PEER.endpoint(), new GossipMessage.Swim(sender, 0, message), at(2), out);
    }

    private void meetPeer() {
        final SwimMessage join = new SwimMessage.Join(PEER, List.of());
        core.receive(PEER.endpoint(), new GossipMessage.Swim(PEER.id(), 0, join), at(1), out);
        assertThat(core.members()).contains(PEER);
    }

    private void deliverReport(final long sequence) {
        final NodeReport report = new NodeReport(PEER.id(), sequence, 1, NodeUsage.NONE, List.of());
        core.receive(PEER.endpoint(), new GossipMessage.Report(PEER.id(), report), at(2), out);
    }

    private List<LogMessage.Push> pushes() {
        final List<LogMessage.Push> pushes = new ArrayList<>();
        for (final GossipMessage message : out.sent) {
            if (message instanceof GossipMessage.Log log && log.message() instanceof LogMessage.Push push) {
                pushes.add(push);
            }
        }
        return pushes;
    }

    private List<Long> chunks() {
        final List<Long> sessions = new ArrayList<>();
        for (final GossipMessage message : out.sent) {
            if (message instanceof GossipMessage.Log log && log.message() instanceof LogMessage.SyncChunk chunk) {
                sessions.add(chunk.session());
            }
        }
        return sessions;
    }

    private long requests() {
        return out.sent.stream()
                .filter(message -> message instanceof GossipMessage.Log log
                        && log.message().type() == LogMessage.Type.SYNC_PROBE)
                .count();
    }

    private static Now at(final long millis) {
        return new Now(millis * 1_000_000L, 1_700_000_000_000L + millis);
    }

    private static Member member(final String nodeId, final long origin, final String url) {
        final MemberId id = new MemberId(nodeId, new Origin(origin), new Generation(1));
        return new Member(id, Incarnation.FIRST, MemberState.ALIVE, new Endpoint("10.0.0." + origin, 7_001), url);
    }

    /** Keeps what the core wants done. */
    private static final class Recorder implements Effects {
        private final List<GossipMessage> sent = new ArrayList<>();
        private final List<LogBatch> persisted = new ArrayList<>();
        private final List<NodeReport> reports = new ArrayList<>();
        private final List<Member> refusedFor = new ArrayList<>();
        private int datagrams;
        private int datagramBytesMost;

        @Override
        public void send(final Endpoint to, final Lane lane, final GossipMessage message) {
            sent.add(message);
            if (lane == Lane.DATAGRAM) {
                datagrams++;
                datagramBytesMost = Math.max(datagramBytesMost, WireCodec.encode(message).length);
            }
        }

        @Override
        public void persist(final LogBatch batch, final long ownVersion) {
            persisted.add(batch);
        }

        @Override
        public void sync(final long token) {}

        @Override
        public void instanceChanged(final String instanceId) {
            // Not of interest here.
        }

        @Override
        public void memberChanged(final Member before, final Member after) {
            // Seen through the core's members.
        }

        @Override
        public void reported(final NodeReport report) {
            reports.add(report);
        }

        @Override
        public void refused(final Member incumbent) {
            refusedFor.add(incumbent);
        }
    }
}
