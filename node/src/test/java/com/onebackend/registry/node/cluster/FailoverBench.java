package com.onebackend.registry.node.cluster;

import java.nio.file.Files;
import java.nio.file.Path;

/** How long no definition is written after the leader of three real nodes was killed with kill -9, again and again. */
final class FailoverBench {
    private FailoverBench() {}

    public static void main(final String[] args) throws Exception {
        final int kills = args.length > 0 ? Integer.parseInt(args[0]) : 50;
        final Path folder = Files.createTempDirectory("registry-bench");
        try (ProcessCluster cluster = new ProcessCluster(folder, 3)) {
            final Facts facts = new Facts(cluster);
            for (final int n : facts.all()) {
                cluster.start(n);
            }
            facts.awaitReady(facts.all());
            cluster.login();
            final LeaderKills leaders = new LeaderKills(cluster, System.nanoTime());
            leaders.run(kills);
            leaders.gaps().forEach((whose, gaps) -> System.out.printf("%-34s %s%n", whose, Facts.summary(gaps)));
            System.out.printf(
                    "%d leaders killed, %,d writes acknowledged, none lost; load average %s%n",
                    kills,
                    leaders.acknowledged(),
                    Files.readString(Path.of("/proc/loadavg")).strip());
        } finally {
            ProcessCluster.delete(folder);
        }
    }
}
