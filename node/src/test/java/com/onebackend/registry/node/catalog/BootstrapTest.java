package com.onebackend.registry.node.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import com.onebackend.registry.model.Generation;
import com.onebackend.registry.model.Origin;
import com.onebackend.registry.node.catalog.BootstrapDecision.Kind;
import com.onebackend.registry.node.catalog.BootstrapPeers.Answer;
import com.onebackend.registry.storage.IdentityStore;
import com.onebackend.registry.storage.NodeIdentity;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** The decision row by row, and foundings with crashes at every step: at most one cluster, and in the end one. */
class BootstrapTest {
    private static final String A = "http://a:1";
    private static final String B = "http://b:1";
    private static final String C = "http://c:1";
    private static final List<String> ALL = List.of(A, B, C);

    private static NodeIdentity identity(final String id, final String cluster, final boolean voter, final String p) {
        return new NodeIdentity(id, new Origin(id.hashCode()), new Generation(1), cluster, voter, p, "");
    }

    private static NodeIdentity fresh(final String id) {
        return identity(id, "", false, "");
    }

    private static Answer answer(final String id, final String cluster, final List<String> seeds) {
        return new Answer(id, new Origin(id.hashCode() * 31L), 2, cluster, seeds, List.of(), "");
    }

    private static BootstrapDecision decide(
            final NodeIdentity identity, final boolean raft, final Seeds seeds, final Map<String, Answer> answers) {
        final Answer own =
                new Answer(identity.nodeId(), identity.origin(), 1, identity.clusterId(), ALL, List.of(), "");
        return BootstrapDecision.decide("main", identity, own, raft, seeds, answers);
    }

    @Test
    void secondNodeOfARunningIdIsRefusedWhetherItJoinsOrRestarts() {
        for (final NodeIdentity twin : List.of(fresh("a"), identity("a", "X", true, ""))) {
            final BootstrapDecision decision =
                    decide(twin, true, Seeds.of("http://d:1", ALL), Map.of(A, answer("a", "X", ALL)));
            assertThat(decision.kind()).isEqualTo(Kind.REFUSE);
            assertThat(decision.message()).contains(A).contains("OB_NODE_ID");
        }
    }

    @Test
    void copyOfARunningNodesFolderIsRefusedWhetherItHasJoinedOrNot() {
        for (final NodeIdentity copied : List.of(fresh("a"), identity("a", "X", true, ""))) {
            final Answer running = new Answer("a", copied.origin(), 2, "X", ALL, List.of(), "");
            final BootstrapDecision decision =
                    decide(copied, true, Seeds.of("http://d:1", ALL), Map.of(A, running, B, answer("b", "X", ALL)));
            assertThat(decision.kind()).isEqualTo(Kind.REFUSE);
            assertThat(decision.message())
                    .isEqualTo("this data folder is a copy of that of node a, which runs at " + A
                            + "; start it with an empty OB_FOLDER and its own OB_NODE_ID, or stop the other");
        }
    }

    @Test
    void ownAnswerUnderAnotherSpellingIsNoSecondNode() {
        final NodeIdentity member = identity("a", "X", true, "");
        final Answer own = new Answer("a", member.origin(), 1, "X", ALL, List.of(), "");
        assertThat(decide(member, true, Seeds.of("http://d:1", ALL), Map.of(A, own))
                        .kind())
                .isEqualTo(Kind.RESTART);
    }

    @Test
    void memberThatItsClusterHasRemovedIsToldSoBeforeAnythingElse() {
        final Answer told = new Answer("b", new Origin(2), 2, "X", ALL, List.of(), "", "removed by root");
        for (final boolean raft : List.of(true, false)) {
            final BootstrapDecision decision =
                    decide(identity("a", "X", true, ""), raft, Seeds.of(A, ALL), Map.of(B, told));
            assertThat(decision.kind()).isEqualTo(Kind.REMOVED);
            assertThat(decision.message()).isEqualTo("removed by root");
        }
        // Another cluster removes nobody of ours, and a node with an empty folder was not removed with it.
        assertThat(decide(identity("a", "Y", true, ""), true, Seeds.of(A, ALL), Map.of(B, told))
                        .kind())
                .isEqualTo(Kind.REFUSE);
        assertThat(decide(fresh("a"), true, Seeds.of(A, ALL), Map.of(B, told)).kind())
                .isEqualTo(Kind.JOIN);
    }

