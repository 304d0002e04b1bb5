package com.onebackend.registry.simulation;

import static com.onebackend.registry.simulation.EventQueue.MILLI;

import com.onebackend.registry.gossip.Effects;
import com.onebackend.registry.gossip.GossipConfig;
import com.onebackend.registry.gossip.GossipCore;
import com.onebackend.registry.gossip.GossipMessage;
import com.onebackend.registry.gossip.HeartbeatVerdict;
import com.onebackend.registry.gossip.Now;
import com.onebackend.registry.membership.Lane;
import com.onebackend.registry.model.Endpoint;
import com.onebackend.registry.model.Generation;
import com.onebackend.registry.model.Incarnation;
import com.onebackend.registry.model.Instance;
import com.onebackend.registry.model.Member;
import com.onebackend.registry.model.MemberId;
import com.onebackend.registry.model.MemberState;
import com.onebackend.registry.model.NodeReport;
import com.onebackend.registry.model.NodeUsage;
import com.onebackend.registry.model.Origin;
import com.onebackend.registry.model.Part;
import com.onebackend.registry.replication.LogBatch;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.random.RandomGenerator;

/**
 * One machine: a disk that outlives its processes, clocks of its own, and while it runs a gossip core driven the way
 * the daemon's loop drives it.
 */
final class VirtualNode implements VirtualNetwork.Port {
    /** What arrives for a stopped process beyond this is lost, as in a socket's buffer. */
    static final int INBOX_MAX = 512;

    private static final long WALL_START_MILLIS = 1_700_000_000_000L;
    private static final long REPORT_INTERVAL_NANOS = 15_000 * MILLI;
    private static final long TICK_MIN_NANOS = 20 * MILLI;
    private static final long TICK_MAX_NANOS = 50 * MILLI;
    private static final long SYNC_MIN_NANOS = MILLI / 5;
    private static final long SYNC_MAX_NANOS = 3 * MILLI;
    private static final long SYNC_SLOW_NANOS = 150 * MILLI;

    private final int index;
    private final World world;
    private final RandomGenerator random;
    private final Endpoint endpoint;
    private long skewMillis;
    private final VirtualDisk disk = new VirtualDisk();
    private final Deque<Runnable> inbox = new ArrayDeque<>();
    private final Outbox outbox = new Outbox();
    private Phase phase = Phase.DOWN;
    private GossipCore core;
    private Origin origin;
    private long generation;
    private int process;
    private long nanosBase;
    private boolean isSyncing;
    private long disturbedNanos;

    /** What is the same for every node of a simulation. */
    record World(
            EventQueue events,
            VirtualNetwork network,
            Trace trace,
            Seeds seeds,
            GossipConfig config,
            boolean reportsUsage,
            NodeObserver observer) {}

    /** Whether there is a process, and whether it moves. */
    enum Phase {
        DOWN,
        RUNNING,
        PAUSED
    }

    VirtualNode(final int index, final long skewMillisMax, final World world) {
        this.index = index;
        this.world = world;
        this.random = world.seeds().forPurpose("node " + index);
        this.endpoint = endpointOf(index);
        this.skewMillis = Seeds.between(random, -skewMillisMax, skewMillisMax);
        world.network().attach(endpoint, this);
    }

    static Endpoint endpointOf(final int index) {
        return new Endpoint("10.0." + index / 250 + "." + (1 + index % 250), 7_001);
    }

    static String nodeIdOf(final int index) {
        return "n" + (index + 1);
    }

    /** A process starts on whatever the disk holds. */
    void start(final List<Endpoint> seeds) {
        if (origin == null) {
            origin = new Origin(random.nextLong());
            generation = Math.max(generation + 1, wallMillis());
        } else {
            generation++;
        }
        process++;
        // Monotonic clocks start anywhere, also below zero.
        nanosBase = random.nextLong() >> 1;
        disturbedNanos = world.events().nowNanos();
        final MemberId id = new MemberId(nodeIdOf(index), origin, new Generation(generation));
        final String url = "http://" + endpoint.host() + ":58231";
        final Member self = new Member(id, Incarnation.FIRST, MemberState.ALIVE, endpoint, url);
        core = new GossipCore(world.config(), self, world.seeds().forPurpose("core " + index + "/" + process));
        disk.written().entries().values().forEach(core::restore);
        disk.written().heads().values().forEach(core::restoreHead);
        phase = Phase.RUNNING;
        record("start", id);
        world.observer().started(this);
        act((now, out) -> {
            core.restored(out);
            core.join(seeds, now, out);
        });
        scheduleTick();
        if (world.reportsUsage()) {
            final RandomGenerator usage = world.seeds().forPurpose("usage " + index + "/" + process);
            scheduleReport(usage, usage.nextLong(REPORT_INTERVAL_NANOS));
        }
    }

