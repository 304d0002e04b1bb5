package com.onebackend.registry.simulation;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The figures by cluster size, as a table. The same seed gives the same table: every cluster is a simulation of its
 * own, whichever processor runs it.
 */
final class SizeReport {
    /** From here on the instances are left out: N nodes that tell N nodes of their machines fill the memory. */
    private static final int MEMBERSHIP_ONLY_NODES = 2_000;

    private static final long PROGRESS_NANOS = 5_000_000_000L;

    private final List<Integer> sizes;
    private final int runs;
    private final long seed;

    SizeReport(final List<Integer> sizes, final int runs, final long seed) {
        this.sizes = List.copyOf(sizes);
        this.runs = runs;
        this.seed = seed;
    }

    private record Job(int nodes, int run) {}

    String table() {
        final List<Job> jobs = new ArrayList<>();
        for (final int nodes : sizes) {
            IntStream.range(0, runs).forEach(run -> jobs.add(new Job(nodes, run)));
        }
        // The long ones first, so that no processor is left alone with one at the end.
        jobs.sort(Comparator.comparingInt(Job::nodes).reversed());
        final Map<Job, SizeRow> done =
                new ConcurrentSkipListMap<>(Comparator.comparingInt(Job::nodes).thenComparingInt(Job::run));
        InParallel.forEach(jobs.iterator(), job -> done.put(job, measured(job)));
        final Map<Integer, List<SizeRow>> bySize = done.entrySet().stream()
                .collect(Collectors.groupingBy(
                        entry -> entry.getKey().nodes(),
                        TreeMap::new,
                        Collectors.mapping(Map.Entry::getValue, Collectors.toList())));
        final List<List<String>> lines = new ArrayList<>();
        bySize.values().forEach(rows -> lines.add(SizeRow.merged(rows).cells()));
        return table(SizeRow.HEADINGS, lines);
    }

    private SizeRow measured(final Job job) {
        return new SizeRun(
                        SizePlan.of(job.nodes()),
                        seed + job.run(),
                        job.nodes() >= MEMBERSHIP_ONLY_NODES,
                        new Progress(job))
                .measure();
    }

    /** Says on standard error where one job is, every few seconds. */
    private static final class Progress implements Consumer<String> {
        private final Job job;
        private final long startNanos = System.nanoTime();
        private long lastNanos = startNanos;

        Progress(final Job job) {
            this.job = job;
        }

        @Override
        public void accept(final String step) {
            final long now = System.nanoTime();
            if (now - lastNanos >= PROGRESS_NANOS) {
                lastNanos = now;
                System.err.println("N=" + job.nodes() + " run " + (job.run() + 1) + ", "
                        + (now - startNanos) / 1_000_000_000L + " s: " + step);
            }
        }
    }

    /** Markdown with columns as wide as their widest cell. */
    static String table(final List<String> headings, final List<List<String>> lines) {
        final List<List<String>> all = new ArrayList<>();
        all.add(headings);
        all.addAll(lines);
        final int[] widths = new int[headings.size()];
        for (final List<String> line : all) {
            for (int i = 0; i < widths.length; i++) {
                widths[i] = Math.max(widths[i], line.get(i).length());
            }
        }
        final StringBuilder text = new StringBuilder();
        appendLine(text, headings, widths);
        final List<String> rule = new ArrayList<>();
        for (final int width : widths) {
            rule.add(String.join("", Collections.nCopies(width, "-")));
        }
        appendLine(text, rule, widths);
        lines.forEach(line -> appendLine(text, line, widths));
        return text.toString();
    }

    private static void appendLine(final StringBuilder text, final List<String> cells, final int[] widths) {
        for (int i = 0; i < widths.length; i++) {
            final String cell = cells.get(i);
            text.append("| ").append(cell).append(" ".repeat(widths[i] - cell.length() + 1));
        }
        text.append("|\n");
    }
}