    @Test
    void nodeThatBeginsAnewJoinsAndNeverFounds() {
        final NodeIdentity anew = identity("a", "", false, NodeIdentity.JOIN_ONLY);
        assertThat(decide(anew, false, Seeds.of(A, ALL), Map.of(B, answer("b", "X", ALL)))
                        .kind())
                .isEqualTo(Kind.JOIN);
        final Map<String, Answer> nobody = Map.of(B, answer("b", "", ALL), C, answer("c", "", ALL));
        assertThat(decide(anew, false, Seeds.of(A, ALL), nobody).kind()).isEqualTo(Kind.WAIT);
        final BootstrapDecision alone = decide(anew, false, Seeds.of(A, List.of()), Map.of());
        assertThat(alone.kind()).isEqualTo(Kind.REFUSE);
        assertThat(alone.message()).contains("OB_PEERS");
        final BootstrapAnswers answers = new BootstrapAnswers(new MemoryIdentity(anew), 1, Seeds.of(A, ALL), List::of);
        assertThat(answers.promise("X", "b")).isFalse();
        assertThat(answers.promiseByForce("X", "b")).isFalse();
    }

    @Test
    void memberRestartsWhateverThePeersSay() {
        final Seeds seeds = Seeds.of(A, ALL);
        final NodeIdentity member = identity("a", "X", true, "");
        assertThat(decide(member, true, seeds, Map.of()).kind()).isEqualTo(Kind.RESTART);
        assertThat(decide(member, true, seeds, Map.of(B, answer("b", "", ALL))).kind())
                .isEqualTo(Kind.RESTART);
    }

    @Test
    void voterWithoutItsRaftFolderRefuses() {
        final Seeds seeds = Seeds.of(A, ALL);
        assertThat(decide(identity("a", "X", true, ""), false, seeds, Map.of()).kind())
                .isEqualTo(Kind.REFUSE);
        // It had not joined yet: starting anew is right.
        assertThat(decide(identity("a", "X", false, ""), false, seeds, Map.of()).kind())
                .isEqualTo(Kind.RESTART);
    }

    @Test
    void memberThatMeetsAnotherClusterRefuses() {
        final BootstrapDecision decision =
                decide(identity("a", "X", true, ""), true, Seeds.of(A, ALL), Map.of(B, answer("b", "Y", ALL)));
        assertThat(decision.kind()).isEqualTo(Kind.REFUSE);
        assertThat(decision.message()).contains("X").contains("Y");
    }

    @Test
    void nodeWithoutPeersFoundsAloneUnderAnIdOfItsDisk() {
        final BootstrapDecision none = decide(fresh("a"), false, Seeds.of(A, List.of()), Map.of());
        final BootstrapDecision onlySelf = decide(fresh("a"), false, Seeds.of(A, List.of(A + "/")), Map.of());
        assertThat(none.kind()).isEqualTo(Kind.FOUND);
        assertThat(onlySelf).isEqualTo(none);
        final NodeIdentity wiped = new NodeIdentity("a", new Origin(99), new Generation(2), "", false, "", "");
        assertThat(decide(wiped, false, Seeds.of(A, List.of()), Map.of()).clusterId())
                .isNotEqualTo(none.clusterId());
        assertThat(decide(identity("a", "", false, "P"), false, Seeds.of(A, List.of()), Map.of())
                        .kind())
                .isEqualTo(Kind.REFUSE);
    }

    @Test
    void nodeJoinsAsSoonAsOnePeerBelongsToACluster() {
        final CatalogPeer member = new CatalogPeer("b", "b", 3);
        final BootstrapDecision decision = decide(
                fresh("a"),
                false,
                Seeds.of(A, ALL),
                Map.of(
                        B,
                        new Answer("b", new Origin(2), 2, "X", ALL, List.of(member), ""),
                        C,
                        answer("c", "", List.of())));
        assertThat(decision.kind()).isEqualTo(Kind.JOIN);
        assertThat(decision.clusterId()).isEqualTo("X");
        assertThat(decision.members()).containsExactly(member);
    }

    @Test
    void peersOfTwoClustersAreRefused() {
        assertThat(decide(
                                fresh("a"),
                                false,
                                Seeds.of(A, ALL),
                                Map.of(B, answer("b", "X", ALL), C, answer("c", "Y", ALL)))
                        .kind())
                .isEqualTo(Kind.REFUSE);
    }

