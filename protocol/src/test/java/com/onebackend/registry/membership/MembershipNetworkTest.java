package com.onebackend.registry.membership;

import static com.onebackend.registry.membership.TinyNetwork.MILLI;
import static org.assertj.core.api.Assertions.assertThat;

import com.onebackend.registry.model.Member;
import com.onebackend.registry.model.MemberState;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a few members do together under virtual time. */
final class MembershipNetworkTest {
    private static final long SECOND = 1_000 * MILLI;

    @Test
    void membersFindEachOtherThroughOneSeedWithinOneSecond() {
        for (long seed = 0; seed < 20; seed++) {
            final TinyNetwork network = new TinyNetwork(seed, MembershipConfig.LAN);
            for (int i = 0; i < 7; i++) {
                network.start("n" + i, 1, "n0");
            }
            assertThat(network.runUntil(network::isComplete, SECOND))
                    .as("seed %d", seed)
                    .isNotNegative();
        }
    }

    @Test
    void crashInAGroupOfThreeIsKnownWithinThreeAndAHalfSecondsOnAverage() {
        final int runs = 200;
        long total = 0;
        long worst = 0;
        for (long seed = 0; seed < runs; seed++) {
            final TinyNetwork network = TinyNetwork.joined(seed, 3);
            network.kill("n2");
            final long took = network.runUntil(() -> network.allOthersSee("n2", MemberState.DEAD), 20 * SECOND);
            assertThat(took).as("seed %d", seed).isNotNegative();
            total += took;
            worst = Math.max(worst, took);
        }
        assertThat(total / runs).isLessThan(3_500 * MILLI);
        assertThat(worst).isLessThan(5 * SECOND);
    }

    @Test
    void crashInAGroupOfTenIsConfirmedByOthersAndKnownWithinTenSeconds() {
        for (long seed = 0; seed < 20; seed++) {
            final TinyNetwork network = TinyNetwork.joined(seed, 10);
            network.kill("n4");
            // Without independent confirmations the suspicion alone would last 12 s.
            assertThat(network.runUntil(() -> network.allOthersSee("n4", MemberState.DEAD), 10 * SECOND))
                    .as("seed %d", seed)
                    .isNotNegative();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {3, 5, 8})
    void twentyPercentLossOnDatagramsAndStreamsKillsNobody(final int size) {
        for (long seed = 0; seed < 20; seed++) {
            final TinyNetwork network = TinyNetwork.joined(seed, size);
            network.datagramLoss = 0.2;
            network.streamLoss = 0.2;
            network.run(60 * SECOND);
            assertThat(network.changes)
                    .as("seed %d", seed)
                    .noneMatch(change -> change.after().state() == MemberState.DEAD);
        }
    }

    @Test
    void restartedNodeIsAliveEverywhereInItsNewGenerationWithinOneSecond() {
        for (long seed = 0; seed < 20; seed++) {
            final TinyNetwork network = TinyNetwork.joined(seed, 5);
            network.kill("n3");
            network.run(seed * SECOND / 2);
            network.start("n3", 2, "n0");
            assertThat(network.runUntil(network::isComplete, SECOND))
                    .as("seed %d", seed)
                    .isNotNegative();
        }
    }

    @Test
    void restartedNodeWithoutSeedsIsFoundByThoseWhoKnewIt() {
        final TinyNetwork network = TinyNetwork.joined(1, 4);
        network.kill("n3");
        network.start("n3", 2);
        assertThat(network.runUntil(network::isComplete, 5 * SECOND)).isNotNegative();
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 3, 6, 9})
    void twoHalvesMeetAgainWithinTenSeconds(final int size) {
        for (long seed = 0; seed < 10; seed++) {
            final TinyNetwork network = TinyNetwork.joined(seed, size);
            network.filter = (from, to, lane) -> side(from, size) == side(to, size);
            network.run(60 * SECOND);
            assertThat(network.anyoneDeclared(MemberState.DEAD)).isTrue();
            network.filter = (from, to, lane) -> true;
            assertThat(network.runUntil(network::isComplete, 10 * SECOND))
                    .as("seed %d", seed)
                    .isNotNegative();
        }
    }

