package com.onebackend.registry.membership;

import static com.onebackend.registry.membership.TinyNetwork.MILLI;
import static com.onebackend.registry.membership.TinyNetwork.alive;
import static com.onebackend.registry.membership.TinyNetwork.member;
import static org.assertj.core.api.Assertions.assertThat;

import com.onebackend.registry.model.Endpoint;
import com.onebackend.registry.model.Member;
import com.onebackend.registry.model.MemberState;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

final class ProbeCycleTest implements SwimOutput {
    private static final MembershipConfig CONFIG = MembershipConfig.LAN;
    private static final long T = CONFIG.probeIntervalNanos();

    private final SplittableRandom random = new SplittableRandom(3);
    private final MemberTable table = new MemberTable(alive("me", 1), CONFIG);
    private final LocalHealth health = new LocalHealth();
    private final Suspicions suspicions = new Suspicions(CONFIG);
    private final Paths paths = new Paths();
    private final MembershipCounters counters = new MembershipCounters();
    private final Courier courier =
            new Courier(CONFIG, table, new RumorQueue(), suspicions, health, paths, counters, random);
    private final ProbeCycle probes = new ProbeCycle(CONFIG, table, health, courier, paths, counters, random);
    private final List<SwimMessage> sent = new ArrayList<>();
    private final List<Endpoint> receivers = new ArrayList<>();
    private final List<Lane> lanes = new ArrayList<>();
    private long now;