    @Test
    void nodeThatIsNoSeedOnlyJoins() {
        final List<String> seeds = List.of(B, C);
        final BootstrapDecision decision = decide(
                fresh("a"), false, Seeds.of(A, seeds), Map.of(B, answer("b", "", seeds), C, answer("c", "", seeds)));
        assertThat(decision.kind()).isEqualTo(Kind.WAIT);
        assertThat(decision.message()).contains("only joins");
    }

    @Test
    void seedsWithDifferentListsRefuseAndNameTheDifference() {
        final BootstrapDecision decision =
                decide(fresh("a"), false, Seeds.of(A, ALL), Map.of(B, answer("b", "", List.of(A, B, "http://d:1"))));
        assertThat(decision.kind()).isEqualTo(Kind.REFUSE);
        assertThat(decision.message()).contains("http://c:1").contains("http://d:1");
    }

    @Test
    void onlyTheLowestIdFoundsAndOnlyWhenAllAnswer() {
        final Map<String, Answer> others = Map.of(B, answer("b", "", ALL), C, answer("c", "", ALL));
        assertThat(decide(fresh("a"), false, Seeds.of(A, ALL), others).kind()).isEqualTo(Kind.COLLECT_PROMISES);
        assertThat(decide(fresh("z"), false, Seeds.of(A, ALL), others).kind()).isEqualTo(Kind.WAIT);
        assertThat(decide(fresh("a"), false, Seeds.of(A, ALL), Map.of(B, answer("b", "", ALL)))
                        .message())
                .contains(C);
        assertThat(decide(fresh("b"), false, Seeds.of(A, ALL), others).kind()).isEqualTo(Kind.REFUSE);
    }

    @Test
    void seedsAreComparedNormalised() {
        assertThat(Seeds.of("HTTP://A:1/", List.of(C, "http://B:1/", A, A))).isEqualTo(Seeds.of(A, ALL));
    }

    @Test
    void promiseIsOnDiskBeforeTheAnswerAndNeverForAnother() {
        final MemoryIdentity disk = new MemoryIdentity(fresh("b"));
        final BootstrapAnswers answers = new BootstrapAnswers(disk, 1, Seeds.of(B, ALL), List::of);
        assertThat(answers.promise("X", "a")).isTrue();
        assertThat(disk.load().promise()).isEqualTo("X");
        final BootstrapAnswers restarted = new BootstrapAnswers(disk, 1, Seeds.of(B, ALL), List::of);
        assertThat(restarted.promise("Y", "c")).isFalse();
        assertThat(restarted.promise("X", "a")).isTrue();
        restarted.belongsTo("X");
        assertThat(restarted.promise("X", "a")).isFalse();
    }

    /** All six orders of starting, with the founder crashing after each of its steps, and each seed wiped later. */
    @Test
    void whateverTheOrderAndTheCrashThereIsOneCluster() {
        final Set<String> everywhere = new HashSet<>();
        for (final List<String> order : orders()) {
            for (int crashAfter = 0; crashAfter <= 8; crashAfter++) {
                final World world = new World(ALL);
                for (final String url : order) {
                    world.start(url);
                    world.rounds(2, crashAfter);
                }
                world.rounds(6, Integer.MAX_VALUE);
                assertThat(world.clusters())
                        .as("order %s, crash after %d", order, crashAfter)
                        .hasSize(1);
                assertThat(world.nodes.values())
                        .allMatch(node -> !node.disk.load().clusterId().isEmpty());
                everywhere.addAll(world.clusters());

                world.wipe(A);
                world.rounds(3, Integer.MAX_VALUE);
                assertThat(world.clusters()).hasSize(1);
                assertThat(world.founded).hasSize(1);
            }
        }
        assertThat(everywhere).hasSize(1);
    }

    @Test
    void halvesThatDoNotSeeEachOtherFoundNothing() {
        final World world = new World(ALL);
        ALL.forEach(world::start);
        world.cut(A);
        world.rounds(5, Integer.MAX_VALUE);
        assertThat(world.clusters()).isEmpty();
        world.heal();
        world.rounds(5, Integer.MAX_VALUE);
        assertThat(world.clusters()).hasSize(1);
    }

    @Test
    void randomFoundingsNeverGiveTwoClusters() {
        for (long seed = 1; seed <= 300; seed++) {
            final SplittableRandom random = new SplittableRandom(seed);
            final World world = new World(ALL);
            for (int step = 0; step < 30; step++) {
                final String url = ALL.get(random.nextInt(3));
                switch (random.nextInt(5)) {
                    case 0 -> world.stop(url);
                    case 1 -> world.cut(url);
                    case 2 -> world.heal();
                    default -> world.start(url);
                }
                world.rounds(1, random.nextInt(10));
            }
            assertThat(world.clusters()).as("seed %d", seed).hasSizeLessThanOrEqualTo(1);
            world.heal();
            ALL.forEach(world::start);
            world.rounds(6, Integer.MAX_VALUE);
            assertThat(world.clusters()).as("seed %d", seed).hasSize(1);
        }
    }

