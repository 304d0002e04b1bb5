package com.onebackend.registry.node.cluster;

import static com.onebackend.registry.node.cluster.Facts.millisSince;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/**
 * Five real processes in network namespaces, and a network that fails them. Where the machine allows no namespaces, the
 * reason is printed and nothing runs; with {@code -Dnetwork.faults=required}, as in CI, that is a failure. With {@code
 * -Dlong} each fault lasts longer.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class NetworkFaultsIT {
    private static final int NODES = 5;
    private static final boolean IS_LONG = Boolean.getBoolean("long");
    private static final Duration SOON = Duration.ofSeconds(30);
    private static final Duration HEAL_MAX = Duration.ofSeconds(10);
    /** Longer than the longest suspicion: who was going to be declared dead has been. */
    private static final Duration FAULT = Duration.ofSeconds(IS_LONG ? 120 : 16);

    private static final Duration LOSS = Duration.ofSeconds(IS_LONG ? 600 : 30);
    private static final Duration PARTITION = Duration.ofSeconds(IS_LONG ? 300 : 30);
    private static final double LOST_PART = 0.2;
    /** In its time each of the two probes the other some eight times, and asks three helpers each time. */
    private static final long HELPERS_ONE_WAY_MIN = 9;
    /** A third of all direct probes has no answer in time. */
    private static final long HELPERS_LOSS_MIN = 20;

    /** Less than the largest datagram, more than an ordinary one. */
    private static final int PACKET_BYTES_MAX = 1_000;

    @TempDir
    static Path folder;

    private static NetworkLab lab;
    private static ProcessCluster cluster;
    private static Facts facts;

    @BeforeAll
    static void startFive() throws Exception {
        NetworkLab.assumePossible();
        lab = NetworkLab.open(NODES);
        cluster = new ProcessCluster(folder, lab.sites());
        facts = new Facts(cluster);
        for (final int n : facts.all()) {
            cluster.start(n);
        }
        facts.awaitReady(facts.all());
        cluster.login();
        facts.awaitAllAlive(SOON, facts.all());
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
        lab.heal();
        facts.awaitAllAlive(SOON, facts.all());
    }

    @Test
    @Order(1)
    void oneWayOutageBetweenTwoNodesKillsNeither() throws Exception {
        final Map<Integer, Long> before = helpersAsked(1, 2);
        assertNobodyDiesDuring(FAULT, () -> lab.dropOneWay(1, 2));
        // The fault was real: neither hears the other's answer, or the other its question.
        awaitHelpersAsked(before, HELPERS_ONE_WAY_MIN);
    }

    @Test
    @Order(2)
    void withoutDatagramsAllStayAliveByStreams() throws Exception {
        final AtomicLong before = new AtomicLong();
        assertNobodyDiesDuring(FAULT, () -> {
            lab.blockUdp();
            before.set(datagramsReceived());
        });
        // The fault was real: no datagram came in.
        assertThat(datagramsReceived()).isEqualTo(before.get());
        // Connections that the outage before had cut may still have to notice that it is over.
        awaitWarned("UDP does not get through");
        lab.heal();
        awaitNotWarned("UDP");
    }

    @Test
    @Order(3)
    void largePacketsThatVanishKillNobodyAndAreWarnedOf() throws Exception {
        // Every 32nd probe is a large one, so that it takes a while until nodes know.
        assertNobodyDiesDuring(IS_LONG ? FAULT : Duration.ZERO, () -> {
            lab.dropLargerThan(PACKET_BYTES_MAX);
            awaitWarned("Large datagrams do not get through");
        });
        lab.heal();
        awaitNotWarned("Large datagrams");
    }

    @Test
    @Order(4)
    void aFifthOfAllPacketsLostKillsNobodyAndDelaysButLosesNoWrite() throws Exception {
        final Set<String> acknowledged = new TreeSet<>();
        final AtomicInteger next = new AtomicInteger();
        final Map<Integer, Long> before = facts.deathVerdicts(facts.all());
        final Map<Integer, Long> helpersBefore = helpersAsked(facts.all());
        lab.lose(LOST_PART);
        final long start = System.nanoTime();
        await().atMost(LOSS.plus(SOON)).pollInterval(Duration.ofMillis(200)).until(() -> {
            final String id = "lossy." + next.get();
            if (facts.isRegistered(1 + next.getAndIncrement() % NODES, "lossy", id)) {
                acknowledged.add(id);
            }
            return millisSince(start) >= LOSS.toMillis();
        });
        assertThat(facts.deathVerdicts(facts.all())).isEqualTo(before);
        awaitHelpersAsked(helpersBefore, HELPERS_LOSS_MIN);
        lab.heal();
        assertThat(facts.awaitEqual(HEAL_MAX, "lossy")).isEqualTo(acknowledged).isNotEmpty();
    }

    @Test
    @Order(5)
    void bothSidesOfAPartitionGoOnAndAgreeSoonAfterItHeals() throws Exception {
        final Set<String> acknowledged = new TreeSet<>();
        lab.partition(1, 2);
        facts.awaitDead(SOON, 1, 3, 4, 5);
        facts.awaitDead(SOON, 2, 3, 4, 5);
        facts.awaitDead(SOON, 3, 1, 2);
        facts.awaitDead(SOON, 5, 1, 2);
        final long start = System.nanoTime();
        final AtomicInteger next = new AtomicInteger();
        await().atMost(PARTITION.plus(SOON))
                .pollInterval(Duration.ofMillis(200))
                .until(() -> {
                    final int n = 1 + next.get() % NODES;
                    final String id = "split." + next.getAndIncrement();
                    // Neither side refuses, and what it took it shows.
                    assertThat(facts.register(n, "split", id).status())
                            .as("node " + n)
                            .isEqualTo(201);
                    assertThat(facts.ids(n, "split")).contains(id);
                    acknowledged.add(id);
                    return millisSince(start) >= PARTITION.toMillis();
                });
        assertThat(facts.ids(1, "split")).isNotEqualTo(facts.ids(5, "split"));
        final long healed = System.nanoTime();
        lab.heal();
        assertThat(facts.awaitEqual(HEAL_MAX, "split")).isEqualTo(acknowledged);
        System.out.printf("healed, all nodes equal after %d ms%n", millisSince(healed));
        facts.awaitAllAlive(HEAL_MAX, facts.all());
        System.out.printf("healed, all alive after %d ms%n", millisSince(healed));
    }

    private interface Fault {
        void begin() throws Exception;
    }

    private static void assertNobodyDiesDuring(final Duration duration, final Fault fault) throws Exception {
        final Map<Integer, Long> before = facts.deathVerdicts(facts.all());
        fault.begin();
        final long start = System.nanoTime();
        await().atMost(duration.plus(SOON))
                .pollInterval(Duration.ofMillis(500))
                .until(() -> millisSince(start) >= duration.toMillis());
        assertThat(facts.deathVerdicts(facts.all()))
                .as("how often each node has believed somebody dead")
                .isEqualTo(before);
    }

    private static void awaitWarned(final String text) {
        await().atMost(SOON).untilAsserted(() -> {
            for (final int n : facts.all()) {
                assertThat(warnings(n)).as("node " + n).contains(text);
            }
        });
    }

    private static void awaitNotWarned(final String text) {
        await().atMost(SOON).untilAsserted(() -> {
            for (final int n : facts.all()) {
                assertThat(warnings(n)).as("node " + n).doesNotContain(text);
            }
        });
    }

    private static String warnings(final int n) {
        return cluster.get(n, "/health").json().path("warnings").toString();
    }

    private static long datagramsReceived() {
        long received = 0;
        for (final int n : facts.all()) {
            received += cluster.count(n, "registry_transport_events_total{event=\"datagram_received\"}");
        }
        return received;
    }

    /** A probe that a helper gets answered has not failed: that helpers were asked shows that the direct way is bad. */
    private static Map<Integer, Long> helpersAsked(final int... nodes) {
        final Map<Integer, Long> asked = new TreeMap<>();
        for (final int n : nodes) {
            asked.put(n, cluster.count(n, "registry_gossip_probes_indirect_total"));
        }
        return asked;
    }

    /** The figures are a second old at most. */
    private static void awaitHelpersAsked(final Map<Integer, Long> before, final long timesMin) {
        await().atMost(SOON)
                .untilAsserted(() ->
                        before.forEach((n, asked) -> assertThat(helpersAsked(n).get(n) - asked)
                                .as("helpers that node %d asked for a probe", n)
                                .isGreaterThanOrEqualTo(timesMin)));
    }
}