    @Test
    void everyMemberIsProbedOncePerPass() {
        know("a", "b", "c", "d", "e");
        final List<String> order = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            final SwimMessage.Ping ping = probe();
            order.add(ping.target().nodeId());
            answer(ping);
        }
        // The very first pass may be shorter: members joined while it ran.
        for (int pass = 1; pass < 9; pass++) {
            assertThat(order.subList(pass * 5, pass * 5 + 5)).containsExactlyInAnyOrder("a", "b", "c", "d", "e");
        }
        assertThat(order.subList(5, 10)).isNotEqualTo(order.subList(10, 15));
    }

    @Test
    void onlyReachableMembersAreProbed() {
        know("a", "b", "c");
        table.put(member("a", 1, 0, MemberState.DEAD), now);
        table.put(member("b", 1, 0, MemberState.LEFT), now);
        for (int i = 0; i < 5; i++) {
            assertThat(probe().target().nodeId()).isEqualTo("c");
            probes.drop();
        }
    }

    @Test
    void lateAnswerBringsHelpersAndAStreamPingAtTheSameMoment() {
        know("a", "b", "c", "d", "e");
        final SwimMessage.Ping ping = probe();
        clear();
        probes.tick(now + CONFIG.ackTimeoutNanos() - 1, this);
        assertThat(sent).isEmpty();
        probes.tick(now + CONFIG.ackTimeoutNanos(), this);
        assertThat(sent)
                .filteredOn(one -> one.type() == SwimMessage.Type.INDIRECT_PING)
                .hasSize(3)
                .allSatisfy(one ->
                        assertThat(((SwimMessage.IndirectPing) one).sequence()).isEqualTo(ping.sequence()));
        assertThat(receivers).doesNotHaveDuplicates();
        final int stream = lanes.indexOf(Lane.STREAM);
        final SwimMessage.Ping second = (SwimMessage.Ping) sent.get(stream);
        assertThat(second.target()).isEqualTo(ping.target());
        assertThat(Courier.laneOf(second.sequence())).isEqualTo(Lane.STREAM);
        clear();
        probes.tick(now + T - 1, this);
        assertThat(sent).isEmpty();
        answer(second);
        assertThat(probes.failedAtEnd(now + T)).isNull();
    }

    @Test
    void silentMemberIsNamedAtTheEndOfTheInterval() {
        know("a");
        probe();
        probes.tick(now + CONFIG.ackTimeoutNanos(), this);
        assertThat(probes.failedAtEnd(now + T - 1)).isNull();
        assertThat(probes.failedAtEnd(now + T)).isEqualTo(alive("a", 1));
        assertThat(health.score()).isEqualTo(1);
        assertThat(probes.failedAtEnd(now + T)).isNull();
    }

    @Test
    void nobodyIsNamedBeforeHelpWasAskedAndHadItsTime() {
        know("a", "b");
        probe();
        clear();
        assertThat(probes.failedAtEnd(now + 3 * T)).isNull();
        probes.tick(now + 3 * T, this);
        assertThat(lanes).contains(Lane.STREAM);
        assertThat(sent)
                .filteredOn(one -> one.type() == SwimMessage.Type.INDIRECT_PING)
                .hasSize(1);
        assertThat(probes.failedAtEnd(now + 3 * T + T / 2 - 1)).isNull();
        assertThat(health.score()).isZero();
        assertThat(probes.failedAtEnd(now + 3 * T + T / 2)).isNotNull();
    }

    @Test
    void wrongAnswersProveNothing() {
        know("a");
        final SwimMessage.Ping ping = probe();
        assertThat(probes.answered(ping.sequence() + 2, ping.target(), ping.target(), now))
                .isFalse();
        probes.answered(ping.sequence(), TinyNetwork.id("a", 0), ping.target(), now);
        probes.answered(ping.sequence(), TinyNetwork.id("b", 1), ping.target(), now);
        probes.tick(now + CONFIG.ackTimeoutNanos(), this);
        assertThat(probes.failedAtEnd(now + T)).isEqualTo(alive("a", 1));
    }

    @Test
    void whoRefutedOrWasReplacedMeanwhileIsNotNamed() {
        for (final Member next : List.of(
                member("a", 1, 1, MemberState.ALIVE),
                member("a", 2, 0, MemberState.ALIVE),
                member("a", 2, 0, MemberState.LEFT))) {
            table.put(alive("a", 1), now);
            probes.add("a");
            probe();
            table.put(next, now);
            assertThat(probes.failedAtEnd(now + T)).isNull();
            assertThat(health.score()).isZero();
            probes.remove("a");
        }
    }

    @Test
    void poorHealthStretchesTheIntervalAndSuccessHealsIt() {
        know("a");
        health.worsen();
        health.worsen();
        final SwimMessage.Ping ping = probe();
        assertThat(probes.failedAtEnd(now + 3 * T - 1)).isNull();
        answer(ping);
        answer(ping);
        assertThat(health.score()).isEqualTo(1);
        clear();
        probes.tick(now + 3 * T - 1, this);
        assertThat(sent).isEmpty();
        now += 3 * T;
        assertThat(probe()).isNotNull();
        for (int i = 0; i < 20; i++) {
            health.worsen();
        }
        assertThat(health.score()).isEqualTo(LocalHealth.SCORE_MAX);
    }

    @Test
    void removedMemberIsNeitherProbedNorShiftsTheOthers() {
        know("a", "b", "c", "d");
        probe();
        probes.drop();
        probes.remove("b");
        final List<String> order = new ArrayList<>();
        for (int i = 0; i < 30; i++) {
            order.add(probe().target().nodeId());
            probes.drop();
        }
        assertThat(order).doesNotContain("b").contains("a", "c", "d");
    }

    @Test
    void everyThirtySecondProbeIsAccompaniedByAPaddedPingWithoutRumors() {
        know("a");
        for (int i = 1; i < 32; i++) {
            answer(probe());
        }
        assertThat(sent).hasSize(1);
        probe();
        assertThat(sent).hasSize(2);
        final SwimMessage.Ping small = (SwimMessage.Ping) sent.get(0);
        final SwimMessage.Ping padded = (SwimMessage.Ping) sent.get(1);
        assertThat(small.isPadded()).isFalse();
        assertThat(padded.isPadded()).isTrue();
        assertThat(padded.rumors()).isEmpty();
        assertThat(lanes).containsOnly(Lane.DATAGRAM);
        assertThat(counters.paddedProbes).isEqualTo(1);
    }

    @Test
    void lostPaddedPingAccusesNobodyAndTellsOfThePath() {
        know("a");
        for (int i = 1; i < 32; i++) {
            answer(probe());
        }
        for (int miss = 0; miss < Paths.MISSES_LARGE; miss++) {
            assertThat(paths.isMtuDegraded()).isFalse();
            probe();
            assertThat(sent).as("padded until it is clear").hasSize(2);
            answer((SwimMessage.Ping) sent.get(0));
            probes.tick(now + CONFIG.ackTimeoutNanos(), this);
            assertThat(sent).as("no help is asked for").hasSize(2);
            assertThat(probes.failedAtEnd(now + T)).isNull();
        }
        assertThat(paths.isMtuDegraded()).isTrue();
        assertThat(health.score()).isZero();
    }

    @Test
    void paddedPingAloneProvesLifeToo() {
        know("a");
        for (int i = 1; i < 32; i++) {
            answer(probe());
        }
        probe();
        answer((SwimMessage.Ping) sent.get(1));
        assertThat(probes.failedAtEnd(now + T)).isNull();
        assertThat(counters.probeFailures).isZero();
    }

    @Test
    void answersByStreamOnlyAreCountedAndTellOfThePath() {
        know("a");
        for (int i = 0; i < Paths.MISSES_MEMBER; i++) {
            assertThat(paths.isUdpDegraded("a")).isFalse();
            probe();
            probes.tick(now + CONFIG.ackTimeoutNanos(), this);
            answer((SwimMessage.Ping) sent.get(lanes.indexOf(Lane.STREAM)));
            assertThat(probes.failedAtEnd(now + T)).isNull();
        }
        assertThat(paths.isUdpDegraded("a")).isTrue();
        assertThat(courier.laneTo(table.get("a").id())).isEqualTo(Lane.STREAM);
        assertThat(counters.streamAcks).isEqualTo(3);
    }

    @Test
    void directAnswersMeasureTheRoundTripAndShortenTheWait() {
        know("a", "b");
        for (int i = 0; i < RoundTrips.SAMPLES_MIN; i++) {
            final SwimMessage.Ping ping = probe();
            // A helper's answer, which came a longer way, and a repeated one are not measured.
            probes.answered(ping.sequence(), ping.target(), TinyNetwork.id("helper", 1), now + 90 * MILLI);
            probes.answered(ping.sequence(), ping.target(), ping.target(), now + 30 * MILLI);
            probes.answered(ping.sequence(), ping.target(), ping.target(), now + 300 * MILLI);
        }
        assertThat(probes.roundTrips().p99Nanos()).isEqualTo(30 * MILLI);
        probe();
        clear();
        probes.tick(now + 89 * MILLI, this);
        assertThat(sent).isEmpty();
        probes.tick(now + 90 * MILLI, this);
        assertThat(sent).isNotEmpty();
    }

    @Test
    void bigClusterIsProbedHalfAsOften() {
        for (int i = 0; i < CONFIG.bigClusterMembers() - 1; i++) {
            know("m" + i);
        }
        answer(probe());
        long before = now;
        answer(probe());
        assertThat(now - before).isEqualTo(T);
        know("one-more");
        answer(probe());
        before = now;
        answer(probe());
        assertThat(now - before).isEqualTo(2 * T);
    }

    @Test
    void whereLargeDatagramsAreLostRumorsTravelInSmallOnes() {
        final RumorQueue rumors = new RumorQueue();
        final Courier messenger = new Courier(CONFIG, table, rumors, suspicions, health, paths, counters, random);
        know("a", "b");
        for (int i = 0; i < 6; i++) {
            rumors.offer(alive("member-with-a-long-name-" + "x".repeat(40) + i, 1));
        }
        messenger.ping(Lane.DATAGRAM, table.get("a").id(), table.get("a").endpoint(), this);
        assertThat(rumorBytes()).isBetween(Courier.RUMOR_BYTES_DEGRADED_MAX + 1, Courier.RUMOR_BYTES_MAX);
        for (int i = 0; i < Paths.MISSES_LARGE; i++) {
            paths.ended("a", new Paths.Answers(true, false, false, true, false));
            paths.ended("b", new Paths.Answers(true, false, false, true, true));
        }
        clear();
        messenger.ping(Lane.DATAGRAM, table.get("a").id(), table.get("a").endpoint(), this);
        assertThat(rumorBytes()).isBetween(1, Courier.RUMOR_BYTES_DEGRADED_MAX);
        clear();
        messenger.ping(Lane.DATAGRAM, table.get("b").id(), table.get("b").endpoint(), this);
        assertThat(rumorBytes()).isGreaterThan(Courier.RUMOR_BYTES_DEGRADED_MAX);
    }

    private int rumorBytes() {
        return sent.get(0).rumors().stream()
                .mapToInt(RumorQueue::estimatedBytes)
                .sum();
    }

    private void know(final String... names) {
        for (final String name : names) {
            table.put(alive(name, 1), now);
            probes.add(name);
        }
    }

    private void answer(final SwimMessage.Ping ping) {
        probes.answered(ping.sequence(), ping.target(), ping.target(), now);
    }

    /** Runs to the start of the next probe. */
    private SwimMessage.Ping probe() {
        clear();
        probes.failedAtEnd(now);
        while (sent.stream().noneMatch(one -> one.type() == SwimMessage.Type.PING)) {
            now += MILLI;
            probes.failedAtEnd(now);
            probes.tick(now, this);
        }
        return (SwimMessage.Ping) sent.get(0);
    }

    private void clear() {
        sent.clear();
        receivers.clear();
        lanes.clear();
    }

    @Override
    public void send(final Endpoint to, final Lane lane, final SwimMessage message) {
        sent.add(message);
        receivers.add(to);
        lanes.add(lane);
    }

    @Override
    public void changed(final Member before, final Member after) {
        throw new AssertionError("probing changes nobody");
    }

    @Override
    public void refused(final Member incumbent) {
        throw new AssertionError("probing refuses nobody");
    }
}