    private static List<List<String>> orders() {
        return List.of(
                List.of(A, B, C),
                List.of(A, C, B),
                List.of(B, A, C),
                List.of(B, C, A),
                List.of(C, A, B),
                List.of(C, B, A));
    }

    private static final class MemoryIdentity implements IdentityStore {
        private NodeIdentity saved;

        MemoryIdentity(final NodeIdentity saved) {
            this.saved = saved;
        }

        @Override
        public NodeIdentity load() {
            return saved;
        }

        @Override
        public void save(final NodeIdentity identity) {
            saved = identity;
        }
    }

    /** Thrown where a process dies. */
    private static final class Crash extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }

    /** Nodes, what reaches whom, and a count of steps after which the acting process dies. */
    private static final class World {
        final Map<String, Node> nodes = new TreeMap<>();
        final Set<String> cut = new HashSet<>();
        final Set<String> founded = new HashSet<>();
        private final List<String> seeds;
        private int stepsLeft;

        World(final List<String> seeds) {
            this.seeds = seeds;
        }

        void start(final String url) {
            nodes.computeIfAbsent(url, Node::new).start();
        }

        void stop(final String url) {
            if (nodes.containsKey(url)) {
                nodes.get(url).answers = null;
            }
        }

        void wipe(final String url) {
            nodes.put(url, new Node(url));
            start(url);
        }

        void cut(final String url) {
            cut.add(url);
        }

        void heal() {
            cut.clear();
        }

        void step() {
            if (stepsLeft-- == 0) {
                throw new Crash();
            }
        }

        /** Every running node asks once a round; one that dies in a round is started again at its end. */
        void rounds(final int count, final int crashAfter) {
            for (int round = 0; round < count; round++) {
                stepsLeft = crashAfter;
                for (final Node node : new ArrayList<>(nodes.values())) {
                    if (node.answers == null) {
                        continue;
                    }
                    try {
                        node.act();
                    } catch (final Crash e) {
                        node.start();
                    }
                }
            }
        }

        Set<String> clusters() {
            final Set<String> clusters = new HashSet<>();
            for (final Node node : nodes.values()) {
                if (!node.disk.load().clusterId().isEmpty()) {
                    clusters.add(node.disk.load().clusterId());
                }
            }
            return clusters;
        }

        private Node reach(final String from, final String to) throws IOException {
            final Node node = nodes.get(to);
            if (node == null || node.answers == null || cut.contains(from) != cut.contains(to)) {
                throw new IOException("no answer");
            }
            return node;
        }

        private final class Node implements BootstrapPeers {
            final String url;
            final MemoryIdentity disk;
            BootstrapAnswers answers;

            Node(final String url) {
                this.url = url;
                this.disk = new MemoryIdentity(fresh(url.substring(7, 8)));
            }

            void start() {
                answers = new BootstrapAnswers(disk, 1, Seeds.of(url, seeds), List::of);
            }

            void act() {
                final BootstrapDecision decision =
                        new Bootstrap("main", Seeds.of(url, seeds), this, answers, id -> true, waiting -> {}).round();
                if (decision.kind() == Kind.FOUND) {
                    step();
                    founded.add(decision.clusterId());
                    step();
                    answers.belongsTo(decision.clusterId());
                    answers.becameVoter();
                } else if (decision.kind() == Kind.JOIN) {
                    answers.belongsTo(decision.clusterId());
                } else {
                    assertThat(decision.kind()).isIn(Kind.WAIT, Kind.RESTART);
                }
            }

            @Override
            public Answer ask(final String peerUrl) throws IOException {
                return reach(url, peerUrl).answers.answer();
            }

            @Override
            public boolean promise(final String peerUrl, final String clusterId, final String founder)
                    throws IOException {
                step();
                final boolean promised = reach(url, peerUrl).answers.promise(clusterId, founder);
                step();
                return promised;
            }

            @Override
            public boolean promiseByForce(final String peerUrl, final String clusterId, final String founder)
                    throws IOException {
                step();
                return reach(url, peerUrl).answers.promiseByForce(clusterId, founder);
            }
        }
    }
}