    void crash() {
        final MemberId id = core.self().id();
        final int lost = disk.crash(random);
        record("crash", lost + " batches lost");
        end();
        world.observer().crashed(this, id);
    }

    /** Says good-bye, then ends; nothing is lost. */
    void leave() {
        act((now, out) -> core.leave(now, out));
        disk.sync(disk.unsyncedBatches());
        record("leave", "");
        process++;
        phase = Phase.DOWN;
        inbox.clear();
        isSyncing = false;
        world.observer().left(this);
    }

    /** The folder of a node that does not run is lost. */
    void wipe() {
        world.observer().losingDisk(this);
        record("wipe", origin);
        disk.wipe();
        origin = null;
    }

    /** From now on its wall clock is so far ahead of the true time. */
    void setClock(final long aheadMillis) {
        record("clock", aheadMillis);
        skewMillis = aheadMillis;
    }

    void pause() {
        phase = Phase.PAUSED;
        disturbedNanos = world.events().nowNanos();
        record("pause", "");
    }

    void resume() {
        phase = Phase.RUNNING;
        disturbedNanos = world.events().nowNanos();
        record("resume", inbox.size() + " waiting");
        if (random.nextBoolean()) {
            act((now, out) -> core.tick(now, out));
        }
        while (!inbox.isEmpty() && phase == Phase.RUNNING) {
            inbox.removeFirst().run();
        }
        world.network().release(endpoint);
    }

    /** Writes one part; the observer is told when it is durable. Returns the version. */
    long write(final String instanceId, final Part part) {
        record("write", instanceId + " " + part);
        final long[] version = new long[1];
        act((now, out) -> version[0] = core.write(instanceId, part, now, out));
        return version[0];
    }

    /** An instance gave a sign of life here. */
    HeartbeatVerdict heartbeat(final String instanceId) {
        record("heartbeat", instanceId);
        final HeartbeatVerdict[] verdict = new HeartbeatVerdict[1];
        act((now, out) -> verdict[0] = core.heartbeat(instanceId, now, out));
        return verdict[0];
    }

    /** What a reader sees; null when it is not registered. */
    Instance shown(final String instanceId) {
        return core.shown(instanceId, now());
    }

    /** How far the machine's wall clock is ahead. */
    long skewMillis() {
        return skewMillis;
    }

    /** How long the instance was silent, as far as this node could hear. */
    long silentNanos(final String instanceId) {
        return core.silentNanos(instanceId, now());
    }

    /** Any other command. */
    void command(final BiConsumer<Now, Effects> command) {
        act(command);
    }

    Instance instance(final String instanceId) {
        return core.instance(instanceId);
    }

    GossipCore core() {
        return core;
    }

    /** What this node believes of the node with that id; null when it does not know it. */
    Member member(final String nodeId) {
        final List<Member> members = core.members();
        int from = 0;
        int to = members.size() - 1;
        while (from <= to) {
            final int middle = (from + to) >>> 1;
            final int order = members.get(middle).id().nodeId().compareTo(nodeId);
            if (order == 0) {
                return members.get(middle);
            }
            from = order < 0 ? middle + 1 : from;
            to = order < 0 ? to : middle - 1;
        }
        return null;
    }

    VirtualDisk disk() {
        return disk;
    }

    Endpoint endpoint() {
        return endpoint;
    }

    Phase phase() {
        return phase;
    }

    int index() {
        return index;
    }

    /** Null before the first start and after a wipe. */
    Origin origin() {
        return origin;
    }

    /** When the process was last started, stopped or continued. */
    long disturbedNanos() {
        return disturbedNanos;
    }

    @Override
    public boolean isListening() {
        return phase != Phase.DOWN;
    }

    @Override
    public boolean isReading() {
        return phase == Phase.RUNNING;
    }

    @Override
    public void deliver(final Endpoint from, final GossipMessage message, final boolean isStream) {
        if (phase == Phase.RUNNING) {
            receive(from, message);
        } else {
            whenRunning(() -> receive(from, message));
        }
    }

    @Override
    public String toString() {
        return nodeIdOf(index);
    }

    private void end() {
        process++;
        phase = Phase.DOWN;
        core = null;
        inbox.clear();
        isSyncing = false;
        disturbedNanos = world.events().nowNanos();
        world.network().breakStreams(endpoint);
    }

    private void scheduleTick() {
        final int current = process;
        world.events().after(Seeds.between(random, TICK_MIN_NANOS, TICK_MAX_NANOS), () -> {
            if (process != current) {
                return;
            }
            if (phase == Phase.RUNNING) {
                core.tick(now(), outbox);
                perform();
            }
            scheduleTick();
        });
    }

