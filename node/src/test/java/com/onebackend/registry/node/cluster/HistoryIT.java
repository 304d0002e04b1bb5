package com.onebackend.registry.node.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.onebackend.registry.node.cluster.Registers.Told;
import com.onebackend.registry.node.history.History;
import com.onebackend.registry.node.history.LinearizabilityChecker;
import com.onebackend.registry.node.history.Operation;
import com.onebackend.registry.node.history.Operation.Outcome;
import com.onebackend.registry.node.history.Verdict;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/**
 * Real clients of real processes, in network namespaces where the machine allows them: what they see of definitions is
 * what one register that does one thing at a time would show, whatever happens to the nodes. With {@code -Dlong} each
 * kind of harm is done in {@code -Dhistories} (100) histories; {@code -Dregistry.seed} repeats a run's choices.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class HistoryIT {
    private static final int FIRST = 3;
    private static final int ALL = 5;
    private static final boolean IS_LONG = Boolean.getBoolean("long");
    private static final int HISTORIES = IS_LONG ? Integer.getInteger("histories", 100) : 1;
    private static final int HARMS = 3;
    /** Each that is refused takes its time. */
    private static final int STRONG_READS = IS_LONG ? 5 : 2;

    private static final Duration GO_ON = Duration.ofSeconds(60);
    /** A refusal without a majority comes within three seconds; the rest is for a machine with much to do. */
    private static final Duration REFUSAL_MAX = Duration.ofSeconds(6);

    private static final Random SEEDS = new Random(Long.getLong("registry.seed", System.nanoTime()));

    @TempDir
    static Path folder;

    private static NetworkLab lab;
    private static ProcessCluster cluster;
    private static Facts facts;
    private static int nodes = FIRST;

    @BeforeAll
    static void startThree() throws Exception {
        if (NetworkLab.obstacle().isEmpty()) {
            lab = NetworkLab.open(ALL);
            cluster = new ProcessCluster(folder, lab.sites());
        } else {
            cluster = new ProcessCluster(folder, ALL);
        }
        facts = new Facts(cluster);
        for (int n = 1; n <= FIRST; n++) {
            cluster.start(n, cluster.environment(n, FIRST));
        }
        facts.awaitReady(upTo(FIRST));
        cluster.login();
        facts.awaitVoters(FIRST, upTo(FIRST));
    }

    @AfterAll
    static void stopAll() throws InterruptedException {
        if (cluster != null) {
            cluster.close();
        }
        if (lab != null) {
            lab.close();
        }
    }

    @AfterEach
    void heal() throws Exception {
        if (lab != null) {
            lab.heal();
        }
        facts.awaitReady(upTo(nodes));
        facts.awaitVoters(FIRST, upTo(nodes));
    }

    private static int[] upTo(final int last) {
        final int[] all = new int[last];
        for (int n = 1; n <= last; n++) {
            all[n - 1] = n;
        }
        return all;
    }

    private interface Harm {
        void happen(Nemesis nemesis) throws Exception;
    }

    private static void histories(final String name, final Harm harm) throws Exception {
        for (int i = 0; i < HISTORIES; i++) {
            final long seed = SEEDS.nextLong();
            final Registers registers = new Registers(cluster, true);
            final Nemesis nemesis = new Nemesis(cluster, lab, nodes, seed);
            try (HistoryRun run = new HistoryRun(name, seed, registers, upTo(nodes)).start()) {
                for (int h = 0; h < HARMS; h++) {
                    harm.happen(nemesis);
                }
                run.awaitWrites(10, GO_ON);
                run.assertLinearizable(upTo(nodes));
                run.assertWorthIt();
            }
        }
    }

    @Test
    @Order(1)
    void historiesAreLinearizableWhileNodesAreKilled() throws Exception {
        histories("kill", Nemesis::kill);
    }

    @Test
    @Order(2)
    void historiesAreLinearizableWhileNodesStandStill() throws Exception {
        histories("pause", Nemesis::pause);
    }

    @Test
    @Order(3)
    void historiesAreLinearizableWhileTheNetworkIsCut() throws Exception {
        assumeLab();
        histories("cut", Nemesis::cut);
    }

    @Test
    @Order(4)
    void aReadThatDoesNotAskForConsistencyIsCaughtWhenItIsStale() throws Exception {
        assumeLab();
        final String key = "stale-on-purpose";
        final int leader = facts.leader(FIRST);
        final int lonely = 1 + leader % FIRST;
        final History history = new History();
        final Registers local = new Registers(cluster, false);
        record(history, 1, key, "old", local, leader);
        await().atMost(GO_ON).until(() -> local.read(lonely, key).observed().equals("old"));
        lab.partition(lonely);
        record(history, 1, key, "new", local, leader);
        read(history, 2, key, local, leader);
        assertThat(LinearizabilityChecker.check(history.operations())).isEqualTo(verdictOk());
        // Cut off since before the write, it cannot know better, and was not asked to.
        assertThat(read(history, 3, key, local, lonely).observed()).isEqualTo("old");
        final Verdict verdict = LinearizabilityChecker.check(history.operations());
        assertThat(verdict.kind()).isEqualTo(Verdict.Kind.NOT_LINEARIZABLE);
        assertThat(verdict.text()).contains("leaves the register with new").contains("read: saw old");
        // Asked for consistency it says that it cannot tell.
        assertThat(new Registers(cluster, true).read(lonely, key).outcome()).isEqualTo(Outcome.REFUSED);
    }

    private static Verdict verdictOk() {
        return LinearizabilityChecker.check(List.of());
    }

    private static void record(
            final History history,
            final int client,
            final String key,
            final String value,
            final Registers registers,
            final int node)
            throws InterruptedException {
        final long called = System.nanoTime();
        assertThat(registers.write(node, key, value).outcome()).isEqualTo(Outcome.OK);
        history.add(Operation.write(client, key, value, called, System.nanoTime()));
    }

    private static Told read(
            final History history, final int client, final String key, final Registers registers, final int node)
            throws InterruptedException {
        final long called = System.nanoTime();
        final Told told = registers.read(node, key);
        assertThat(told.outcome()).isEqualTo(Outcome.OK);
        history.add(Operation.read(client, key, told.observed(), called, System.nanoTime()));
        return told;
    }

    @Test
    @Order(5)
    void aLeaderThatWasCutOffNeverAnswersAStrongReadWithWhatWas() throws Exception {
        assumeLab();
        final int before = facts.leader(FIRST);
        staleLeader("leader-cut-off", before, () -> lab.partition(before));
        lab.heal();
        awaitFresh("leader-cut-off", before);
    }

    @Test
    @Order(6)
    void aLeaderThatStoodStillNeverAnswersAStrongReadWithWhatWas() throws Exception {
        final int before = facts.leader(FIRST);
        final String key = "leader-stood-still";
        final Registers strong = new Registers(cluster, true);
        assertThat(strong.write(before, key, "old").outcome()).isEqualTo(Outcome.OK);
        cluster.pause(before);
        try {
            writeElsewhere(strong, key, before);
        } finally {
            cluster.resume(before);
        }
        // At once: it still believes that it leads.
        final Told told = strong.read(before, key);
        assertThat(told.outcome() == Outcome.REFUSED || told.observed().equals("new"))
                .as("a strong read at the former leader: " + told)
                .isTrue();
        awaitFresh(key, before);
    }

    private interface Cut {
        void happen() throws Exception;
    }

    private static void staleLeader(final String key, final int before, final Cut cut) throws Exception {
        final Registers strong = new Registers(cluster, true);
        assertThat(strong.write(before, key, "old").outcome()).isEqualTo(Outcome.OK);
        cut.happen();
        // Until it knows, while it does, and after others have gone on.
        for (int i = 0; i < STRONG_READS; i++) {
            final Told early = strong.read(before, key);
            assertThat(early.outcome() == Outcome.REFUSED || early.observed().equals("old"))
                    .isTrue();
        }
        // As soon as there is another leader: this one may not know for a while that it leads no more.
        final int after = awaitOtherLeader(FIRST, before);
        assertThat(strong.write(after, key, "new").outcome()).isEqualTo(Outcome.OK);
        for (int i = 0; i < STRONG_READS; i++) {
            assertThat(strong.read(before, key).outcome()).isEqualTo(Outcome.REFUSED);
        }
        final long start = System.nanoTime();
        assertThat(strong.write(before, key + "-not", "x").outcome()).isIn(Outcome.REFUSED, Outcome.UNKNOWN);
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(REFUSAL_MAX);
    }

    private static int awaitOtherLeader(final int of, final int before) {
        final int[] leader = new int[1];
        await().atMost(GO_ON).pollInterval(Duration.ofMillis(20)).until(() -> {
            leader[0] = facts.leader(of);
            return leader[0] > 0 && leader[0] != before;
        });
        return leader[0];
    }

    private static void writeElsewhere(final Registers registers, final String key, final int not) {
        await().atMost(GO_ON)
                .until(() -> registers.write(1 + not % FIRST, key, "new").outcome() == Outcome.OK);
    }

    private static void awaitFresh(final String key, final int node) {
        final Registers strong = new Registers(cluster, true);
        await().atMost(GO_ON).until(() -> strong.read(node, key).observed().equals("new"));
    }

    @Test
    @Order(7)
    void withoutAMajorityWritesAreRefusedSoonReadsAndDiscoveryGoOnAndAllRecovers() throws Exception {
        final Registers strong = new Registers(cluster, true);
        final Registers local = new Registers(cluster, false);
        final int left = 1 + facts.leader(FIRST) % FIRST;
        assertThat(strong.write(left, "left-alone", "old").outcome()).isEqualTo(Outcome.OK);
        assertThat(facts.isRegistered(left, "left-alone", "left-alone.1")).isTrue();
        for (int n = 1; n <= FIRST; n++) {
            if (n != left) {
                cluster.kill(n);
            }
        }
        for (int i = 0; i < 3; i++) {
            final long start = System.nanoTime();
            assertThat(strong.write(left, "left-alone", "new").outcome()).isIn(Outcome.REFUSED, Outcome.UNKNOWN);
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(REFUSAL_MAX);
        }
        // Once it knows that nobody leads, it is sure that nothing happens.
        await().atMost(GO_ON)
                .until(() -> strong.write(left, "left-alone", "new").outcome() == Outcome.REFUSED);
        assertThat(local.read(left, "left-alone").observed()).isEqualTo("old");
        assertThat(strong.read(left, "left-alone").outcome()).isEqualTo(Outcome.REFUSED);
        assertThat(facts.ids(left, "left-alone")).containsExactly("left-alone.1");
        assertThat(facts.isRegistered(left, "left-alone", "left-alone.2")).isTrue();
        assertThat(strong.wrongAnswers()).isEmpty();
        for (int n = 1; n <= FIRST; n++) {
            if (n != left) {
                cluster.start(n, cluster.environment(n, FIRST));
            }
        }
        facts.awaitReady(upTo(FIRST));
        await().atMost(GO_ON)
                .until(() -> strong.write(left, "left-alone", "newer").outcome() == Outcome.OK);
        assertThat(strong.read(1 + left % FIRST, "left-alone").observed()).isEqualTo("newer");
    }

    @Test
    @Order(8)
    void historiesAreLinearizableWhileTheClusterGrowsFromThreeToFive() throws Exception {
        final long seed = SEEDS.nextLong();
        final Registers registers = new Registers(cluster, true);
        try (HistoryRun run = new HistoryRun("grow", seed, registers, upTo(ALL)).start()) {
            for (int n = FIRST + 1; n <= ALL; n++) {
                cluster.start(n, cluster.environment(n, FIRST));
            }
            nodes = ALL;
            facts.awaitReady(upTo(ALL));
            // Five nodes have three votes: two of them follow, and answer all the same.
            run.awaitWrites(10, GO_ON);
            final int leader = facts.leader(ALL);
            assertThat(leader).isPositive();
            cluster.kill(leader);
            run.awaitWrites(10, GO_ON);
            restartDead();
            run.assertLinearizable(upTo(ALL));
            run.assertWorthIt();
        }
    }

    private static void restartDead() throws Exception {
        for (int n = 1; n <= nodes; n++) {
            if (!cluster.isRunning(n)) {
                cluster.start(n, cluster.environment(n, FIRST));
            }
        }
        facts.awaitReady(upTo(nodes));
    }

    @Test
    @Order(9)
    void whoeverIsCutOffTogetherWithTheLeaderNeverAnswersAStrongReadWithWhatWas() throws Exception {
        assumeLab();
        assertThat(nodes).isEqualTo(ALL);
        final String key = "cut-off-with-the-leader";
        final Registers strong = new Registers(cluster, true);
        final int before = facts.leader(ALL);
        final int follower = facts.follower(ALL);
        assertThat(strong.write(before, key, "old").outcome()).isEqualTo(Outcome.OK);
        await().atMost(GO_ON).until(() -> strong.read(follower, key).observed().equals("old"));
        lab.partition(before, follower);
        final int after = awaitOtherLeader(ALL, before);
        assertThat(strong.write(after, key, "new").outcome()).isEqualTo(Outcome.OK);
        // The former leader answers this node as before, and nothing was committed on this side since.
        for (int i = 0; i < STRONG_READS; i++) {
            assertThat(strong.read(follower, key).outcome()).isEqualTo(Outcome.REFUSED);
            assertThat(strong.read(before, key).outcome()).isEqualTo(Outcome.REFUSED);
        }
        lab.heal();
        awaitFresh(key, follower);
        awaitFresh(key, before);
    }

    @Test
    @Order(10)
    void historiesAreLinearizableWhileNodesAreRemovedAndComeBackEmpty() throws Exception {
        assertThat(nodes).isEqualTo(ALL);
        final long seed = SEEDS.nextLong();
        final Registers registers = new Registers(cluster, true);
        final Nemesis nemesis = new Nemesis(cluster, lab, ALL, seed);
        try (HistoryRun run = new HistoryRun("replace", seed, registers, upTo(ALL)).start()) {
            final int leader = facts.leader(ALL);
            nemesis.replaceByEmpty(leader, 1 + leader % ALL);
            // Each time the vote goes to another node, while clients are at work.
            facts.awaitVoters(FIRST, upTo(ALL));
            run.awaitWrites(10, GO_ON);
            final int other = 1 + leader % ALL;
            nemesis.replaceByEmpty(other, leader);
            facts.awaitVoters(FIRST, upTo(ALL));
            run.awaitWrites(10, GO_ON);
            run.assertLinearizable(upTo(ALL));
            run.assertWorthIt();
        }
    }

    @Test
    @Order(11)
    void historiesOfFiveNodesAreLinearizableWhateverHappens() throws Exception {
        assertThat(nodes).isEqualTo(ALL);
        histories("any-of-five", Nemesis::any);
    }

    private static void assumeLab() {
        if (lab == null) {
            System.out.println("Not tested: a network that is cut needs root, iproute2 and iptables.");
        }
        assertThat(lab != null || !"required".equals(System.getProperty("network.faults")))
                .as("a network that can be cut")
                .isTrue();
        assumeTrue(lab != null, "no network namespaces");
    }
}