    @Test
    void twoClustersThatNeverKnewEachOtherMergeThroughASeed() {
        final TinyNetwork network = new TinyNetwork(7, MembershipConfig.LAN);
        network.filter = (from, to, lane) -> side(from, 6) == side(to, 6);
        for (int i = 0; i < 6; i++) {
            network.start("n" + i, 1, "n0", "n3");
        }
        network.run(20 * SECOND);
        assertThat(network.node("n0").membership.members()).hasSize(3);
        network.filter = (from, to, lane) -> true;
        assertThat(network.runUntil(network::isComplete, 10 * SECOND)).isNotNegative();
    }

    @Test
    void pausedNodeAccusesNobodyAndIsSoonAliveAgain() {
        for (long seed = 0; seed < 20; seed++) {
            final TinyNetwork network = TinyNetwork.joined(seed, 5);
            network.pause("n1");
            network.run((2 + seed) * SECOND);
            network.changes.clear();
            network.resume("n1");
            network.run(10 * SECOND);
            assertThat(network.changes)
                    .as("seed %d", seed)
                    .noneMatch(change -> change.observer().equals("n1")
                            && !change.after().state().isReachable())
                    .noneMatch(change ->
                            change.observer().equals("n1") && change.after().state() == MemberState.SUSPECT);
            assertThat(network.isComplete()).as("seed %d", seed).isTrue();
        }
    }

    @Test
    void pauseOfEveryoneKillsNobody() {
        final TinyNetwork network = TinyNetwork.joined(3, 4);
        network.nodes.keySet().forEach(network::pause);
        network.run(60 * SECOND);
        network.nodes.keySet().forEach(network::resume);
        network.run(30 * SECOND);
        assertThat(network.anyoneDeclared(MemberState.DEAD)).isFalse();
        assertThat(network.isComplete()).isTrue();
    }

    @Test
    void memberThatLeavesIsGoneEverywhereAtOnceAndStaysGone() {
        for (long seed = 0; seed < 10; seed++) {
            final TinyNetwork network = TinyNetwork.joined(seed, 6);
            network.leave("n2");
            assertThat(network.runUntil(() -> network.allOthersSee("n2", MemberState.LEFT), SECOND / 10))
                    .isNotNegative();
            network.run(SECOND);
            network.kill("n2");
            network.run(20 * SECOND);
            assertThat(network.allOthersSee("n2", MemberState.LEFT)).isTrue();
            assertThat(network.anyoneDeclared(MemberState.SUSPECT)).isFalse();
        }
    }

    @Test
    void goodByeReachesEveryoneThroughLossAndACutLink() {
        for (long seed = 0; seed < 10; seed++) {
            final TinyNetwork network = TinyNetwork.joined(seed, 6);
            network.datagramLoss = 0.2;
            network.filter = (from, to, lane) -> !(from.equals("n2") && to.equals("n5"));
            network.leave("n2");
            network.kill("n2");
            assertThat(network.runUntil(() -> network.allOthersSee("n2", MemberState.LEFT), 5 * SECOND))
                    .as("seed %d", seed)
                    .isNotNegative();
        }
    }

    @Test
    void removedMemberNeverReturnsThoughItStillRuns() {
        final TinyNetwork network = TinyNetwork.joined(5, 5);
        final TinyNetwork.Node removed = network.node("n4");
        network.nodes.values().stream()
                .filter(node -> node != removed && !node.name.equals("n3"))
                .forEach(node -> node.membership.forget(
                        "n4", removed.membership.self().id().generation(), network.now, node));
        network.run(3 * SECOND);
        // n3 applies the removal late, and gossips until then.
        final TinyNetwork.Node late = network.node("n3");
        late.membership.forget("n4", removed.membership.self().id().generation(), network.now, late);
        network.run(60 * SECOND);
        assertThat(network.allOthersSee("n4", MemberState.REMOVED)).isTrue();
        assertThat(network.changes)
                .filteredOn(change -> isRevival(change, "n4"))
                .isEmpty();
        network.kill("n4");
        network.start("n4", 2, "n0");
        assertThat(network.runUntil(network::isComplete, SECOND)).isNotNegative();
    }

