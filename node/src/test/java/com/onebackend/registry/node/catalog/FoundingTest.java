package com.onebackend.registry.node.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.onebackend.registry.api.ClusterInit;
import com.onebackend.registry.api.RegistryException;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Foundings in every disorder: there is never a second cluster, and when it is quiet there is one. */
class FoundingTest {
    private static final String A = "http://a:1";
    private static final String B = "http://b:1";
    private static final String C = "http://c:1";
    private static final List<String> ALL = List.of(A, B, C);
    private static final String FRESH = "11111111-2222-3333-4444-555555555555";

    @Test
    void nodesStartedInAnyOrderAtAnyDelayFoundOneClusterWhateverIsLostAndWhoeverDies() {
        for (long seed = 1; seed <= 2_000; seed++) {
            final SplittableRandom random = new SplittableRandom(seed);
            final BootstrapWorld world = new BootstrapWorld(ALL, seed);
            world.isLossy = true;
            for (int step = 0; step < 60; step++) {
                world.start(ALL.get(random.nextInt(3)));
                world.turn(ALL.get(random.nextInt(3)));
                assertThat(world.clusters())
                        .as("seed %d: %s", seed, world.trace)
                        .hasSizeLessThanOrEqualTo(1);
            }
            settle(world, seed);
        }
    }

    /** Who is missing has at most promised; one that founds alone meanwhile is the risk that the operator takes. */
    @Test
    void operatorsWhoForceAFoundingAnywhereAtAnyTimeNeverMakeTwoOfNodesThatReachEachOther() {
        int forced = 0;
        for (long seed = 1; seed <= 2_000; seed++) {
            final SplittableRandom random = new SplittableRandom(seed);
            final BootstrapWorld world = new BootstrapWorld(ALL, seed);
            world.isForced = true;
            for (int step = 0; step < 60; step++) {
                world.start(ALL.get(random.nextInt(3)));
                world.turn(ALL.get(random.nextInt(3)));
                if (world.nodes.size() == 3 && world.force(ALL.get(random.nextInt(3)))) {
                    forced++;
                }
                assertThat(world.clusters())
                        .as("seed %d: %s", seed, world.trace)
                        .hasSizeLessThanOrEqualTo(1);
            }
            settle(world, seed);
        }
        assertThat(forced).as("foundings by force that came to their end").isGreaterThan(100);
    }

    @Test
    void missingSeedBlocksTheFoundingIsNamedAndJoinsTheForcedOneWhenItComes() {
        final BootstrapWorld world = waitingForC();
        assertThat(world.clusters()).isEmpty();
        assertThat(bootstrap(world, A).round().message()).contains(C).contains("oo cluster init --force");

        final ClusterInit plan = bootstrap(world, A).force("");
        assertThat(plan.isDone()).isFalse();
        assertThat(plan.founders()).containsExactly(A, B);
        assertThat(plan.missing()).containsExactly(C);
        assertThat(world.nodes.get(A).saved.promise())
                .as("asking changes nothing")
                .isEmpty();

        assertThat(world.force(B)).isTrue();
        world.start(C);
        rounds(world, 3);
        assertThat(world.clusters())
                .hasSize(1)
                .isEqualTo(java.util.Set.of(world.nodes.get(B).saved.clusterId()));
        assertThat(world.isEverybodyMember()).isTrue();
    }

    @Test
    void forcedFoundingNeverTakesTheIdThatTheMissingSeedMayHaveFounded() {
        final BootstrapWorld world = new BootstrapWorld(ALL, 1);
        world.quiet();
        ALL.forEach(world::start);
        final String promised = ClusterIds.together("main", List.of("a:1", "b:1", "c:1"));
        world.nodes.get(B).answers.promise(promised, "a:1");
        world.nodes.get(C).answers.promise(promised, "a:1");
        world.nodes.get(A).answers.founded(promised);
        world.cut.add(A);
        assertThat(world.force(B)).isTrue();
        assertThat(world.nodes.get(B).saved.clusterId()).isNotEqualTo(promised);
        world.turn(C);
        assertThat(world.nodes.get(C).saved.clusterId())
                .isEqualTo(world.nodes.get(B).saved.clusterId());
        world.cut.clear();
        final BootstrapDecision met = bootstrap(world, A).round();
        assertThat(met.kind()).isEqualTo(BootstrapDecision.Kind.REFUSE);
        assertThat(met.message()).contains(promised).contains("never merge");
        assertThat(bootstrap(world, B).round().kind()).isEqualTo(BootstrapDecision.Kind.REFUSE);
    }

