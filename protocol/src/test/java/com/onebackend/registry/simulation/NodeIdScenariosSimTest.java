package com.onebackend.registry.simulation;

import static com.onebackend.registry.simulation.EventQueue.MILLI;
import static com.onebackend.registry.simulation.EventQueue.SECOND;
import static org.assertj.core.api.Assertions.assertThat;

import com.onebackend.registry.membership.MembershipCounters;
import com.onebackend.registry.model.Endpoint;
import com.onebackend.registry.model.MemberState;
import java.util.List;
import java.util.Set;
import java.util.function.ToLongFunction;
import org.junit.jupiter.api.Test;

/** Two processes with one node id: a second one, twins, and copies of a data folder. */
class NodeIdScenariosSimTest {
    private static final Endpoint ELSEWHERE = new Endpoint("10.9.9.9", 7_001);

    @Test
    void me13SecondProcessOfANodeIdIsRefusedInFiveSecondsAndTheFirstNotTouched() {
        for (long seed = 1; seed <= 10; seed++) {
            for (final long generation : new long[] {0, 1, 2}) {
                final MemberCluster cluster = MemberCluster.joined(seed, 5);
                // Old enough that no other process can be taken for the first.
                cluster.run(61 * SECOND);
                final MemberCluster.Peer first = cluster.process("n3");
                final MemberCluster.Peer second = cluster.start("n3", ELSEWHERE, 99, generation);
                assertRefused(cluster, first, second);
            }
        }
    }

    @Test
    void me13SecondProcessIsRefusedThroughLossToo() {
        for (long seed = 1; seed <= 10; seed++) {
            final MemberCluster cluster = MemberCluster.joined(seed, 4);
            cluster.network.faults(NetworkFaults.lossy(0.20));
            final MemberCluster.Peer first = cluster.process("n2");
            final MemberCluster.Peer second = cluster.start("n2", ELSEWHERE, 99, 2);
            assertRefused(cluster, first, second);
        }
    }

    @Test
    void me13OfTwoYoungProcessesExactlyOneStays() {
        for (long seed = 1; seed <= 20; seed++) {
            final MemberCluster cluster = MemberCluster.joined(seed, 4);
            final MemberCluster.Peer one = cluster.start("twin", MemberCluster.endpoint(20), 50, 1);
            cluster.run(seed % 5 * 20 * MILLI);
            final MemberCluster.Peer two = cluster.start("twin", ELSEWHERE, 99, 1);
            cluster.require("one refused", 5 * SECOND, () -> !one.isRunning || !two.isRunning);
            cluster.run(20 * SECOND);
            assertThat(one.isRunning).as("seed %d", seed).isNotEqualTo(two.isRunning);
            assertThat(cluster.isComplete()).as("seed %d", seed).isTrue();
        }
    }

    @Test
    void me13RefusedInOneHalfOfASplitTheFirstIsEverybodysAgainAfterIt() {
        final MemberCluster cluster = MemberCluster.joined(13, 6);
        final MemberCluster.Peer first = cluster.process("n0");
        final Set<Endpoint> side = Set.of(first.at, cluster.process("n1").at, cluster.process("n2").at);
        cluster.network.block((from, to) -> side.contains(from) != side.contains(to));
        cluster.run(5 * SECOND);
        final MemberCluster.Peer second = cluster.start("n0", ELSEWHERE, 99, 2);
        second.act(() -> second.core.join(List.of(MemberCluster.endpoint(4)), second.now(), second));
        cluster.run(20 * SECOND);
        assertThat(cluster.process("n4").sees(second.id, MemberState.ALIVE)).isTrue();
        cluster.network.unblock();
        cluster.require("second refused", 15 * SECOND, () -> second.refusedFor != null);
        cluster.require("first is back", 30 * SECOND, cluster::isComplete);
        assertThat(first.isRunning).isTrue();
        cluster.run(30 * SECOND);
        assertThat(cluster.isComplete()).isTrue();
    }

    @Test
    void me13CopyOfADataFolderStartedInTheOtherHalfOfASplitLeavesOneProcessAfterIt() {
        for (long seed = 1; seed <= 10; seed++) {
            final MemberCluster cluster = MemberCluster.joined(seed, 6);
            final MemberCluster.Peer first = cluster.process("n0");
            cluster.run(61 * SECOND);
            final MemberCluster.Peer copy = copyBeyondASplit(cluster, first);
            cluster.network.unblock();
            cluster.require("first ends", 10 * SECOND, () -> first.refusedFor != null);
            assertThat(first.refusedFor.id()).isEqualTo(copy.id);
            assertThat(first.refusedFor.endpoint()).isEqualTo(copy.at);
            cluster.require("one is left", 30 * SECOND, cluster::isComplete);
            cluster.run(30 * SECOND);
            assertThat(copy.isRunning).isTrue();
            assertThat(cluster.isComplete()).isTrue();
        }
    }

    @Test
    void me13CopyThatIsGoneByTheHealEndsTheFirstWhichComesBackInANewGeneration() {
        final MemberCluster cluster = MemberCluster.joined(131, 6);
        final MemberCluster.Peer first = cluster.process("n0");
        final MemberCluster.Peer copy = copyBeyondASplit(cluster, first);
        copy.kill();
        cluster.run(20 * SECOND);
        cluster.network.unblock();
        cluster.require("first ends", 10 * SECOND, () -> first.refusedFor != null);
        assertThat(first.refusedFor.id()).isEqualTo(copy.id);
        assertThat(first.refusedFor.state()).isEqualTo(MemberState.DEAD);
        final MemberCluster.Peer back =
                cluster.start("n0", first.at, first.id.origin().value(), 3);
        cluster.require("back", 10 * SECOND, () -> cluster.isComplete() && cluster.allSee(back.id, MemberState.ALIVE));
    }

    /** Half of the members take the copy for the node. */
    private static MemberCluster.Peer copyBeyondASplit(final MemberCluster cluster, final MemberCluster.Peer first) {
        final Set<Endpoint> side = Set.of(first.at, cluster.process("n1").at, cluster.process("n2").at);
        cluster.network.block((from, to) -> side.contains(from) != side.contains(to));
        cluster.run(5 * SECOND);
        final MemberCluster.Peer copy =
                cluster.start("n0", ELSEWHERE, first.id.origin().value(), 2);
        copy.act(() -> copy.core.join(List.of(MemberCluster.endpoint(4)), copy.now(), copy));
        cluster.run(20 * SECOND);
        assertThat(cluster.process("n4").sees(copy.id, MemberState.ALIVE)).isTrue();
        assertThat(cluster.process("n1").sees(first.id, MemberState.ALIVE)).isTrue();
        return copy;
    }

    private static void assertRefused(
            final MemberCluster cluster, final MemberCluster.Peer first, final MemberCluster.Peer second) {
        cluster.require("refused", 5 * SECOND, () -> second.refusedFor != null);
        assertThat(second.refusedFor.id()).isEqualTo(first.id);
        assertThat(first.refusedFor).isNull();
        cluster.network.faults(NetworkFaults.NONE);
        cluster.run(20 * SECOND);
        assertThat(first.isRunning).isTrue();
        assertThat(cluster.isComplete()).isTrue();
        assertThat(cluster.falseDeaths).isEmpty();
        assertThat(sum(cluster, MembershipCounters.Snapshot::replacements)).isZero();
    }

    private static long sum(final MemberCluster cluster, final ToLongFunction<MembershipCounters.Snapshot> what) {
        return cluster.running().stream()
                .mapToLong(process -> what.applyAsLong(process.core.membershipCounters()))
                .sum();
    }
}
