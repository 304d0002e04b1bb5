package com.onebackend.registry.node.cluster;

import com.onebackend.registry.node.bench.LoadClient;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Definition writes of three real nodes with three votes, beside what the disk does by itself: each acknowledged write
 * is on the disks of two nodes and applied where it was asked for.
 */
final class CatalogBench {
    private static final int NODES = 3;
    private static final int DEFINITIONS = 200;
    private static final int WARM_UP_OUTSTANDING = 64;
    private static final int[] OUTSTANDING = {1, 8, 64};
    private static final long WARM_UP_NANOS = TimeUnit.SECONDS.toNanos(30);
    private static final long DISK_NANOS = TimeUnit.SECONDS.toNanos(2);
    private static final int APPEND_BYTES = 4 << 10;

    private final ProcessCluster cluster;
    private final Facts facts;
    private final byte[][] requests = new byte[DEFINITIONS][];
    private final AtomicInteger next = new AtomicInteger();
    private final AtomicLong refused = new AtomicLong();

    private CatalogBench(final ProcessCluster cluster) {
        this.cluster = cluster;
        this.facts = new Facts(cluster);
    }

    public static void main(final String[] args) throws Exception {
        final long roundNanos = TimeUnit.SECONDS.toNanos(args.length > 0 ? Long.parseLong(args[0]) : 4);
        final Path folder = Files.createTempDirectory("registry-bench");
        try (ProcessCluster cluster = new ProcessCluster(folder, NODES)) {
            new CatalogBench(cluster).run(folder, roundNanos);
        } finally {
            ProcessCluster.delete(folder);
        }
    }

    private void run(final Path folder, final long roundNanos) throws Exception {
        for (final int n : facts.all()) {
            final Map<String, String> environment = cluster.environment(n);
            // A node of a bench lives long enough for the optimising compiler.
            environment.put("JAVA_OPTS", System.getProperty("registry.java.opts", "-Xmx512m"));
            cluster.start(n, environment);
        }
        facts.awaitReady(facts.all());
        cluster.login();
        facts.awaitVoters(NODES, facts.all());
        for (int i = 0; i < DEFINITIONS; i++) {
            requests[i] = put(i);
        }
        System.err.println("Warming up ...");
        measure(facts.all(), WARM_UP_OUTSTANDING, WARM_UP_NANOS);
        refused.set(0);
        final double[] disk = disk(folder.resolve("appends"));
        System.out.printf("%-34s %10s %9s %9s %16s%n", "", "writes/s", "p50 ms", "p99 ms", "CPU us/write, all");
        for (final int outstanding : OUTSTANDING) {
            final int leader = facts.leader(NODES);
            print(outstanding + " outstanding, at the leader", measure(new int[] {leader}, outstanding, roundNanos));
            print(
                    outstanding + " outstanding, at another node",
                    measure(new int[] {1 + leader % NODES}, outstanding, roundNanos));
            if (outstanding >= NODES) {
                print(outstanding + " outstanding, over three nodes", measure(facts.all(), outstanding, roundNanos));
            }
        }
        System.out.printf(
                "%n%-34s %,10.0f %9.2f %9.2f%n", "disk: 4 KiB appended, fdatasync", disk[0], disk[1], disk[2]);
        System.out.println("Three nodes with three votes on one disk, definitions of 200 bytes; " + refused.get()
                + " refused with 503; load average "
                + Files.readString(Path.of("/proc/loadavg")).strip());
    }

    private record Figures(double perSecond, double p50Millis, double p99Millis, double cpuMicros) {}

    private static void print(final String what, final Figures figures) {
        System.out.printf(
                "%-34s %,10.0f %9.2f %9.2f %,16.0f%n",
                what, figures.perSecond, figures.p50Millis, figures.p99Millis, figures.cpuMicros);
    }

    private Figures measure(final int[] nodes, final int outstanding, final long nanos) throws Exception {
        final long cpuBefore = cpuTicks();
        final long start = System.nanoTime();
        final ExecutorService threads = Executors.newFixedThreadPool(nodes.length);
        final List<Future<long[]>> running = new ArrayList<>();
        for (int i = 0; i < nodes.length; i++) {
            final int port = URI.create(cluster.url(nodes[i])).getPort();
            // What does not divide goes to the first ones.
            final int connections = outstanding / nodes.length + (i < outstanding % nodes.length ? 1 : 0);
            running.add(threads.submit(() -> latencies(port, connections, nanos)));
        }
        threads.shutdown();
        final List<long[]> all = new ArrayList<>();
        for (final Future<long[]> client : running) {
            all.add(client.get());
        }
        final double seconds = (System.nanoTime() - start) / 1e9;
        final long[] sorted =
                all.stream().flatMapToLong(Arrays::stream).sorted().toArray();
        return new Figures(
                sorted.length / seconds,
                percentileMillis(sorted, 0.50),
                percentileMillis(sorted, 0.99),
                (cpuTicks() - cpuBefore) * 10_000.0 / Math.max(1, sorted.length));
    }

    private long[] latencies(final int port, final int connections, final long nanos) throws IOException {
        final List<Long> latencies = new ArrayList<>();
        final LoadClient client = new LoadClient(port, connections, true);
        client.run(
                n -> requests[Math.floorMod(next.getAndIncrement(), DEFINITIONS)],
                nanos,
                Integer.MAX_VALUE,
                latencies::add);
        refused.addAndGet(client.refused());
        return latencies.stream().mapToLong(Long::longValue).toArray();
    }

    private static double percentileMillis(final long[] sorted, final double part) {
        return sorted.length == 0 ? Double.NaN : sorted[(int) (part * (sorted.length - 1))] / 1e6;
    }

    /** Of all nodes: user and system time, in hundredths of a second. */
    private long cpuTicks() throws IOException {
        long ticks = 0;
        for (final int n : facts.all()) {
            final String stat = Files.readString(Path.of("/proc/" + cluster.pid(n) + "/stat"));
            final String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
            ticks += Long.parseLong(fields[11]) + Long.parseLong(fields[12]);
        }
        return ticks;
    }

    private byte[] put(final int number) {
        final String body = "{\"definition\":{\"id\":\"bench-" + number + "\",\"image\":{\"name\":\"registry/bench:"
                + "x".repeat(150) + "\"}}}";
        return ("PUT /registry-svc/definition HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer " + cluster.token()
                        + "\r\nContent-Type: application/json\r\nContent-Length: " + body.length() + "\r\n\r\n" + body)
                .getBytes(StandardCharsets.US_ASCII);
    }

    /** What the disk does by itself, one append after the other: how many a second, and the time one takes. */
    private static double[] disk(final Path file) throws IOException {
        final List<Long> latencies = new ArrayList<>();
        try (FileChannel channel = FileChannel.open(
                file, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.APPEND)) {
            final ByteBuffer bytes = ByteBuffer.allocate(APPEND_BYTES);
            final long start = System.nanoTime();
            while (System.nanoTime() - start < DISK_NANOS) {
                final long before = System.nanoTime();
                channel.write(bytes.clear());
                channel.force(false);
                latencies.add(System.nanoTime() - before);
            }
            final long[] sorted =
                    latencies.stream().mapToLong(Long::longValue).sorted().toArray();
            return new double[] {
                sorted.length / ((System.nanoTime() - start) / 1e9),
                percentileMillis(sorted, 0.50),
                percentileMillis(sorted, 0.99)
            };
        }
    }
}
