package com.onebackend.registry.simulation;

import static com.onebackend.registry.simulation.EventQueue.MILLI;
import static com.onebackend.registry.simulation.EventQueue.SECOND;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.InvalidProtocolBufferException;
import com.onebackend.registry.gossip.GossipMessage;
import com.onebackend.registry.membership.MembershipCounters;
import com.onebackend.registry.membership.RefusedClaim;
import com.onebackend.registry.membership.SwimMessage;
import com.onebackend.registry.model.Endpoint;
import com.onebackend.registry.model.Generation;
import com.onebackend.registry.model.Incarnation;
import com.onebackend.registry.model.Member;
import com.onebackend.registry.model.MemberId;
import com.onebackend.registry.model.MemberState;
import com.onebackend.registry.model.Origin;
import com.onebackend.registry.wire.WireCodec;
import com.onebackend.registry.wire.WireException;
import com.onebackend.registry.wire.v1.GossipMsg;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.ToLongFunction;
import org.junit.jupiter.api.Test;

/** The fault scenarios of membership, by the ids of the reliability brief, with the bounds it sets. */
class MembershipScenariosSimTest {
    private static final Endpoint ELSEWHERE = new Endpoint("10.9.9.9", 7_001);

    @Test
    void me01CrashIsKnownToAllInTime() {
        assertCrashIsKnown(3, 20, 3_500 * MILLI);
        assertCrashIsKnown(5, 20, 3_500 * MILLI);
        assertCrashIsKnown(30, 6, 4_500 * MILLI);
    }

    @Test
    void me02StoppedForTwentySecondsAccusesNobodyAndIsAliveAgainInTwo() {
        final MemberCluster cluster = MemberCluster.joined(2, 5);
        final MemberCluster.Peer stopped = cluster.process("n2");
        stopped.pause();
        cluster.run(20 * SECOND);
        assertThat(cluster.allSee(stopped.id, MemberState.DEAD)).isTrue();
        stopped.resume();
        cluster.require("alive again", 2 * SECOND, () -> cluster.allSee(stopped.id, MemberState.ALIVE));
        cluster.run(20 * SECOND);
        assertThat(stopped.verdicts).isZero();
        assertThat(stopped.core.membershipCounters().pauses()).isEqualTo(1);
        assertThat(cluster.isComplete()).isTrue();
    }

    @Test
    void me03ShortPausesKillNobody() {
        final MemberCluster cluster = MemberCluster.joined(3, 5);
        for (int i = 0; i < 50; i++) {
            final MemberCluster.Peer stopped = cluster.process("n" + i * 7 % 5);
            stopped.pause();
            cluster.run(2 * SECOND);
            stopped.resume();
            cluster.run(SECOND);
        }
        assertThat(cluster.running())
                .allSatisfy(process -> assertThat(process.verdicts).isZero());
    }

    @Test
    void me04TwentyPercentLossKillsNobodyAndSuspicionsAreRefuted() {
        final MemberCluster cluster = MemberCluster.joined(4, 5);
        cluster.network.faults(NetworkFaults.lossy(0.20));
        cluster.run(600 * SECOND);
        assertThat(cluster.falseDeaths).isEmpty();
        cluster.network.faults(NetworkFaults.NONE);
        cluster.require("all well", 10 * SECOND, cluster::isComplete);
        assertThat(sum(cluster, MembershipCounters.Snapshot::deathsDeclared)).isZero();
        // The last probe is by stream, so the loss of datagrams alone makes nobody suspected. Where streams break, too:
        cluster.network.faults(NetworkFaults.lossy(0.50).withStreamBreak(0.50));
        cluster.require(
                "refuted", 600 * SECOND, () -> sum(cluster, MembershipCounters.Snapshot::suspicionsRefuted) > 10);
        cluster.network.faults(NetworkFaults.NONE);
        cluster.require("all well again", 20 * SECOND, cluster::isComplete);
    }

