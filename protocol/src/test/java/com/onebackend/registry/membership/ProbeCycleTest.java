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
        assertThat(probes.failedAtEnd(now + T - 1)).isNull();
        assertThat(probes.failedAtEnd(now + T)).isEqualTo(alive("a", 1));
        assertThat(health.score()).isEqualTo(1);
        assertThat(probes.failedAtEnd(now + T)).isNull();
    }

    @Test
    void wrongAnswersProveNothing() {
        know("a");
        final SwimMessage.Ping ping = probe();
        assertThat(probes.answered(ping.sequence() + 2, ping.target(), ping.target(), now))
                .isFalse();
        probes.answered(ping.sequence(), TinyNetwork.id("a", 0), ping.target(), now);
        probes.answered(ping.sequence(), TinyNetwork.id("b", 1), ping.target(), now);
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
        return (SwimMessage.Ping) sent.get(sent.size() - 1);
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
