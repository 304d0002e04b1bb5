package com.onebackend.registry.node.cluster;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;

/**
 * Does harm to a cluster and makes it good again, step by step; what it does follows from its seed.
 *
 * <p><i>Thread:</i> the test's.
 */
final class Nemesis {
    /** What goes on before the next harm is done. */
    private static final int QUIET_MILLIS_MAX = 1_500;

    private static final int PAUSE_MILLIS_MAX = 4_000;
    private static final int CUT_MILLIS_MAX = 5_000;

    private final ProcessCluster cluster;
    private final Facts facts;
    /** Null where the machine allows none. */
    private final NetworkLab lab;

    private final Random random;
    private final int nodes;

    Nemesis(final ProcessCluster cluster, final NetworkLab lab, final int nodes, final long seed) {
        this.cluster = cluster;
        this.facts = new Facts(cluster);
        this.lab = lab;
        this.nodes = nodes;
        this.random = new Random(seed);
    }

    /** kill -9, of the leader or of any number of nodes, and a start. */
    void kill() throws Exception {
        quiet();
        final List<Integer> victims = victims();
        for (final int n : victims) {
            cluster.kill(n);
        }
        pass(QUIET_MILLIS_MAX);
        for (final int n : victims) {
            cluster.start(n);
        }
        facts.awaitReady(victims.stream().mapToInt(Integer::intValue).toArray());
    }

    /** SIGSTOP for a while, of the leader or of any number of nodes. */
    void pause() throws Exception {
        quiet();
        final List<Integer> victims = victims();
        for (final int n : victims) {
            cluster.pause(n);
        }
        try {
            pass(PAUSE_MILLIS_MAX);
        } finally {
            for (final int n : victims) {
                cluster.resume(n);
            }
        }
    }

    /** The leader, or any other part, does not hear the rest; at times one way only. */
    void cut() throws Exception {
        quiet();
        final List<Integer> victims = victims();
        if (random.nextInt(3) == 0) {
            lab.dropOneWay(victims.get(0), 1 + victims.get(0) % nodes);
        } else {
            lab.partition(victims.stream().mapToInt(Integer::intValue).toArray());
        }
        try {
            pass(CUT_MILLIS_MAX);
        } finally {
            lab.heal();
        }
    }

    /** One of the three. */
    void any() throws Exception {
        switch (random.nextInt(lab == null ? 2 : 3)) {
            case 0 -> kill();
            case 1 -> pause();
            default -> cut();
        }
    }

    /** Mostly the leader; else some others. */
    private List<Integer> victims() {
        final int leader = facts.leader(nodes);
        if (leader > 0 && random.nextInt(5) < 2) {
            return List.of(leader);
        }
        final List<Integer> all = new ArrayList<>();
        for (int n = 1; n <= nodes; n++) {
            all.add(n);
        }
        Collections.shuffle(all, random);
        // Seldom so many that nothing goes on.
        final int atMost = random.nextInt(5) == 0 ? nodes : Math.max(1, (nodes - 1) / 2);
        return List.copyOf(all.subList(0, 1 + random.nextInt(atMost)));
    }

    private void quiet() throws InterruptedException {
        pass(QUIET_MILLIS_MAX);
    }

    /** Any moment will do, and none in particular. */
    private void pass(final int millisMax) throws InterruptedException {
        TimeUnit.MILLISECONDS.sleep(200 + random.nextInt(millisMax));
    }

    /** Removes a node, as an operator does, empties its folder and starts it again as a new one. */
    void replaceByEmpty(final int victim, final int by) throws IOException, InterruptedException {
        quiet();
        cluster.kill(victim);
        facts.remove(by, victim);
        cluster.wipe(victim);
        cluster.start(victim, cluster.environment(victim, 3));
        facts.awaitReady(victim);
    }
}