    @Test
    void peerThatWasOnlySlowIsNoMissingOne() {
        final BootstrapWorld world = waitingForC();
        final BootstrapWorld.Node a = world.nodes.get(A);
        // It starts when everybody else has promised.
        final BootstrapPeers lateC = new BootstrapPeers() {
            @Override
            public Answer ask(final String url) throws java.io.IOException {
                return a.ask(url);
            }

            @Override
            public boolean promise(final String url, final String id, final String by) throws java.io.IOException {
                return a.promise(url, id, by);
            }

            @Override
            public boolean promiseByForce(final String url, final String id, final String by)
                    throws java.io.IOException {
                world.start(C);
                return a.promiseByForce(url, id, by);
            }
        };
        final Bootstrap bootstrap =
                new Bootstrap("main", Seeds.of(A, ALL), lateC, a.answers, id -> true, waiting -> {});
        assertThatThrownBy(() -> bootstrap.force(FRESH)).hasMessageContaining(C + " answers again");
        rounds(world, 3);
        assertThat(world.clusters()).hasSize(1).doesNotContain(FRESH);
    }

    @Test
    void forceIsRefusedWhereAnybodyWhoAnswersBelongsToACluster() {
        final BootstrapWorld world = waitingForC();
        world.nodes.get(B).answers.belongsTo("X");
        assertThatThrownBy(() -> bootstrap(world, A).force(FRESH))
                .isInstanceOf(RegistryException.class)
                .hasMessageContaining(B)
                .hasMessageContaining("joins it by itself");
        assertThatThrownBy(() -> bootstrap(world, B).force(FRESH)).hasMessageContaining("belongs to cluster X");
        assertThat(world.nodes.get(A).saved.promise()).isEmpty();
    }

    @Test
    void forcedPromiseGivesWayToAFoundingThatAllTakePartIn() {
        final BootstrapWorld world = waitingForC();
        assertThat(world.nodes.get(A).answers.promiseByForce(FRESH, "b:1")).isTrue();
        assertThat(world.nodes.get(B).answers.promiseByForce(FRESH, "b:1")).isTrue();
        // The operator's node has died before it founded anything, and the missing one is back.
        world.start(C);
        rounds(world, 3);
        assertThat(world.clusters()).hasSize(1).doesNotContain(FRESH);
        assertThat(world.isEverybodyMember()).isTrue();
    }

    @Test
    void nodeThatFoundsPromisesNothingAnyMore() {
        final BootstrapWorld world = waitingForC();
        final BootstrapAnswers a = world.nodes.get(A).answers;
        assertThat(a.promise("X", "a:1")).isTrue();
        assertThat(a.beginsFounding("Y")).isFalse();
        assertThat(a.beginsFounding("X")).isTrue();
        assertThat(a.promise("X", "a:1")).isFalse();
        assertThat(a.promiseByForce(FRESH, "b:1")).isFalse();
    }

    /** A founder that dies between the last promise and the first write founds the same cluster at its next try. */
    @Test
    void founderThatDiesBeforeItsFirstWriteFoundsTheSameCluster() {
        final BootstrapWorld world = new BootstrapWorld(ALL, 1);
        world.quiet();
        ALL.forEach(world::start);
        final BootstrapDecision first = bootstrap(world, A).round();
        assertThat(first.kind()).isEqualTo(BootstrapDecision.Kind.FOUND);
        assertThat(world.nodes.values()).allMatch(node -> node.saved.promise().equals(first.clusterId()));
        ALL.forEach(world::start);
        assertThat(bootstrap(world, A).round()).isEqualTo(first);
        ALL.forEach(world::start);
        rounds(world, 3);
        assertThat(world.clusters()).containsExactly(first.clusterId());
    }

    private static BootstrapWorld waitingForC() {
        final BootstrapWorld world = new BootstrapWorld(ALL, 1);
        world.quiet();
        world.start(A);
        world.start(B);
        rounds(world, 3);
        return world;
    }

    private static Bootstrap bootstrap(final BootstrapWorld world, final String url) {
        final BootstrapWorld.Node node = world.nodes.get(url);
        return new Bootstrap("main", Seeds.of(url, ALL), node, node.answers, id -> true, waiting -> {});
    }

    private static void rounds(final BootstrapWorld world, final int count) {
        for (int round = 0; round < count; round++) {
            ALL.forEach(world::turn);
        }
    }

    private static void settle(final BootstrapWorld world, final long seed) {
        world.quiet();
        ALL.forEach(world::start);
        rounds(world, 4);
        assertThat(world.clusters()).as("seed %d: %s", seed, world.trace).hasSize(1);
        assertThat(world.isEverybodyMember())
                .as("seed %d: %s", seed, world.trace)
                .isTrue();
    }
}
