package com.onebackend.registry.node.bench;

import com.onebackend.registry.directory.Directory;
import com.onebackend.registry.directory.Rendered;
import com.onebackend.registry.gossip.GossipConfig;
import com.onebackend.registry.gossip.GossipCore;
import com.onebackend.registry.model.Endpoint;
import com.onebackend.registry.model.Generation;
import com.onebackend.registry.model.Incarnation;
import com.onebackend.registry.model.Member;
import com.onebackend.registry.model.MemberId;
import com.onebackend.registry.model.MemberState;
import com.onebackend.registry.model.Origin;
import com.onebackend.registry.model.Part;
import com.onebackend.registry.model.Stamp;
import com.onebackend.registry.node.gossip.GossipLoop;
import com.onebackend.registry.replication.Digest;
import com.onebackend.registry.replication.LogEntry;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.concurrent.locks.LockSupport;

/**
 * What heartbeats cost the gossip loop: 100,000 instances in 100 services, 10,000 heartbeats a second, in groups of ten
 * a millisecond. Beside it the same heartbeats shown to readers one by one, each group rebuilding the services it
 * touches.
 */
final class HeartbeatBench {
    private static final int INSTANCES = 100_000;
    private static final int SERVICES = 100;
    private static final int GROUP = 10;
    private static final long GROUP_NANOS = 1_000_000L;
    private static final Origin SELF = new Origin(1);

    private HeartbeatBench() {}

    public static void main(final String[] args) throws InterruptedException {
        final int seconds = args.length > 0 ? Integer.parseInt(args[0]) : 15;
        System.out.printf(
                Locale.ROOT,
                "%,d instances in %d services, 10,000 heartbeats/s, %d s each%n",
                INSTANCES,
                SERVICES,
                seconds);
        run("idle", seconds, (turn, directory, ids) -> {});
        run("shown one by one", seconds, HeartbeatBench::oneByOne);
        run(
                "kept, and shown once in 5 s",
                seconds,
                (turn, directory, ids) -> ids.forEach(id -> turn.core().heartbeat(id, turn.now(), turn.effects())));
    }

    @FunctionalInterface
    private interface Beats {
        void beat(GossipLoop.Turn turn, Directory directory, List<String> instanceIds);
    }

    private static void oneByOne(
            final GossipLoop.Turn turn, final Directory directory, final List<String> instanceIds) {
        for (final String id : instanceIds) {
            directory.put(turn.core().instance(id).withLastHeartbeat(turn.now().wallMillis()));
        }
        directory.publish();
    }

    private static void run(final String name, final int seconds, final Beats beats) throws InterruptedException {
        final Directory directory = new Directory();
        final GossipCore core = core();
        try (GossipLoop loop = new GossipLoop(
                core,
                directory,
                (to, lane, message) -> true,
                (batch, sync, written) -> {
                    written.run();
                    return true;
                },
                failure -> {
                    throw new IllegalStateException(failure);
                })) {
            loop.start();
            final long loopThread = threadId();
            // Warm up, then measure.
            drive(loop, directory, beats, 5);
            final Rendered[] seen = views(directory);
            final ThreadMXBean threads = ManagementFactory.getThreadMXBean();
            final long cpuBefore = threads.getThreadCpuTime(loopThread);
            final long start = System.nanoTime();
            final int rebuilt = drive(loop, directory, beats, seconds, seen);
            final double share =
                    100.0 * (threads.getThreadCpuTime(loopThread) - cpuBefore) / (System.nanoTime() - start);
            System.out.printf(
                    Locale.ROOT,
                    "%-28s %5.1f %% of a core, at least %.1f service views rebuilt per second%n",
                    name,
                    share,
                    rebuilt / (double) seconds);
        }
    }

    private static void drive(final GossipLoop loop, final Directory directory, final Beats beats, final int seconds) {
        drive(loop, directory, beats, seconds, views(directory));
    }

    /** Returns how many views were seen to be new, looking once in ten milliseconds. */
    private static int drive(
            final GossipLoop loop,
            final Directory directory,
            final Beats beats,
            final int seconds,
            final Rendered[] seen) {
        final SplittableRandom random = new SplittableRandom(1);
        final long start = System.nanoTime();
        int rebuilt = 0;
        for (int group = 0; group < seconds * 1_000; group++) {
            final List<String> ids = new ArrayList<>(GROUP);
            for (int i = 0; i < GROUP; i++) {
                ids.add(id(random.nextInt(INSTANCES)));
            }
            while (!loop.post(turn -> beats.beat(turn, directory, ids))) {
                LockSupport.parkNanos(GROUP_NANOS);
            }
            if (group % 10 == 0) {
                for (int service = 0; service < SERVICES; service++) {
                    final Rendered view = directory.service("svc-" + service).rendered();
                    rebuilt += view == seen[service] ? 0 : 1;
                    seen[service] = view;
                }
            }
            final long ahead = start + (group + 1) * GROUP_NANOS - System.nanoTime();
            if (ahead > 0) {
                LockSupport.parkNanos(ahead);
            }
        }
        return rebuilt;
    }

    private static Rendered[] views(final Directory directory) {
        final Rendered[] views = new Rendered[SERVICES];
        for (int service = 0; service < SERVICES; service++) {
            views[service] = directory.service("svc-" + service).rendered();
        }
        return views;
    }

    private static GossipCore core() {
        final MemberId id = new MemberId("self", SELF, new Generation(1));
        final Member self =
                new Member(id, Incarnation.FIRST, MemberState.ALIVE, new Endpoint("127.0.0.1", 7_001), "http://self");
        final GossipCore core = new GossipCore(GossipConfig.LAN, self, new SplittableRandom(1));
        for (int i = 0; i < INSTANCES; i++) {
            final Part.Registration registration = new Part.Registration(
                    "svc-" + i % SERVICES,
                    "http://198.18." + i / 250 % 250 + "." + i % 250 + ":8080",
                    "",
                    "",
                    "",
                    0,
                    "",
                    "",
                    "http://127.0.0.1:58231",
                    List.of("blue"),
                    Stamp.ofMillis(1));
            core.restore(new LogEntry(SELF, i + 1, Stamp.ofMillis(1), id(i), registration));
        }
        core.restoreHead(new Digest.Head(SELF, INSTANCES, 0, 0));
        return core;
    }

    private static String id(final int i) {
        return "inst_" + i;
    }

    private static long threadId() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().equals("gossip-loop"))
                .mapToLong(Thread::getId)
                .findFirst()
                .orElseThrow();
    }
}
