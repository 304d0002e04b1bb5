package com.onebackend.registry.simulation;

import static com.onebackend.registry.simulation.EventQueue.SECOND;

import java.util.Locale;

/** How long a mass start, quiet time and a crash of a big cluster take, here and in virtual time: {@code nodes seed}. */
public final class MembershipProfile {
    private MembershipProfile() {}

    public static void main(final String[] args) {
        final int nodes = Integer.parseInt(args[0]);
        final long seed = args.length > 1 ? Long.parseLong(args[1]) : 1;
        final MemberCluster cluster = new MemberCluster(seed);
        long wall = System.nanoTime();
        cluster.startAll(nodes);
        final long met = cluster.require("all meet", 120 * SECOND, cluster::isComplete);
        wall = print(cluster, "mass start, all see all", met, wall);
        cluster.run(20 * SECOND);
        wall = print(cluster, "quiet", 20 * SECOND, wall);
        for (int crash = 1; crash <= 3; crash++) {
            final MemberCluster.Process victim = cluster.process("n" + nodes / (crash + 1));
            victim.kill();
            final long known = cluster.require(
                    "crash known",
                    120 * SECOND,
                    () -> cluster.allSee(victim.id, com.onebackend.registry.model.MemberState.DEAD));
            wall = print(cluster, "crash known to all", known, wall);
        }
        System.out.println("false deaths " + cluster.falseDeaths.size());
    }

    private static long print(final MemberCluster cluster, final String what, final long nanos, final long wallStart) {
        final long wall = System.nanoTime();
        final VirtualNetwork.Counters sent = cluster.network.counters();
        System.out.printf(
                Locale.ROOT,
                "%-24s %6.2f s virtual, %6.2f s wall; so far %d datagrams, %d on streams, %d MB%n",
                what,
                nanos / 1e9,
                (wall - wallStart) / 1e9,
                sent.datagrams,
                sent.streamed,
                sent.bytes >> 20);
        return wall;
    }
}
