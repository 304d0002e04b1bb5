package com.onebackend.registry.bench;

import com.onebackend.registry.gossip.GossipMessage;
import com.onebackend.registry.model.Generation;
import com.onebackend.registry.model.MemberId;
import com.onebackend.registry.model.Origin;
import com.onebackend.registry.replication.LogMessage;
import com.onebackend.registry.replication.Replica;
import com.onebackend.registry.replication.ReplicaConfig;
import com.onebackend.registry.replication.SessionConfig;
import com.onebackend.registry.replication.SyncVerdict;
import com.onebackend.registry.wire.WireCodec;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.Locale;

/**
 * A fresh replica loads everything from another one, every message through the wire format, on one thread.
 *
 * <p>{@code SyncBench [INSTANCES]}. Times are of the CPU, as machines are shared. The limit on bytes per second is off;
 * what it would make of the load is said.
 */
final class SyncBench {
    private static final int INSTANCES = 1_000_000;
    private static final int WARM_UP = 100_000;

    private static final MemberId FULL = new MemberId("full", new Origin(1), new Generation(1));
    private static final MemberId FRESH = new MemberId("fresh", new Origin(2), new Generation(1));

    private long messages;
    private long bytes;
    private long longestNanos;
    private final ThreadMXBean threads = ManagementFactory.getThreadMXBean();

    private SyncBench() {}

    public static void main(final String[] args) {
        final int instances = args.length > 0 ? Integer.parseInt(args[0]) : INSTANCES;
        new SyncBench().run(WARM_UP, false);
        new SyncBench().run(instances, true);
    }

    private void run(final int instances, final boolean isReported) {
        final ReplicaConfig config = ReplicaConfig.DEFAULT.withSessions(unlimited());
        final Replica full = BenchData.replica(FULL.origin(), config, instances);
        final Replica fresh = new Replica(FRESH.origin(), config);
        final long startedNanos = System.nanoTime();
        final long startedCpuNanos = threads.getCurrentThreadCpuTime();
        LogMessage ask = fresh.request(1, FULL, 0);
        SyncVerdict verdict = SyncVerdict.MORE;
        while (verdict == SyncVerdict.MORE) {
            final long stepNanos = threads.getCurrentThreadCpuTime();
            final LogMessage asked = over(FRESH, ask);
            final LogMessage.SyncChunk made = (asked instanceof LogMessage.SyncRequest request
                            ? full.answer(FRESH.nodeId(), request, 0)
                            : full.answer(FRESH.nodeId(), (LogMessage.SyncNext) asked, 0))
                    .orElseThrow();
            final LogMessage.SyncChunk chunk = (LogMessage.SyncChunk) over(FULL, made);
            verdict = fresh.chunk(chunk, BenchData.WALL_MILLIS + 2L * instances, 0);
            fresh.drain();
            ask = new LogMessage.SyncNext(chunk.session(), chunk.index() + 1);
            longestNanos = Math.max(longestNanos, threads.getCurrentThreadCpuTime() - stepNanos);
        }
        final double seconds = (threads.getCurrentThreadCpuTime() - startedCpuNanos) / 1e9;
        final double wallSeconds = (System.nanoTime() - startedNanos) / 1e9;
        if (verdict != SyncVerdict.DONE || fresh.digestHash() != full.digestHash()) {
            throw new IllegalStateException("the load ended " + verdict + " and not equal");
        }
        if (isReported) {
            final long entries = 2L * instances;
            System.out.printf(
                    Locale.ROOT,
                    "%,d instances, %,d entries, %,d messages, %,d MB, %d bytes per entry%n"
                            + "loaded in %.1f s of CPU, %.1f s in all: %,.0f entries/s, %.0f MB/s of CPU time%n"
                            + "the longest chunk took %.1f ms of CPU on both sides%n"
                            + "at the limit of %d MB/s it takes %.1f s%n",
                    instances,
                    entries,
                    messages,
                    bytes / 1_000_000,
                    bytes / entries,
                    seconds,
                    wallSeconds,
                    entries / seconds,
                    bytes / seconds / 1e6,
                    longestNanos / 1e6,
                    SessionConfig.DEFAULT.bulkBytesPerSecondMax() / 1_000_000,
                    Math.max(seconds, (double) bytes / SessionConfig.DEFAULT.bulkBytesPerSecondMax()));
        }
    }

    private LogMessage over(final MemberId from, final LogMessage message) {
        final byte[] encoded = WireCodec.encode(new GossipMessage.Log(from, message));
        messages++;
        bytes += encoded.length;
        return ((GossipMessage.Log) WireCodec.decode(encoded)).message();
    }

    private static SessionConfig unlimited() {
        final SessionConfig usual = SessionConfig.DEFAULT;
        return new SessionConfig(
                usual.bulkAfterChunks(),
                usual.bulkSessionsMax(),
                1L << 40,
                1L << 50,
                usual.durationMaxNanos(),
                usual.stallNanos(),
                usual.openIntervalNanos(),
                usual.waitingRequestsMax(),
                usual.pointShare(),
                usual.auditOriginsMax(),
                usual.auditScanMax(),
                usual.owedInstancesMax());
    }
}