    /** The daemon samples its machine at an interval; this one is a small server that is not very busy. */
    private void scheduleReport(final RandomGenerator usage, final long delayNanos) {
        final int current = process;
        world.events().after(delayNanos, () -> {
            if (process != current) {
                return;
            }
            final NodeUsage sample = new NodeUsage(
                    NodeUsage.Resource.of(usage.nextInt(2_000), 4_000),
                    NodeUsage.Resource.of((6L << 30) + usage.nextInt(1 << 30), 16L << 30),
                    NodeUsage.Resource.of((40L << 30) + usage.nextInt(1 << 30), 100L << 30));
            whenRunning(() -> {
                if (process == current) {
                    act((now, out) -> core.report(sample, List.of(), now, out));
                }
            });
            scheduleReport(usage, REPORT_INTERVAL_NANOS);
        });
    }

    /** The loop's thread: runs it now, or after the pause while there is room. */
    private void whenRunning(final Runnable step) {
        if (phase == Phase.RUNNING) {
            step.run();
        } else if (phase == Phase.PAUSED && inbox.size() < INBOX_MAX) {
            inbox.addLast(step);
        }
    }

    private void receive(final Endpoint from, final GossipMessage message) {
        core.receive(from, message, now(), outbox);
        perform();
    }

    private void act(final BiConsumer<Now, Effects> step) {
        step.accept(now(), outbox);
        perform();
    }

    private void perform() {
        world.observer().stepped(this);
        outbox.perform();
    }

    private Now now() {
        return new Now(nanosBase + world.events().nowNanos(), wallMillis());
    }

    private long wallMillis() {
        return WALL_START_MILLIS + world.events().nowNanos() / MILLI + skewMillis;
    }

    private void record(final String what, final Object detail) {
        world.trace().add(world.events().nowNanos(), what, this, detail, index);
    }

    /** One sync at a time, which covers everything appended before it started; what comes meanwhile waits. */
    private void syncIfIdle() {
        if (isSyncing || disk.isStalled() || disk.unsyncedBatches() == 0) {
            return;
        }
        isSyncing = true;
        final int batches = disk.unsyncedBatches();
        final int current = process;
        final long slow = random.nextInt(100) == 0 ? Seeds.between(random, 0, SYNC_SLOW_NANOS) : 0;
        world.events().after(slow + Seeds.between(random, SYNC_MIN_NANOS, SYNC_MAX_NANOS), () -> {
            if (process == current) {
                onSynced(disk.sync(batches), current);
            }
        });
    }

    private void onSynced(final List<VirtualDisk.Stored> batches, final int current) {
        isSyncing = false;
        world.observer().synced(this, batches);
        long ownVersion = 0;
        for (final VirtualDisk.Stored stored : batches) {
            ownVersion = Math.max(ownVersion, stored.ownVersion());
        }
        commit(ownVersion, current);
        for (final VirtualDisk.Stored stored : batches) {
            if (stored.token() > 0) {
                answer(stored.token(), current);
            }
        }
        syncIfIdle();
    }

    private void commit(final long ownVersion, final int current) {
        if (ownVersion > 0) {
            // A new process has a new inbox, so this one is still the process that wrote.
            whenRunning(() -> {
                if (process == current) {
                    world.observer().committing(this, ownVersion);
                    act((now, out) -> core.committed(ownVersion, now, out));
                }
            });
        }
    }

    private void answer(final long token, final int current) {
        whenRunning(() -> {
            if (process == current) {
                act((now, out) -> core.synced(token, now, out));
            }
        });
    }

    /** Collects what the core wants; it is done after the core returned. */
    private final class Outbox implements Effects {
        private final List<Runnable> actions = new ArrayList<>();

        /** In order. None of them enters a core: what they cause is an event of its own. */
        void perform() {
            for (int i = 0; i < actions.size(); i++) {
                actions.get(i).run();
            }
            actions.clear();
        }

        @Override
        public void send(final Endpoint to, final Lane lane, final GossipMessage message) {
            actions.add(() -> {
                world.observer().sending(VirtualNode.this, to, lane, message);
                world.network().send(endpoint, to, lane, message);
            });
        }

        @Override
        public void persist(final LogBatch batch, final long ownVersion) {
            actions.add(() -> {
                world.observer().persisting(VirtualNode.this, batch, ownVersion);
                disk.append(batch, ownVersion);
                world.observer().persisted(VirtualNode.this, batch);
                syncIfIdle();
            });
        }

        @Override
        public void sync(final long token) {
            actions.add(() -> {
                disk.appendToken(token);
                syncIfIdle();
            });
        }

        @Override
        public void instanceChanged(final String instanceId) {
            actions.add(() -> world.observer().instanceChanged(VirtualNode.this, instanceId));
        }

        @Override
        public void memberChanged(final Member before, final Member after) {
            actions.add(() -> world.observer().memberChanged(VirtualNode.this, before, after));
        }

        @Override
        public void reported(final NodeReport report) {
            // Reports have no invariant beyond what their receivers check.
        }
    }
}