    @Test
    void me05ThirtyPercentLossAroundOneMemberKillsNobody() {
        final MemberCluster cluster = MemberCluster.joined(5, 5);
        final Endpoint bad = cluster.process("n3").at;
        final SplittableRandom dice = new SplittableRandom(5);
        cluster.network.loseDatagrams(
                (from, to, bytes) -> (from.equals(bad) || to.equals(bad)) && dice.nextDouble() < 0.30);
        cluster.run(600 * SECOND);
        assertThat(cluster.falseDeaths).isEmpty();
    }

    @Test
    void me06OneWayLossKeepsBothAlive() {
        final MemberCluster cluster = MemberCluster.joined(6, 4);
        final Endpoint a = cluster.process("n0").at;
        final Endpoint b = cluster.process("n1").at;
        cluster.network.block((from, to) -> from.equals(a) && to.equals(b));
        cluster.run(120 * SECOND);
        assertThat(cluster.falseDeaths).isEmpty();
    }

    @Test
    void me07BlockedDatagramsAreNoticedInTenSecondsAndKillNobody() {
        final MemberCluster cluster = MemberCluster.joined(7, 5);
        cluster.network.loseDatagrams((from, to, bytes) -> true);
        cluster.require(
                "noticed by all",
                10 * SECOND,
                () -> cluster.running().stream()
                        .allMatch(process -> gauges(process).isUdpDegraded()
                                && gauges(process).udpDegradedMembers() == 4));
        cluster.run(60 * SECOND);
        assertThat(cluster.isComplete()).isTrue();
        assertThat(cluster.falseDeaths).isEmpty();
        assertThat(sum(cluster, MembershipCounters.Snapshot::streamAcks)).isPositive();
        final MemberCluster.Peer victim = cluster.process("n4");
        victim.kill();
        cluster.require("crash known by stream", 15 * SECOND, () -> cluster.allSee(victim.id, MemberState.DEAD));
        cluster.network.loseDatagrams((from, to, bytes) -> false);
        cluster.require(
                "cleared",
                10 * SECOND,
                () -> cluster.running().stream()
                        .noneMatch(process -> gauges(process).isUdpDegraded()
                                || gauges(process).udpDegradedMembers() > 0));
    }

    @Test
    void me07OneMemberWithBlockedDatagramsIsNamedByTheOthers() {
        final MemberCluster cluster = MemberCluster.joined(77, 4);
        final MemberCluster.Peer blocked = cluster.process("n3");
        cluster.network.loseDatagrams((from, to, bytes) -> from.equals(blocked.at) || to.equals(blocked.at));
        cluster.require(
                "noticed",
                10 * SECOND,
                () -> cluster.running().stream()
                        .allMatch(process -> process == blocked
                                ? gauges(process).isUdpDegraded()
                                : gauges(process).udpDegradedMembers() == 1
                                        && !gauges(process).isUdpDegraded()));
        assertThat(cluster.falseDeaths).isEmpty();
    }

    @Test
    void me08PathThatSwallowsLargeDatagramsIsNoticedInAMinuteAndKillsNobody() {
        final MemberCluster cluster = MemberCluster.joined(8, 5);
        cluster.run(60 * SECOND);
        assertThat(cluster.running()).noneMatch(process -> gauges(process).isMtuDegraded());
        cluster.network.loseDatagrams((from, to, bytes) -> bytes > 1_000);
        cluster.require(
                "noticed by all",
                60 * SECOND,
                () -> cluster.running().stream()
                        .allMatch(process -> gauges(process).isMtuDegraded()));
        cluster.run(60 * SECOND);
        assertThat(cluster.isComplete()).isTrue();
        assertThat(cluster.falseDeaths).isEmpty();
        assertThat(sum(cluster, MembershipCounters.Snapshot::suspicions)).isZero();
        cluster.network.loseDatagrams((from, to, bytes) -> false);
        cluster.require(
                "cleared",
                30 * SECOND,
                () -> cluster.running().stream()
                        .noneMatch(process -> gauges(process).isMtuDegraded()));
    }

