package com.onebackend.registry.simulation;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;

/** The figures of one run. */
record Summary(
        long seed,
        int nodes,
        double virtualSeconds,
        long datagrams,
        long streamMessages,
        double bytesPerNodeSecond,
        long acknowledged,
        long lostWithDisks,
        long withdrawn,
        List<Long> detectionNanos,
        List<Long> changeNanos,
        long falseDeaths,
        long convergedInNanos,
        long traceHash) {
    static Summary of(final Simulation simulation) {
        final double seconds = simulation.events().nowNanos() / 1e9;
        final VirtualNetwork.Counters sent = simulation.network().counters();
        final int nodes = simulation.config().nodes();
        return new Summary(
                simulation.config().seed(),
                nodes,
                seconds,
                sent.datagrams,
                sent.streamed,
                sent.bytes / seconds / nodes,
                simulation.ledger().acknowledgedCount(),
                simulation.ledger().lostWithDisks(),
                simulation.ledger().withdrawn(),
                simulation.detection().allNanos(),
                simulation.changes().tookNanos(),
                simulation.detection().falseDeaths(),
                simulation.convergedInNanos(),
                simulation.trace().hash());
    }

    /** The value that so many of a hundred do not exceed; -1 of nothing. */
    static long percentile(final List<Long> values, final int percent) {
        if (values.isEmpty()) {
            return -1;
        }
        final List<Long> sorted = new ArrayList<>(values);
        Collections.sort(sorted);
        return sorted.get(Math.min(sorted.size() - 1, sorted.size() * percent / 100));
    }

    static double mean(final List<Long> values) {
        return values.stream().mapToLong(Long::longValue).average().orElse(-1);
    }

    /** For a person. */
    String text() {
        return String.format(
                Locale.ROOT,
                "seed %d, %d nodes, %.1f virtual seconds%n"
                        + "messages        %d datagrams, %d on streams, %.0f bytes per node and second%n"
                        + "writes          %d acknowledged, %d only on disks that were wiped, %d dropped by resets%n"
                        + "detection       %s, %d running members declared dead%n"
                        + "change to all   %s%n"
                        + "converged       %.1f s after the last fault%n"
                        + "trace           %016x%n",
                seed,
                nodes,
                virtualSeconds,
                datagrams,
                streamMessages,
                bytesPerNodeSecond,
                acknowledged,
                lostWithDisks,
                withdrawn,
                distribution(detectionNanos, 1e9, "s"),
                falseDeaths,
                distribution(changeNanos, 1e6, "ms"),
                convergedInNanos / 1e9,
                traceHash);
    }

    static String distribution(final List<Long> nanos, final double unit, final String name) {
        return nanos.isEmpty()
                ? "none"
                : String.format(
                        Locale.ROOT,
                        "%d, mean %.2f %s, p50 %.2f, p99 %.2f, most %.2f",
                        nanos.size(),
                        mean(nanos) / unit,
                        name,
                        percentile(nanos, 50) / unit,
                        percentile(nanos, 99) / unit,
                        Collections.max(nanos) / unit);
    }
}
