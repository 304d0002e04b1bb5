package com.onebackend.registry.node.cluster;

import static com.onebackend.registry.node.cluster.Facts.millisSince;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.onebackend.registry.node.cluster.ProcessCluster.Answer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/**
 * Five real processes that are killed, frozen, wiped and restarted; one cluster, told as one story. With {@code -Dlong}
 * there are more rounds.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class GossipFaultsIT {
    private static final int NODES = 5;
    private static final int KILLS = Boolean.getBoolean("long") ? 12 : 3;
    private static final int SHORT_PAUSES = Boolean.getBoolean("long") ? 50 : 10;
    private static final int INSTANCES = 500;
    /** Starting again would change nothing. */
    private static final int CONFIGURATION = 78;

    private static final Duration SOON = Duration.ofSeconds(30);
    /** Far more than a suspicion lasts: whoever was going to be accused has been. */
    private static final Duration ACCUSED_BY_NOW = Duration.ofSeconds(13);

    /** In simulations it is 3 s until all of five know. */
    private static final double MEAN_DETECTION_MILLIS_MAX = 4_500;

    private static final long DETECTION_MILLIS_MAX = 8_000;
    private static final long RETURN_MILLIS_MAX = 5_000;
    private static final Pattern METRIC = Pattern.compile("`(registry_[a-z_]+)([^`]*)`");
    private static final Pattern LABEL_IN_GUIDE = Pattern.compile("[a-z]+");
    private static final Pattern LABEL_SHOWN = Pattern.compile("([a-z]+)=\"[^\"]*\"");

    @TempDir
    static Path folder;

    private static ProcessCluster cluster;
    private static Facts facts;

    @BeforeAll
    static void startFive() throws IOException {
        cluster = new ProcessCluster(folder, NODES);
        facts = new Facts(cluster);
        for (final int n : facts.all()) {
            cluster.start(n);
        }
        facts.awaitReady(facts.all());
        cluster.login();
        facts.awaitAllAlive(SOON, facts.all());
        for (int i = 0; i < INSTANCES; i++) {
            assertThat(facts.register(1 + i % NODES, "kept", "kept." + i).status())
                    .isEqualTo(201);
        }
        assertThat(facts.awaitEqual(SOON, "kept")).hasSize(INSTANCES);
    }

    @AfterAll
    static void stopAll() throws InterruptedException {
        cluster.close();
    }

    @Test
    @Order(1)
    void everyFigureIsInTheOperatorsGuideAndTheOtherWayRound() throws Exception {
        final String guide = Files.readString(Path.of("..", "deploy", "README.md"));
        final Set<String> documented = new TreeSet<>();
        guide.lines().filter(row -> row.startsWith("| `registry_")).forEach(row -> {
            final Matcher names = METRIC.matcher(row.split("[|]", 3)[1]);
            while (names.find()) {
                documented.add(names.group(1) + labels(LABEL_IN_GUIDE, names.group(2)));
            }
        });
        final Set<String> shown = new TreeSet<>();
        for (final String row : cluster.metrics(1, "registry_").keySet()) {
            final String[] nameAndLabels = row.split("[{]", 2);
            shown.add(nameAndLabels[0] + labels(LABEL_SHOWN, nameAndLabels.length == 1 ? "" : nameAndLabels[1]));
        }
        assertThat(shown).isEqualTo(documented);
        final Set<String> mentioned = new TreeSet<>();
        final Matcher mentions = METRIC.matcher(guide);
        while (mentions.find()) {
            mentioned.add(mentions.group(1));
        }
        assertThat(shown.stream().map(row -> row.replaceFirst("\\[.*", ""))).containsAll(mentioned);
        await().atMost(SOON)
                .untilAsserted(() -> assertThat(cluster.metrics(1, "registry_gossip_log_head{node=\"node-2\"")
                                .values())
                        .singleElement()
                        .satisfies(version -> assertThat(version).isGreaterThanOrEqualTo(INSTANCES / NODES)));
        assertThat(cluster.metrics(1, "registry_transport_bytes_total").values())
                .hasSize(4)
                .allMatch(bytes -> bytes > 0);
        assertThat(cluster.metrics(1, "registry_transport_queue_bytes").keySet())
                .hasSize(NODES - 1);
    }

    @Test
    @Order(3)
    void nodesThatFreezeForTwoSecondsAreNotDeclaredDead() throws Exception {
        final Map<Integer, Long> before = facts.deathVerdicts(facts.all());
        for (int round = 0; round < SHORT_PAUSES; round++) {
            final int victim = 1 + round % NODES;
            cluster.pause(victim);
            TimeUnit.SECONDS.sleep(2);
            cluster.resume(victim);
            facts.awaitAllAlive(SOON, facts.all());
        }
        assertThat(facts.deathVerdicts(facts.all())).isEqualTo(before);
    }

    @Test
    @Order(2)
    void aKilledNodeIsKnownDeadToAllOthersWithinSeconds() throws Exception {
        final Detections detections = new Detections(cluster);
        final List<Long> returns = new ArrayList<>();
        for (int round = 0; detections.counted().size() < KILLS && round < 2 * KILLS; round++) {
            final int victim = 1 + round % NODES;
            detections.kill(victim);
            detections.awaitKnown(SOON);
            cluster.start(victim);
            facts.awaitReady(victim);
            returns.add(facts.awaitAllAlive(SOON, facts.all()));
            detections.judge();
        }
        System.out.printf("killed, seen dead by all others: %s%n", detections.summary());
        System.out.printf("ready again, then seen alive by all: %s%n", Facts.summary(returns));
        assertThat(detections.counted())
                .as("rounds in which no observer stood still")
                .hasSize(KILLS);
        assertThat(Facts.mean(detections.counted())).isLessThan(MEAN_DETECTION_MILLIS_MAX);
        assertThat(Facts.percentile(detections.counted(), 100)).isLessThan(DETECTION_MILLIS_MAX);
    }

    @Test
    @Order(4)
    void aNodeFrozenForTwentySecondsComesBackAndAccusesNobody() throws Exception {
        final int victim = 4;
        final long verdictsOfVictim = cluster.deathVerdicts(victim);
        final long frozen = System.nanoTime();
        cluster.pause(victim);
        final List<Long> detections = facts.awaitDead(SOON, victim, facts.except(victim));
        await().atMost(SOON).until(() -> millisSince(frozen) >= 20_000);
        final Map<Integer, Long> verdictsOfOthers = facts.deathVerdicts(facts.except(victim));
        cluster.resume(victim);
        final long back = facts.awaitAllAlive(SOON, facts.all());
        System.out.printf("frozen, seen dead: %s; alive everywhere %d ms after%n", Facts.summary(detections), back);
        assertThat(back).isLessThan(RETURN_MILLIS_MAX);
        await().during(ACCUSED_BY_NOW).atMost(ACCUSED_BY_NOW.plusSeconds(10)).until(() -> {
            for (final int n : facts.all()) {
                if (cluster.states(n).containsValue("dead")) {
                    return false;
                }
            }
            return true;
        });
        assertThat(cluster.deathVerdicts(victim))
                .as("dead, says who was frozen")
                .isEqualTo(verdictsOfVictim);
        assertThat(facts.deathVerdicts(facts.except(victim))).isEqualTo(verdictsOfOthers);
    }

    @Test
    @Order(5)
    void aNodeWipedWhileTheOthersBelieveItAliveGetsEverythingBackAndDeletesNothing() throws Exception {
        final Set<String> kept = facts.awaitEqual(SOON, "kept");
        cluster.kill(5);
        Files.move(cluster.data(5), cluster.data(5).resolveSibling("data-wiped"));
        final long start = System.nanoTime();
        cluster.start(5);
        await().atMost(Facts.START).pollInterval(Duration.ofMillis(50)).until(() -> {
            final Set<String> answered = answered(5, "kept");
            // From its first answer on it answers in full.
            assertThat(answered).isIn(Set.of(), kept);
            return answered.equals(kept);
        });
        System.out.printf("wiped, answers in full %d ms after its start%n", millisSince(start));
        facts.awaitAllAlive(SOON, facts.all());
        assertThat(facts.awaitEqual(SOON, "kept")).isEqualTo(kept);
        assertThat(facts.register(5, "kept", "kept.again").status()).isEqualTo(201);
        assertThat(facts.awaitEqual(SOON, "kept")).hasSize(kept.size() + 1).contains("kept.again");
    }

    @Test
    @Order(6)
    void anOwnerKilledWhileItTakesWritesLosesNothingThatItAcknowledged() throws Exception {
        final Set<String> acknowledged = new ConcurrentSkipListSet<>();
        final AtomicBoolean isStopped = new AtomicBoolean();
        final List<Thread> writers = new ArrayList<>();
        for (int w = 0; w < 4; w++) {
            final String name = "owned." + w + ".";
            final Thread writer = new Thread(() -> write(name, acknowledged, isStopped));
            writers.add(writer);
            writer.start();
        }
        for (int round = 1; round <= 2; round++) {
            final int enough = acknowledged.size() + 200;
            await().atMost(SOON).until(() -> acknowledged.size() > enough);
            cluster.kill(2);
            cluster.start(2);
            facts.awaitReady(2);
        }
        isStopped.set(true);
        for (final Thread writer : writers) {
            writer.join();
        }
        final long start = System.nanoTime();
        assertThat(facts.awaitEqual(SOON, "owned")).containsAll(acknowledged);
        System.out.printf("%d writes held, equal after %d ms%n", acknowledged.size(), millisSince(start));
        for (final int n : facts.all()) {
            assertThat(cluster.metrics(n, "registry_gossip_refused_total{reason=\"conflict\"}")
                            .values())
                    .as("a number was given twice, says node " + n)
                    .containsOnly(0.0);
        }
    }

    @Test
    @Order(7)
    void allFiveRestartedAtOnceSeeEachOtherAndHaveEverything() throws Exception {
        final Set<String> kept = facts.awaitEqual(SOON, "kept");
        final Set<String> owned = facts.awaitEqual(SOON, "owned");
        for (final int n : facts.all()) {
            cluster.kill(n);
        }
        final long start = System.nanoTime();
        for (final int n : facts.all()) {
            cluster.start(n);
        }
        facts.awaitReady(facts.all());
        final long ready = millisSince(start);
        final long alive = facts.awaitAllAlive(Duration.ofSeconds(10), facts.all());
        System.out.printf("five restarted at once: ready after %d ms, all alive %d ms later%n", ready, alive);
        assertThat(facts.awaitEqual(SOON, "kept")).isEqualTo(kept);
        assertThat(facts.awaitEqual(SOON, "owned")).isEqualTo(owned);
    }

    @Test
    @Order(8)
    void secondProcessWithTheIdOfALivingNodeEndsAndTheFirstDoesNotNotice() throws Exception {
        killFive();
        final Map<Integer, Map<String, Double>> before = transitions();
        final Map<String, String> settings = cluster.environment(5);
        settings.put("OB_NODE_ID", "node-1");
        settings.put("OB_PEERS", cluster.url(2));
        settings.put("OB_FOLDER", folder.resolve("intruder").toString());
        cluster.start(5, settings);
        assertThat(cluster.awaitEnd(5, Facts.START)).isEqualTo(CONFIGURATION);
        // Asked where node-1 was, or told by gossip, whichever comes first.
        assertThat(cluster.logTail(5))
                .contains("this node cannot go on: ")
                .containsAnyOf("another running node has the id node-1", "OB_NODE_ID node-1 is taken by");
        assertThat(transitions()).as("nobody has noticed").isEqualTo(before);
        assertThat(facts.isRegistered(1, "first", "first.1")).isTrue();
        cluster.start(5);
        facts.awaitReady(5);
        facts.awaitAllAlive(SOON, facts.all());
        assertThat(facts.awaitEqual(SOON, "first")).hasSize(1);
    }

    @Test
    @Order(9)
    void copyOfALivingNodesFolderEndsWithinSecondsAndTheFirstDoesNotNotice() throws Exception {
        killFive();
        cluster.kill(4);
        final Path copy = copy(cluster.data(4), folder.resolve("copy"));
        cluster.start(4);
        facts.awaitReady(4);
        awaitAllButFiveAlive();
        final Map<Integer, Map<String, Double>> before = transitions();
        final Map<Integer, Long> leaders = leaderChanges();
        // Once the folder alone tells where the first was, and once its peers' list does.
        for (final String peers : List.of(cluster.url(2), cluster.environment(5).get("OB_PEERS"))) {
            final long start = System.nanoTime();
            startCopy(copy, peers);
            assertThat(cluster.awaitEnd(5, SOON)).isEqualTo(CONFIGURATION);
            System.out.printf("copy of a living node's folder ended after %d ms%n", millisSince(start));
            assertThat(cluster.logTail(5))
                    .contains(
                            "this node cannot go on: this data folder is a copy of that of node node-4, which runs at "
                                    + cluster.url(4));
        }
        assertThat(transitions()).as("nobody has noticed").isEqualTo(before);
        assertThat(leaderChanges()).as("Raft has not noticed").isEqualTo(leaders);
        assertThat(facts.isRegistered(4, "copied", "copied.1")).isTrue();
        for (final int n : facts.except(5)) {
            await().atMost(SOON)
                    .untilAsserted(() -> assertThat(facts.ids(n, "copied")).containsExactly("copied.1"));
        }
    }

    /** It cannot answer when it is asked whether it lives: so both run until it goes on. */
    @Test
    @Order(10)
    void frozenNodeEndsWhenItGoesOnAndACopyOfItsFolderHasTakenItsPlace() throws Exception {
        cluster.kill(4);
        final Path copy = copy(cluster.data(4), folder.resolve("later-copy"));
        cluster.start(4);
        facts.awaitReady(4);
        awaitAllButFiveAlive();
        cluster.pause(4);
        startCopy(copy, cluster.url(2));
        facts.awaitReady(5);
        cluster.resume(4);
        assertThat(cluster.awaitEnd(4, SOON)).isEqualTo(CONFIGURATION);
        assertThat(cluster.logTail(4))
                .contains("this node cannot go on: this data folder is a copy of that of node node-4, which runs at "
                        + cluster.url(5))
                .contains("was started later");
        final Answer taken = facts.register(5, "taken", "taken.1");
        assertThat(taken.status()).as(taken.body()).isEqualTo(201);
        for (final int n : facts.except(4)) {
            await().atMost(SOON)
                    .untilAsserted(() -> assertThat(facts.ids(n, "taken")).containsExactly("taken.1"));
        }
    }

    private static void killFive() throws Exception {
        cluster.kill(5);
        facts.awaitDead(SOON, 5, facts.except(5));
    }

    private static void awaitAllButFiveAlive() {
        await().atMost(SOON).until(() -> {
            for (final int n : facts.except(5)) {
                for (final int other : facts.except(5)) {
                    if (!"alive".equals(cluster.states(n).get("node-" + other))) {
                        return false;
                    }
                }
            }
            return true;
        });
    }

    /** On the machine of node 5. */
    private static void startCopy(final Path copy, final String peers) throws IOException {
        final Map<String, String> settings = cluster.environment(5);
        settings.put("OB_NODE_ID", "node-4");
        settings.put("OB_PEERS", peers);
        settings.put("OB_FOLDER", copy.toString());
        cluster.start(5, settings);
    }

    private static Path copy(final Path from, final Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (final Path file : files.toList()) {
                Files.copy(file, to.resolve(from.relativize(file).toString()), StandardCopyOption.COPY_ATTRIBUTES);
            }
        }
        return to;
    }

    /** How often members changed in the eyes of each node but the fifth. */
    private static Map<Integer, Map<String, Double>> transitions() {
        final Map<Integer, Map<String, Double>> transitions = new TreeMap<>();
        for (final int n : facts.except(5)) {
            transitions.put(n, cluster.metrics(n, "registry_members_transitions_total"));
        }
        return transitions;
    }

    private static Map<Integer, Long> leaderChanges() throws IOException {
        final Map<Integer, Long> changes = new TreeMap<>();
        for (final int n : facts.except(5)) {
            try (Stream<String> lines = Files.lines(cluster.log(n))) {
                changes.put(
                        n,
                        lines.filter(line -> line.contains("catalog leader=")).count());
            }
        }
        return changes;
    }

    private static Set<String> labels(final Pattern label, final String text) {
        final Set<String> names = new TreeSet<>();
        final Matcher found = label.matcher(text);
        while (found.find()) {
            names.add(found.group(found.groupCount()));
        }
        return names;
    }

    private static void write(final String name, final Set<String> acknowledged, final AtomicBoolean isStopped) {
        for (int i = 0; !isStopped.get(); i++) {
            if (facts.isRegistered(2, "owned", name + i)) {
                acknowledged.add(name + i);
            }
        }
    }

    /** What a node that may be starting answers; empty when it refuses. */
    private static Set<String> answered(final int n, final String slug) {
        try {
            final Answer answer = cluster.get(n, "/registry-svc/instances?slug=" + slug);
            if (answer.status() == 503) {
                assertThat(answer.json().path("error").asText()).isNotEmpty();
                return Set.of();
            }
            assertThat(answer.status()).as(answer.body()).isEqualTo(200);
            final Set<String> ids =
                    new TreeSet<>(answer.json().path("instances").findValuesAsText("id"));
            assertThat(ids).as("answered nothing at all").isNotEmpty();
            return ids;
        } catch (final UncheckedIOException e) {
            return Set.of();
        }
    }
}