    /** A twentieth of a processor: stopped for most of every tenth of a second, or of every two seconds. */
    @Test
    void me09NodeWithATwentiethOfAProcessorKillsNobody() {
        for (final long periodNanos : new long[] {100 * MILLI, 2 * SECOND}) {
            final MemberCluster cluster = MemberCluster.joined(9, 5);
            final MemberCluster.Peer sick = cluster.process("n2");
            for (long spent = 0; spent < 120 * SECOND; spent += periodNanos) {
                sick.pause();
                cluster.run(periodNanos * 19 / 20);
                sick.resume();
                cluster.run(periodNanos / 20);
            }
            // The sick one may be declared dead. It declares nobody dead, and the others not each other.
            assertThat(sick.verdicts).isZero();
            assertThat(cluster.running())
                    .filteredOn(process -> process != sick)
                    .allSatisfy(process -> assertThat(process.beliefs.values())
                            .filteredOn(member -> !member.id().equals(sick.id))
                            .allSatisfy(member -> assertThat(member.state()).isEqualTo(MemberState.ALIVE)));
            assertThat(cluster.falseDeaths).allMatch(verdict -> verdict.contains("nodeId=n2"));
            cluster.require("all well", 10 * SECOND, cluster::isComplete);
        }
    }

    @Test
    void me10TwentyRestartsOfAllThirtyAtOnceAreOverInTenSecondsEach() {
        final MemberCluster cluster = MemberCluster.joined(10, 30);
        for (int round = 2; round <= 21; round++) {
            List.copyOf(cluster.running()).forEach(MemberCluster.Peer::kill);
            cluster.run(SECOND);
            for (int i = 0; i < 30; i++) {
                cluster.start("n" + i, MemberCluster.endpoint(i), i + 1, round);
            }
            cluster.require("all see all", 10 * SECOND, cluster::isComplete);
            cluster.run(SECOND);
        }
        assertThat(cluster.falseDeaths).isEmpty();
    }

    @Test
    void me11NodeThatReturnsElsewhereIsUsableInThreeSeconds() {
        for (long seed = 1; seed <= 5; seed++) {
            assertReturns(seed, 3, 2, ELSEWHERE);
            assertReturns(seed, 3, 2, MemberCluster.endpoint(3));
        }
    }

    @Test
    void me11NodeThatReturnsWithAnEmptyDiskIsUsableInThreeSeconds() {
        for (long seed = 1; seed <= 5; seed++) {
            assertReturns(seed, 99, 2, ELSEWHERE);
            assertReturns(seed, 99, 2, MemberCluster.endpoint(3));
        }
    }

    @Test
    void me11NodeWhoseDiskAndClockAreLostReturnsOnceItsLastProcessIsKnownToBeDead() {
        final MemberCluster cluster = MemberCluster.joined(111, 5);
        final MemberCluster.Peer old = cluster.process("n3");
        old.kill();
        final MemberCluster.Peer back = cluster.start("n3", ELSEWHERE, 99, 0);
        cluster.require("back", 10 * SECOND, () -> cluster.allSee(back.id, MemberState.ALIVE));
        cluster.run(20 * SECOND);
        assertThat(cluster.isComplete()).isTrue();
        assertThat(back.isRunning).isTrue();
    }

    @Test
    void me12NewNodeAtTheAddressOfADeadOneIsNotMixedUpWithIt() {
        final MemberCluster cluster = MemberCluster.joined(12, 5);
        final MemberCluster.Peer dead = cluster.process("n4");
        dead.kill();
        final MemberCluster.Peer fresh = cluster.start("other", dead.at, 77, 1);
        cluster.require("new one alive", 3 * SECOND, () -> cluster.allSee(fresh.id, MemberState.ALIVE));
        cluster.require("old one dead", 10 * SECOND, () -> cluster.allSee(dead.id, MemberState.DEAD));
        cluster.run(60 * SECOND);
        assertThat(cluster.allSee(fresh.id, MemberState.ALIVE)).isTrue();
        assertThat(cluster.allSee(dead.id, MemberState.DEAD)).isTrue();
        assertThat(cluster.falseDeaths).isEmpty();
    }

