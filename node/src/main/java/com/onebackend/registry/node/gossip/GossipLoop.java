package com.onebackend.registry.node.gossip;

import com.onebackend.registry.directory.Directory;
import com.onebackend.registry.directory.Entry;
import com.onebackend.registry.gossip.Effects;
import com.onebackend.registry.gossip.GossipCore;
import com.onebackend.registry.gossip.GossipCounters;
import com.onebackend.registry.gossip.GossipMessage;
import com.onebackend.registry.gossip.Now;
import com.onebackend.registry.membership.Lane;
import com.onebackend.registry.model.Endpoint;
import com.onebackend.registry.model.Instance;
import com.onebackend.registry.model.Member;
import com.onebackend.registry.model.MemberState;
import com.onebackend.registry.model.NodeReport;
import com.onebackend.registry.replication.LogBatch;
import com.onebackend.registry.wire.WireCodec;
import com.onebackend.registry.wire.WireLimits;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The owner of the gossip core: one thread that takes tasks from a bounded queue, runs them on the core and performs
 * the
 * effects.
 *
 * <p><i>Thread:</i> {@link #post}, {@link #received} and the readers ({@link #members}, {@link #report}) may be called
 * from any thread. Everything that gets a {@link Turn} runs on the loop.
 *
 * <p><i>Lifecycle:</i> construct with a restored core, {@link #start}, {@link #close}. A task that throws is a
 * programmer's error: it is logged, the loop ends and {@code fatal} is told.
 */
public final class GossipLoop implements AutoCloseable {
    /** Tasks waiting at most; a further one is refused. */
    public static final int INBOX_MAX = 16_384;

    /** Commands of this node itself waiting at most; more than a catalog can remove at once. */
    public static final int COMMANDS_MAX = 16_384;

    /** Own writes waiting for the disk at most; a further one is refused. */
    public static final int UNACKNOWLEDGED_MAX = 65_536;

    private static final Logger LOG = LoggerFactory.getLogger(GossipLoop.class);
    private static final long TICK_NANOS = TimeUnit.MILLISECONDS.toNanos(20);
    private static final int TASKS_PER_ROUND_MAX = 1_024;
    private static final long JOIN_MILLIS_MAX = 5_000;

    private final GossipCore core;
    private final Directory directory;
    private final Outbox outbox;
    private final InstanceLogWriter writer;
    private final Consumer<Throwable> fatal;
    private final BlockingQueue<Task> inbox = new ArrayBlockingQueue<>(INBOX_MAX);
    private final BlockingQueue<Task> commands = new ArrayBlockingQueue<>(COMMANDS_MAX);
    private final AtomicLong durableVersion = new AtomicLong();
    private final AtomicLong durableToken = new AtomicLong();
    private final Map<String, NodeReport> reports = new ConcurrentHashMap<>();
    private final Thread thread;
    private final Turn turn = new Turn();
    private final LongAdder undecodable = new LongAdder();
    private final LongAdder dropped = new LongAdder();
    private volatile List<Member> members = List.of();
    private volatile long syncsCompleted;
    private volatile boolean isCaughtUp;
    private volatile boolean isResetting;
    private volatile GossipCounters.Retained retained;
    private volatile boolean running = true;
    private volatile boolean ended;

    // Owned by the loop thread.
    private final ArrayDeque<PendingBatch> unsubmitted = new ArrayDeque<>();
    private final ArrayDeque<Acknowledgement> unacknowledged = new ArrayDeque<>();
    private final Set<String> changedInstances = new LinkedHashSet<>();
    private final Map<Address, String> writtenThisRound = new HashMap<>();
    private final Map<String, Long> heartbeats = new HashMap<>();
    private boolean membersChanged = true;
    private long committedVersion;
    private long syncedToken;
    private long writtenVersion;

    public GossipLoop(
            final GossipCore core,
            final Directory directory,
            final Outbox outbox,
            final InstanceLogWriter writer,
            final Consumer<Throwable> fatal) {
        this.core = core;
        this.directory = directory;
        this.outbox = outbox;
        this.writer = writer;
        this.retained = core.counters().snapshot().retained();
        this.fatal = fatal;
        this.thread = new Thread(this::run, "gossip-loop");
    }

    /** Work for the loop. */
    @FunctionalInterface
    public interface Task {
        void run(Turn turn);

        /** The loop has ended without it; on any thread. Whoever waits for an answer must be told so. */
        default void abandoned() {}
    }

    /** Where messages leave; only enqueues: it never blocks and may drop. */
    @FunctionalInterface
    public interface Outbox {
        /** One encoded message; false when it was dropped at once. */
        boolean send(Endpoint to, Lane lane, byte[] message);
    }

    /** The group-committing writer of the instance log. */
    public interface InstanceLogWriter {
        /**
         * Queues a batch; batches are written in order.
         *
         * @param sync wait for the disk before {@code written} is run
         * @param written run on the writer's thread
         * @return false when the queue is full: try again
         */
        boolean trySubmit(LogBatch batch, boolean sync, Runnable written);
    }

    private record Address(String slug, String url) {
        static Address of(final Instance instance) {
            return new Address(instance.slug(), instance.url());
        }
    }

    /** What waits for the writer: a batch, or, with a token, the wish that everything before it is on disk. */
    private record PendingBatch(LogBatch batch, long ownVersion, long token) {
        boolean isSync() {
            return ownVersion > 0 || token > 0;
        }
    }

    private record Acknowledgement(long version, Runnable durable, Runnable lost) {}

    /** Shows everything the core was restored with, then starts the thread. */
    public void start() {
        core.restored(turn.effects);
        showChanges();
        thread.start();
    }

    /** Queues a task for the loop; false when the queue is full or the loop has ended, and then nothing is called. */
    public boolean post(final Task task) {
        if (!running || !inbox.offer(task)) {
            return false;
        }
        // The loop may have ended in between: then nobody looks at the queue any more.
        return !ended || !inbox.remove(task);
    }

    /**
     * Queues what this node itself must do, before everything that clients and peers ask of it: never refused, however
     * full the inbox is. A node that cannot even keep up with this is told to end. Dropped when the loop has ended.
     */
    public void command(final Task task) {
        if (running && !commands.offer(task)) {
            fatal.accept(new IllegalStateException("more than " + COMMANDS_MAX + " commands wait for the gossip loop"));
        }
    }

    /**
     * A decoded message arrived; false when the queue is full: a stream should stop reading, a datagram is dropped.
     */
    public boolean received(final Endpoint from, final GossipMessage message) {
        return post(at -> core.receive(from, message, at.now(), at.effects));
    }

    /** Every member this node knows, itself included, ordered by node id. */
    public List<Member> members() {
        return members;
    }

    /** The node's last report; null when none has arrived. */
    public NodeReport report(final String nodeId) {
        return reports.get(nodeId);
    }

    /** Anti-entropy sessions of this node that ran to their end. */
    public long syncsCompleted() {
        return syncsCompleted;
    }

    /** True once this node had asked every reachable member for what it lacks, and had got it. */
    public boolean isCaughtUp() {
        return isCaughtUp;
    }

    /** True while this node starts again from nothing because it was away for too long: it shows only a part. */
    public boolean isResetting() {
        return isResetting;
    }

    /** What is kept of tombstones and how the clocks stand, as of a moment ago. */
    public GossipCounters.Retained retained() {
        return retained;
    }

    /** A peer's message did not decode: counted, otherwise as if it had not come. */
    public void undecodable() {
        undecodable.increment();
    }

    /** Messages of peers that did not decode. */
    public long undecodableCount() {
        return undecodable.sum();
    }

    /** Messages the transports dropped at once. */
    public long dropped() {
        return dropped.sum();
    }

    /** Tasks waiting now. */
    public int inboxSize() {
        return inbox.size();
    }

    /** Ends the loop after what is queued; waits for it, bounded. */
    @Override
    public void close() {
        running = false;
        inbox.offer(at -> {});
        try {
            thread.join(JOIN_MILLIS_MAX);
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** What a task may do: the core with the time of this turn, and where effects go. */
    public final class Turn {
        private final LoopEffects effects = new LoopEffects();
        private Now now = new Now(0, 0);

        private Turn() {}

        /** The time of this turn. */
        public Now now() {
            return now;
        }

        /** The core; only for this turn. */
        public GossipCore core() {
            return core;
        }

        /** Where the core's effects go. */
        public Effects effects() {
            return effects;
        }

        /**
         * The id of the instance registered under exactly this slug and url, this round's writes included; null when
         * there is none. One lookup, whatever the size of the service: nothing is published for it.
         */
        public String idAt(final String slug, final String url) {
            final Address address = new Address(slug, url);
            String id = writtenThisRound.get(address);
            if (id == null) {
                final Entry shown = directory.byAddress(slug, url);
                id = shown == null ? null : shown.instance().id();
            }
            final Instance instance = id == null ? null : core.instance(id);
            return instance != null && address.equals(Address.of(instance)) ? id : null;
        }

        /** This instance was written in this round: {@link #idAt} finds it before readers do. */
        public void wrote(final Instance instance) {
            writtenThisRound.put(Address.of(instance), instance.id());
        }

        /** True when another own write can be taken. */
        public boolean isWritable() {
            return unacknowledged.size() < UNACKNOWLEDGED_MAX && core.hasRoom();
        }

        /**
         * Runs {@code durable} once every own write so far is on disk: an answer may rest on a write that another
         * request made a moment ago. Runs {@code lost} instead when the loop ends before that.
         */
        public void whenDurable(final Runnable durable, final Runnable lost) {
            if (durableVersion.get() >= writtenVersion) {
                durable.run();
            } else {
                unacknowledged.add(new Acknowledgement(writtenVersion, durable, lost));
            }
        }

        /** The instance gave a sign of life that is not worth a log entry. */
        public void heartbeat(final String instanceId) {
            heartbeats.put(instanceId, now.wallMillis());
            changedInstances.add(instanceId);
        }
    }

    private void run() {
        long nextTickNanos = System.nanoTime();
        final ArrayDeque<Task> round = new ArrayDeque<>(TASKS_PER_ROUND_MAX);
        try {
            while (running || !inbox.isEmpty() || !commands.isEmpty()) {
                final long waitNanos = Math.max(0, nextTickNanos - System.nanoTime());
                // While the disk does not keep up nothing new is taken, so that memory stays bounded.
                final Task first = unsubmitted.isEmpty() ? inbox.poll(waitNanos, TimeUnit.NANOSECONDS) : pause();
                commands.drainTo(round);
                if (first != null) {
                    round.add(first);
                    inbox.drainTo(round, TASKS_PER_ROUND_MAX - 1);
                }
                turn.now = new Now(System.nanoTime(), System.currentTimeMillis());
                while (!round.isEmpty()) {
                    round.peek().run(turn);
                    round.remove();
                }
                if (turn.now.nanos() - nextTickNanos >= 0) {
                    core.tick(turn.now, turn.effects);
                    retained = core.counters().snapshot().retained();
                    nextTickNanos = turn.now.nanos() + TICK_NANOS;
                }
                acknowledge();
                showChanges();
                submit();
            }
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (final RuntimeException | Error e) {
            LOG.error("gossip loop ended by a programmer's error", e);
            fatal.accept(e);
        } finally {
            running = false;
            ended = true;
            abandon(round);
        }
    }

    /** Nobody is left waiting for an answer that cannot come. */
    private void abandon(final ArrayDeque<Task> round) {
        unacknowledged.forEach(waiting -> waiting.lost().run());
        unacknowledged.clear();
        round.forEach(Task::abandoned);
        for (Task waiting = inbox.poll(); waiting != null; waiting = inbox.poll()) {
            waiting.abandoned();
        }
    }

    private Task pause() throws InterruptedException {
        TimeUnit.MILLISECONDS.sleep(1);
        return null;
    }

    private void acknowledge() {
        final long token = durableToken.get();
        if (token != syncedToken) {
            syncedToken = token;
            core.synced(token, turn.now, turn.effects);
        }
        final long durable = durableVersion.get();
        if (durable == committedVersion) {
            return;
        }
        committedVersion = durable;
        core.committed(durable, turn.now, turn.effects);
        while (!unacknowledged.isEmpty() && unacknowledged.peek().version() <= durable) {
            unacknowledged.poll().durable().run();
        }
    }

    /** Shows readers what changed; every change of a round in one go. */
    private void showChanges() {
        if (!changedInstances.isEmpty()) {
            for (final String id : changedInstances) {
                show(id);
            }
            changedInstances.clear();
            writtenThisRound.clear();
            directory.publish();
        }
        if (membersChanged) {
            members = List.copyOf(core.members());
            membersChanged = false;
        }
        syncsCompleted = core.syncsCompleted();
        isCaughtUp |= core.isCaughtUp();
        if (isResetting != core.isResetting()) {
            isResetting = core.isResetting();
            LOG.info("reset state={} reason=away-past-the-horizon", isResetting ? "BEGUN" : "FINISHED");
        }
    }

    private void show(final String id) {
        final Instance instance = core.instance(id);
        if (instance == null) {
            heartbeats.remove(id);
            directory.remove(id);
            return;
        }
        final Long seen = heartbeats.get(id);
        directory.put(
                seen == null || seen <= instance.lastHeartbeatMillis() ? instance : instance.withLastHeartbeat(seen));
    }

    private void submit() {
        while (!unsubmitted.isEmpty()) {
            final PendingBatch batch = unsubmitted.peek();
            final long ownVersion = batch.ownVersion();
            final boolean taken = writer.trySubmit(batch.batch(), batch.isSync(), () -> {
                if (batch.isSync()) {
                    durableVersion.accumulateAndGet(ownVersion, Math::max);
                    durableToken.accumulateAndGet(batch.token(), Math::max);
                    // Wakes the loop; if the queue is full it is awake anyway.
                    inbox.offer(at -> {});
                }
            });
            if (!taken) {
                return;
            }
            unsubmitted.poll();
        }
    }

    /** Performs what can be performed at once, keeps the rest for the end of the round. */
    private final class LoopEffects implements Effects {
        private GossipMessage encoded;
        private byte[] bytes;

        @Override
        public void send(final Endpoint to, final Lane lane, final GossipMessage message) {
            // A push goes to every member as the same object: encode it once.
            if (message != encoded) {
                bytes = WireCodec.encode(message);
                encoded = message;
            }
            final boolean fits = bytes.length <= WireLimits.DATAGRAM_MESSAGE_BYTES_MAX;
            if (!outbox.send(to, fits ? lane : Lane.STREAM, bytes)) {
                dropped.increment();
            }
        }

        @Override
        public void persist(final LogBatch batch, final long ownVersion) {
            unsubmitted.add(new PendingBatch(batch, ownVersion, 0));
            writtenVersion = Math.max(writtenVersion, ownVersion);
        }

        @Override
        public void sync(final long token) {
            unsubmitted.add(new PendingBatch(LogBatch.EMPTY, 0, token));
        }

        @Override
        public void instanceChanged(final String instanceId) {
            changedInstances.add(instanceId);
        }

        @Override
        public void memberChanged(final Member before, final Member after) {
            membersChanged = true;
            if (after.state() == MemberState.REMOVED) {
                reports.remove(after.id().nodeId());
            }
            LOG.info(
                    "member id={} state={} was={} incarnation={} generation={} at={}",
                    after.id().nodeId(),
                    after.state(),
                    before == null ? "UNKNOWN" : before.state(),
                    after.incarnation().value(),
                    after.id().generation().value(),
                    after.endpoint());
        }

        @Override
        public void reported(final NodeReport report) {
            reports.put(report.from().nodeId(), report);
        }
    }
}