    @Test
    void falseAccusationIsRefutedEverywhere() {
        final TinyNetwork network = TinyNetwork.joined(11, 5);
        final Member accused = network.node("n1").membership.self().withState(MemberState.SUSPECT);
        final TinyNetwork.Node liar = network.node("n0");
        liar.membership.receive(
                accused.endpoint(),
                network.node("n4").membership.self().id(),
                new SwimMessage.Gossip(List.of(accused)),
                network.now,
                liar);
        assertThat(liar.sees("n1")).isEqualTo(MemberState.SUSPECT);
        assertThat(network.runUntil(() -> incarnationSeen(network, "n1") > 0, SECOND))
                .isNotNegative();
        assertThat(network.runUntil(network::isComplete, SECOND)).isNotNegative();
        assertThat(network.anyoneDeclared(MemberState.DEAD)).isFalse();
        assertThat(network.node("n1").membership.localHealth()).isPositive();
    }

    @Test
    void oneWayLossKeepsBothAlive() {
        survives(network -> network.filter = (from, to, lane) -> !(from.equals("n0") && to.equals("n1")));
    }

    @Test
    void linkCutBothWaysKeepsBothAliveThroughHelpers() {
        final List<String> ends = List.of("n0", "n1");
        survives(network -> network.filter = (from, to, lane) -> !(ends.contains(from) && ends.contains(to)));
    }

    @Test
    void blockedDatagramsKillNobodyWhileStreamsPass() {
        survives(network -> network.filter = (from, to, lane) -> lane == Lane.STREAM);
        survives(network ->
                network.filter = (from, to, lane) -> lane == Lane.STREAM || !(from.equals("n2") || to.equals("n2")));
    }

    @Test
    void quietClusterSendsOneProbePerMemberAndInterval() {
        final TinyNetwork network = TinyNetwork.joined(2, 5);
        network.run(30 * SECOND);
        network.sent = 0;
        network.run(60 * SECOND);
        // 5 members, 120 intervals, a ping and its answer; and each asks one other for its table twice.
        assertThat(network.sent).isBetween(1_150L, 1_260L);
    }

    @Test
    void sameSeedGivesTheSameRun() {
        assertThat(trace(42)).isEqualTo(trace(42));
        assertThat(trace(42)).isNotEqualTo(trace(43));
    }

    private static List<TinyNetwork.Change> trace(final long seed) {
        final TinyNetwork network = TinyNetwork.joined(seed, 6);
        network.datagramLoss = 0.4;
        network.streamLoss = 0.4;
        network.kill("n5");
        network.run(20 * SECOND);
        return network.changes;
    }

    private static void survives(final Consumer<TinyNetwork> damage) {
        for (long seed = 0; seed < 10; seed++) {
            final TinyNetwork network = TinyNetwork.joined(seed, 4);
            damage.accept(network);
            network.run(60 * SECOND);
            assertThat(network.changes)
                    .as("seed %d", seed)
                    .noneMatch(change -> change.after().state() == MemberState.DEAD);
        }
    }

    private static boolean isRevival(final TinyNetwork.Change change, final String name) {
        return change.after().id().nodeId().equals(name)
                && change.before() != null
                && change.before().state() == MemberState.REMOVED;
    }

    private static long incarnationSeen(final TinyNetwork network, final String name) {
        return network.nodes.values().stream()
                .mapToLong(node -> node.membership.member(name).incarnation().value())
                .min()
                .orElse(0);
    }

    private static boolean side(final String name, final int size) {
        return Integer.parseInt(name.substring(1)) < size / 2;
    }
}