    @Test
    void me14ForgedWordsAreCountedAndReplayedOnesChangeNothing() {
        final MemberCluster cluster = MemberCluster.joined(14, 5);
        final MemberCluster.Peer target = cluster.process("n0");
        final MemberCluster.Peer liar = cluster.process("n4");
        final MemberCluster.Peer accused = cluster.process("n2");
        final Member truth = accused.core.self();
        final Member past = new Member(
                new MemberId("n2", truth.id().origin(), new Generation(0)),
                new Incarnation(900),
                MemberState.DEAD,
                truth.endpoint(),
                truth.url());
        for (final Member forged : List.of(
                truth.with(new Incarnation(Long.MAX_VALUE), MemberState.SUSPECT),
                truth.with(new Incarnation(5_000_000), MemberState.SUSPECT),
                truth.withState(MemberState.REMOVED),
                past)) {
            target.receive(liar, swim(liar, new SwimMessage.Gossip(List.of(forged))));
            accused.receive(liar, swim(liar, new SwimMessage.Gossip(List.of(forged))));
        }
        assertThat(target.sees(truth.id(), MemberState.ALIVE)).isTrue();
        assertThat(accused.core.self().incarnation()).isEqualTo(truth.incarnation());
        // Not four: what was once true of an earlier process is no forgery. Honest members repeat such things, too.
        assertThat(refused(target, RefusedClaim.UNBELIEVABLE)).isEqualTo(3);
        assertThat(refused(accused, RefusedClaim.UNBELIEVABLE)).isEqualTo(3);
        cluster.run(30 * SECOND);
        assertThat(cluster.isComplete()).isTrue();
        assertThat(cluster.falseDeaths).isEmpty();
    }

    @Test
    void me14IncarnationOfSixtyFourOnesDoesNotEvenDecode() throws InvalidProtocolBufferException {
        final MemberCluster cluster = MemberCluster.joined(14, 3);
        final MemberCluster.Peer liar = cluster.process("n2");
        final Member suspect = cluster.process("n0").core.self().withState(MemberState.SUSPECT);
        final GossipMsg.Builder forged =
                GossipMsg.parseFrom(WireCodec.encode(swim(liar, new SwimMessage.Gossip(List.of(suspect))))).toBuilder();
        forged.getSwimBuilder().getRumorsBuilder(0).setIncarnation(-1L);
        final byte[] bytes = forged.build().toByteArray();
        assertThatThrownBy(() -> WireCodec.decode(bytes))
                .isInstanceOf(WireException.class)
                .hasMessageContaining("incarnation");
    }

    @Test
    void me15HalvesApartForADayMergeInTenSeconds() {
        final MemberCluster cluster = MemberCluster.joined(15, 5);
        final Set<Endpoint> side = Set.of(cluster.process("n0").at, cluster.process("n3").at);
        cluster.network.block((from, to) -> side.contains(from) != side.contains(to));
        cluster.run(24 * 3_600 * SECOND);
        assertThat(cluster.process("n0").beliefs.get("n1").state()).isEqualTo(MemberState.DEAD);
        cluster.network.unblock();
        cluster.require("merged", 10 * SECOND, cluster::isComplete);
    }

    @Test
    void me15NobodyIsBelievedDeadBecauseTheOtherHalfBelievedIt() {
        for (long seed = 1; seed <= 10; seed++) {
            final MemberCluster cluster = MemberCluster.joined(seed, 20);
            final Set<Endpoint> side = new HashSet<>();
            for (int i = 0; i < 10; i++) {
                side.add(cluster.process("n" + i).at);
            }
            cluster.network.block((from, to) -> side.contains(from) != side.contains(to));
            cluster.run(60 * SECOND);
            cluster.falseDeaths.clear();
            cluster.network.unblock();
            cluster.require("merged", 10 * SECOND, cluster::isComplete);
            cluster.run(5 * SECOND);
            assertThat(cluster.falseDeaths).as("seed %d", seed).isEmpty();
            assertThat(cluster.isComplete()).as("seed %d", seed).isTrue();
        }
    }

