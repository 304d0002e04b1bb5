package com.onebackend.registry.node.gossip;

import com.onebackend.registry.directory.Directory;
import com.onebackend.registry.gossip.Effects;
import com.onebackend.registry.gossip.GossipCore;
import com.onebackend.registry.gossip.GossipMessage;
import com.onebackend.registry.gossip.Now;
import com.onebackend.registry.membership.Lane;
import com.onebackend.registry.model.Endpoint;
import com.onebackend.registry.model.Instance;
import com.onebackend.registry.model.Member;
import com.onebackend.registry.model.MemberState;
import com.onebackend.registry.model.NodeReport;
import com.onebackend.registry.replication.LogBatch;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The owner of the gossip core: one thread that takes tasks from a bounded queue, runs them on the core and performs
 * the effects.
 *
 * <p><i>Thread:</i> {@link #post}, {@link #received} and the readers ({@link #members}, {@link #report}) may be called
 * from any thread. Everything that gets a {@link Turn} runs on the loop.
 *
 * <p><i>Lifecycle:</i> construct with a restored core, {@link #start}, {@link #close}. A task that throws is a
 * programmer's error: it is logged, the loop ends and {@code fatal} is told.
 */
public final class GossipLoop implements GossipFigures.Source, AutoCloseable {
    /** Tasks waiting at most; a further one is refused. */
    public static final int INBOX_MAX = 16_384;

    /** Commands of this node itself waiting at most; more than a catalog can remove at once. */
    public static final int COMMANDS_MAX = 16_384;

    /** Own writes waiting for the disk at most; a further one is refused. */
    public static final int UNACKNOWLEDGED_MAX = 65_536;

    private static final Logger LOG = LoggerFactory.getLogger(GossipLoop.class);
    private static final long TICK_NANOS = TimeUnit.MILLISECONDS.toNanos(20);
    private static final long FIGURES_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final int TASKS_PER_ROUND_MAX = 1_024;
    private static final long JOIN_MILLIS_MAX = 5_000;

    private final GossipCore core;
    private final DiskQueue disk;
    private final BooleanSupplier reloading;
    private final ShownState shown;
    private final LoopEffects effects;
    private final Consumer<Throwable> fatal;
    private final BlockingQueue<Task> inbox = new ArrayBlockingQueue<>(INBOX_MAX);
    private final BlockingQueue<Task> commands = new ArrayBlockingQueue<>(COMMANDS_MAX);
    private final Thread thread;
    private final Turn turn = new Turn();
    private final LongAdder undecodable = new LongAdder();
    private volatile GossipFigures figures;
    private volatile boolean running = true;
    private volatile boolean ended;

    /** Not started yet. */
    public GossipLoop(
            final GossipCore core,
            final Directory directory,
            final Outbox outbox,
            final InstanceLogWriter writer,
            final Consumer<Throwable> fatal) {
        this(core, directory, outbox, writer, core::isResetting, fatal);
    }

    /** @param reloading asked on the loop: does the core hold only a part of what the others have, again? */
    GossipLoop(
            final GossipCore core,
            final Directory directory,
            final Outbox outbox,
            final InstanceLogWriter writer,
            final BooleanSupplier reloading,
            final Consumer<Throwable> fatal) {
        this.core = core;
        // Wakes the loop; if the queue is full it is awake anyway.
        this.disk = new DiskQueue(writer, UNACKNOWLEDGED_MAX, () -> inbox.offer(at -> {}));
        this.reloading = reloading;
        this.shown = new ShownState(core, directory, reloading);
        this.effects = new LoopEffects(outbox, disk, shown);
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

    /** Told once, on the loop, when another process that lives already has this node's id. Set before the start. */
    public void onRefused(final Consumer<Member> listener) {
        effects.onRefused(listener);
    }

    /** Shows everything the core was restored with, then starts the thread. */
    public void start() {
        core.restored(effects);
        final Now now = new Now(System.nanoTime(), System.currentTimeMillis());
        shown.publish(now);
        figures = GossipFigures.first(core, disk.waiting(), now.nanos());
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
        return post(at -> core.receive(from, message, at.now(), effects));
    }

    /** Every member this node knows, itself included, ordered by node id. */
    public List<Member> members() {
        return shown.members();
    }

    /** The node's last report; null when none has arrived. */
    public NodeReport report(final String nodeId) {
        return shown.report(nodeId);
    }

    /** Anti-entropy sessions of this node that ran to their end. */
    public long syncsCompleted() {
        return shown.syncsCompleted();
    }

    /** True once this node had asked every reachable member for what it lacks, and had got it. */
    public boolean isCaughtUp() {
        return shown.isCaughtUp();
    }

    /** True while this node, which had caught up once, holds only a part of what the others have. */
    public boolean isReloading() {
        return shown.isReloading();
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
        return effects.dropped();
    }

    /** Tasks waiting now. */
    public int inboxSize() {
        return inbox.size();
    }

    /** Commands of this node itself waiting now. */
    public int commandsSize() {
        return commands.size();
    }

    /** How often a member, this one included, came to be believed in this state. */
    public long transitions(final MemberState to) {
        return effects.transitions(to);
    }

    /** The core's figures, at most about a second old; from any thread once {@link #start} was called. */
    @Override
    public GossipFigures figures() {
        return figures;
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
            return shown.idAt(slug, url);
        }

        /** This instance was written in this round: {@link #idAt} finds it before readers do. */
        public void wrote(final Instance instance) {
            shown.wrote(instance);
        }

        /** True when another own write can be taken. */
        public boolean isWritable() {
            return disk.hasRoom() && core.hasRoom();
        }

        /** True when the core holds only a part of what the others have, again; true before readers are told so. */
        public boolean isReloading() {
            return reloading.getAsBoolean();
        }

        /**
         * Runs {@code durable} once every own write so far is on disk: an answer may rest on a write that another
         * request made a moment ago. Runs {@code lost} instead when the loop ends before that.
         */
        public void whenDurable(final Runnable durable, final Runnable lost) {
            disk.whenDurable(durable, lost);
        }
    }

    private void run() {
        long nextTickNanos = System.nanoTime();
        long nextFiguresNanos = nextTickNanos;
        final ArrayDeque<Task> round = new ArrayDeque<>(TASKS_PER_ROUND_MAX);
        try {
            while (running || !inbox.isEmpty() || !commands.isEmpty()) {
                final long waitNanos = Math.max(0, nextTickNanos - System.nanoTime());
                // While the disk does not keep up nothing new is taken, so that memory stays bounded.
                final Task first = disk.isTakenUp() ? inbox.poll(waitNanos, TimeUnit.NANOSECONDS) : pause();
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
                    core.tick(turn.now, effects);
                    nextTickNanos = turn.now.nanos() + TICK_NANOS;
                }
                disk.synced(token -> core.synced(token, turn.now, effects));
                disk.acknowledge(durable -> core.committed(durable, turn.now, effects));
                shown.publish(turn.now);
                disk.submit();
                if (turn.now.nanos() - nextFiguresNanos >= 0) {
                    copyFigures();
                    nextFiguresNanos = turn.now.nanos() + FIGURES_NANOS;
                }
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

    private void copyFigures() {
        final GossipFigures before = figures;
        figures = before.next(core, disk.waiting(), turn.now.nanos());
        if (figures.divergences().count() > before.divergences().count()) {
            LOG.warn("logs differed under equal versions and are repaired: {}", core.lastDivergence());
        }
    }

    /** Nobody is left waiting for an answer that cannot come. */
    private void abandon(final ArrayDeque<Task> round) {
        disk.abandon();
        round.forEach(Task::abandoned);
        for (Task waiting = inbox.poll(); waiting != null; waiting = inbox.poll()) {
            waiting.abandoned();
        }
    }

    private Task pause() throws InterruptedException {
        TimeUnit.MILLISECONDS.sleep(1);
        return null;
    }
}
