package com.onebackend.registry.bench;

import com.onebackend.registry.model.Origin;
import com.onebackend.registry.replication.Replica;
import com.onebackend.registry.replication.ReplicaConfig;
import java.util.Locale;

/** Heap of a replica per instance: {@code MemoryBench [INSTANCES]}. */
final class MemoryBench {
    private static final int INSTANCES = 1_000_000;
    private static final int COLLECTIONS = 4;

    private MemoryBench() {}

    public static void main(final String[] args) {
        final int instances = args.length > 0 ? Integer.parseInt(args[0]) : INSTANCES;
        BenchData.replica(new Origin(1), ReplicaConfig.DEFAULT, 1_000).digestHash();
        final long before = usedBytes();
        final long startedNanos = System.nanoTime();
        final Replica replica = BenchData.replica(new Origin(1), ReplicaConfig.DEFAULT, instances);
        final double seconds = (System.nanoTime() - startedNanos) / 1e9;
        final long used = usedBytes() - before;
        System.out.printf(
                Locale.ROOT,
                "%,d instances, %d origins, hash %016x%nrestored in %.1f s%nheap %,d MiB, %d bytes per instance%n",
                instances,
                BenchData.ORIGINS,
                replica.digestHash(),
                seconds,
                used >> 20,
                used / instances);
    }

    /** What is reachable, once the collector has seen all of it. */
    @SuppressWarnings("checkstyle:noGc")
    private static long usedBytes() {
        long used = Long.MAX_VALUE;
        for (int i = 0; i < COLLECTIONS; i++) {
            System.gc();
            used = Math.min(
                    used,
                    Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory());
        }
        return used;
    }
}