    @Test
    void me16JoinersThatLeaveDoNotPileUp() {
        final MemberCluster cluster = MemberCluster.joined(16, 3);
        final MemberCluster.Peer observer = cluster.process("n1");
        for (int i = 0; i < 10_000; i++) {
            final MemberId id = new MemberId("guest" + i, new Origin(1_000 + i), new Generation(1));
            final Member guest =
                    new Member(id, Incarnation.FIRST, MemberState.ALIVE, ELSEWHERE, "http://10.9.9.9:58231");
            observer.core.receive(
                    ELSEWHERE, swim(id, new SwimMessage.Join(guest, List.of())), observer.now(), observer);
            observer.core.receive(
                    ELSEWHERE,
                    swim(id, new SwimMessage.Gossip(List.of(guest.withState(MemberState.LEFT)))),
                    observer.now(),
                    observer);
            observer.forgetOutput();
            if (i % 8 == 0) {
                cluster.run(20 * MILLI);
            }
        }
        cluster.run(60 * SECOND);
        assertThat(cluster.running()).allSatisfy(process -> {
            assertThat(process.core.members().size()).isLessThanOrEqualTo(3 + 1_024);
            assertThat(gauges(process).rumorsQueued()).isLessThanOrEqualTo(256);
        });
        assertThat(observer.core.membershipCounters().letGo()).isGreaterThan(8_000);
        assertThat(cluster.isComplete()).isTrue();
    }

    private static void assertCrashIsKnown(final int nodes, final int seeds, final long meanNanos) {
        final List<Long> took = new ArrayList<>();
        for (long seed = 1; seed <= seeds; seed++) {
            final MemberCluster cluster = MemberCluster.joined(seed, nodes);
            final MemberCluster.Peer victim = cluster.process("n" + seed % nodes);
            victim.kill();
            took.add(cluster.require("known", 20 * SECOND, () -> cluster.allSee(victim.id, MemberState.DEAD)));
            assertThat(cluster.falseDeaths).isEmpty();
        }
        assertThat(Summary.mean(took)).as("mean of %d members", nodes).isLessThanOrEqualTo((double) meanNanos);
        assertThat(Collections.max(took)).as("most of %d members", nodes).isLessThanOrEqualTo(6 * SECOND);
    }

    /** Killed, and at once another process of the same node. */
    private static void assertReturns(final long seed, final long origin, final long generation, final Endpoint at) {
        final MemberCluster cluster = MemberCluster.joined(seed, 5);
        cluster.process("n3").kill();
        final MemberCluster.Peer back =
                cluster.start("n3", at, origin == 3 ? cluster.originOf("n3") : origin, generation);
        cluster.require("usable", 3 * SECOND, () -> cluster.allSee(back.id, MemberState.ALIVE));
        cluster.run(30 * SECOND);
        assertThat(back.isRunning).isTrue();
        assertThat(cluster.isComplete()).isTrue();
        assertThat(cluster.falseDeaths).isEmpty();
    }

    private static GossipMessage swim(final MemberCluster.Peer sender, final SwimMessage message) {
        return swim(sender.id, message);
    }

    private static GossipMessage swim(final MemberId sender, final SwimMessage message) {
        return new GossipMessage.Swim(sender, 0, message);
    }

    private static MembershipCounters.Gauges gauges(final MemberCluster.Peer process) {
        return process.core.membershipCounters().gauges();
    }

    private static long refused(final MemberCluster.Peer process, final RefusedClaim reason) {
        return process.core.membershipCounters().refusedByReason().get(reason);
    }

    private static long sum(final MemberCluster cluster, final ToLongFunction<MembershipCounters.Snapshot> what) {
        return cluster.running().stream()
                .mapToLong(process -> what.applyAsLong(process.core.membershipCounters()))
                .sum();
    }
}
