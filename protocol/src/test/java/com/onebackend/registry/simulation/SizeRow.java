package com.onebackend.registry.simulation;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What was measured at one cluster size. Times in nanoseconds, one per sample.
 *
 * @param first from a crash to the first survivor that says dead
 * @param all from a crash to the last one
 * @param changes from the moment a write is durable until it is on every node, in a calm network
 * @param lossyChanges the same at 20 % loss
 * @param lossVerdicts healthy members declared dead at 20 % loss
 * @param pauseVerdicts members declared dead for a pause of two seconds
 * @param idleBytes messages of one idle node, per second
 * @param idleWireBytes the same with sealing, frames, TLS, UDP, TCP and IP
 */
record SizeRow(
        SizePlan plan,
        int runs,
        List<Long> first,
        List<Long> all,
        List<Long> changes,
        List<Long> lossyChanges,
        int lossVerdicts,
        int pauseVerdicts,
        double idleBytes,
        double idleWireBytes) {
    static final List<String> HEADINGS = List.of(
            "N",
            "crashes",
            "dead at the first node: mean / p99",
            "dead at all nodes: mean / p99",
            "memberlist, all nodes",
            "declared dead: 20 % loss",
            "declared dead: 2 s pauses",
            "change on all nodes, calm: p50 / p99",
            "same, 20 % loss: p50 / p99",
            "idle: messages",
            "idle: on the wire");

    /** Several runs of one size as one row. */
    static SizeRow merged(final List<SizeRow> rows) {
        final List<Long> first = new ArrayList<>();
        final List<Long> all = new ArrayList<>();
        final List<Long> changes = new ArrayList<>();
        final List<Long> lossyChanges = new ArrayList<>();
        for (final SizeRow row : rows) {
            first.addAll(row.first);
            all.addAll(row.all);
            changes.addAll(row.changes);
            lossyChanges.addAll(row.lossyChanges);
        }
        return new SizeRow(
                rows.get(0).plan,
                rows.size(),
                first,
                all,
                changes,
                lossyChanges,
                rows.stream().mapToInt(SizeRow::lossVerdicts).sum(),
                rows.stream().mapToInt(SizeRow::pauseVerdicts).sum(),
                rows.stream().mapToDouble(SizeRow::idleBytes).average().orElse(0),
                rows.stream().mapToDouble(SizeRow::idleWireBytes).average().orElse(0));
    }

    List<String> cells() {
        return List.of(
                grouped(plan.nodes()),
                String.valueOf(all.size()),
                seconds(first),
                seconds(all),
                memberlist(plan.nodes()),
                lossVerdicts + " in " + runs * plan.lossNanos() / EventQueue.SECOND + " s",
                pauseVerdicts + " of " + grouped((long) runs * plan.pauses()),
                changes(changes),
                changes(lossyChanges),
                grouped(Math.round(idleBytes)) + " B/s",
                grouped(Math.round(idleWireBytes)) + " B/s");
    }

    /** Its defaults for a local network, computed from its rules by a simulation of them. */
    private static String memberlist(final int nodes) {
        return switch (nodes) {
            case 3 -> "5.8 / 7.4 s";
            case 30 -> "8.2 / 11.5 s";
            case 100 -> "10.5 / 14.4 s";
            case 300 -> "12.4 / 14.8 s";
            case 1_000 -> "14.5 / 17.1 s";
            case 3_000 -> "17.4 / 18.8 s";
            default -> "";
        };
    }

    private static String seconds(final List<Long> nanos) {
        return nanos.isEmpty()
                ? "none"
                : String.format(
                        Locale.ROOT, "%.1f / %.1f s", Summary.mean(nanos) / 1e9, Summary.percentile(nanos, 99) / 1e9);
    }

    private static String changes(final List<Long> nanos) {
        if (nanos.isEmpty()) {
            return "not measured";
        }
        final long median = Summary.percentile(nanos, 50);
        final long most = Summary.percentile(nanos, 99);
        return most < EventQueue.SECOND
                ? String.format(Locale.ROOT, "%.1f / %.1f ms", median / 1e6, most / 1e6)
                : String.format(Locale.ROOT, "%.2f / %.2f s", median / 1e9, most / 1e9);
    }

    private static String grouped(final long number) {
        return String.format(Locale.ROOT, "%,d", number);
    }
}
