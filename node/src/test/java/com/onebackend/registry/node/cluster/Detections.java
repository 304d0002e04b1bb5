package com.onebackend.registry.node.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Kills of nodes, and how long it takes until all others know. A round in which an observer stood still says something
 * of the machine that runs the test, not of the nodes: it is printed and not counted.
 */
final class Detections {
    private final ProcessCluster cluster;
    private final Facts facts;
    private final List<Long> counted = new ArrayList<>();
    private final List<Long> excused = new ArrayList<>();
    private Map<Integer, Long> verdictsBefore = Map.of();
    private Map<Integer, Long> pausesBefore = Map.of();
    private int victim;
    private long killedNanos;
    private long millis;

    Detections(final ProcessCluster cluster) {
        this.cluster = cluster;
        this.facts = new Facts(cluster);
    }

    /** A round begins. */
    void kill(final int n) throws InterruptedException {
        victim = n;
        verdictsBefore = facts.deathVerdicts(facts.except(n));
        pausesBefore = pauses();
        killedNanos = System.nanoTime();
        cluster.kill(n);
    }

    /** Returns when all others know; each of them has counted one death, this one. */
    void awaitKnown(final Duration atMost) {
        final long lateMillis = Facts.millisSince(killedNanos);
        final List<Long> seen = facts.awaitDead(atMost, victim, facts.except(victim));
        millis = lateMillis + Facts.percentile(seen, 100);
        System.out.printf("node-%d killed, seen dead after %s ms, begun %d ms late%n", victim, seen, lateMillis);
        final Map<Integer, Long> once = new TreeMap<>(verdictsBefore);
        once.replaceAll((n, verdicts) -> verdicts + 1);
        assertThat(facts.deathVerdicts(facts.except(victim)))
                .as("how often each other node has believed somebody dead")
                .isEqualTo(once);
    }

    /** The round is over; a second after {@link #awaitKnown} at least, since figures are that old at most. */
    void judge() {
        final boolean hasStoodStill = !pauses().equals(pausesBefore);
        (hasStoodStill ? excused : counted).add(millis);
        if (hasStoodStill) {
            System.out.printf("not counted: an observer stood still, %s before, %s now%n", pausesBefore, pauses());
        }
    }

    /** Milliseconds from each kill until all others knew. */
    List<Long> counted() {
        return List.copyOf(counted);
    }

    String summary() {
        return (counted.isEmpty() ? "none" : Facts.summary(counted)) + ", not counted " + excused;
    }

    private Map<Integer, Long> pauses() {
        final Map<Integer, Long> pauses = new TreeMap<>();
        for (final int n : facts.except(victim)) {
            pauses.put(n, cluster.count(n, "registry_gossip_pauses_total"));
        }
        return pauses;
    }
}
