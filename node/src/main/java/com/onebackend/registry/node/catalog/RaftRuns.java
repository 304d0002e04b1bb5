package com.onebackend.registry.node.catalog;

import com.onebackend.registry.api.ErrorCode;
import com.onebackend.registry.api.RegistryException;
import java.io.IOException;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.util.LifeCycle;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * This node's part in Raft: its server while it votes or is about to, none while it follows. Upkeep of the server, and
 * another run of it when a peer has moved.
 *
 * <p><i>Thread:</i> any. <i>Invariants:</i> the node remembers that it votes before the group can count on it, and
 * that it does not before its Raft folder goes.
 */
final class RaftRuns implements AutoCloseable, CatalogFollower.Role {
    private static final Logger LOG = LoggerFactory.getLogger(RaftRuns.class);
    private static final String RECOVERED = "the catalog was recovered by force";
    private static final long WATCH_MILLIS = 1_000;
    /** The leader restarts after its followers have, so that they can elect another one. */
    private static final long LEADER_RESTART_MILLIS = 3_000;
    /** A voter that hears of no leader for so long looks elsewhere for what goes on. */
    private static final long OUT_OF_TOUCH_MILLIS = 3_000;
    /** Raft's view may be an old one for a moment, while it reads its log. */
    private static final long OUT_MILLIS_MIN = 5_000;
    /** A node that accepted to vote, and is not taken in for so long, follows again. */
    private static final long CANDIDATE_MILLIS_MAX = 60_000;

    private final CatalogConfig config;
    private final CatalogState state;
    private final CatalogThreads threads;
    private final Supplier<List<CatalogPeer>> told;
    private final CatalogCounters counters;
    private final Voters voters;
    /**
     * Where this run first knew each peer to be: where it dials, whatever it is told later. Has a lock of its
     * own, since Raft's updater takes it and closing a run waits for the updater.
     */
    private final Map<String, CatalogPeer> dialled = new HashMap<>();

    private volatile RaftNode current;
    private volatile boolean hasLed;
    private volatile boolean isEndNoticed;
    private volatile boolean isResigning;
    private volatile boolean closed;
    /** This run's server is, or was, counted by the group; false while it waits to be taken in. */
    private volatile boolean hasVoted;

    private volatile long votedNanos = System.nanoTime();
    private volatile long inTouchNanos = System.nanoTime();
    private final AtomicBoolean isFloorNoted = new AtomicBoolean(true);
    private final RaftUpkeep upkeep;

    private RaftLogFloor floor = RaftLogFloor.UNKNOWN;
    private boolean restarting;

    /** @param told the voters as a source of the log tells them */
    RaftRuns(
            final CatalogConfig config,
            final CatalogState state,
            final CatalogThreads threads,
            final Supplier<List<CatalogPeer>> told,
            final CatalogCounters counters) {
        this.config = config;
        this.state = state;
        this.threads = threads;
        this.told = told;
        this.counters = counters;
        this.voters = new Voters(config, state, this::current, told);
        this.upkeep = new RaftUpkeep(config, this::current, threads, this::giveUpLeadership);
    }

    /** Changes of the group. */
    Voters changes() {
        return voters;
    }

    /** Looks after a server that runs now or later. */
    void begin() {
        threads.every(WATCH_MILLIS, this::watch);
        threads.every(WATCH_MILLIS, this::noteFloorSoon);
        upkeep.begin();
    }

    /** Starts as a voter: what is in the folder wins over {@code firstVoters}. */
    synchronized void start(final List<CatalogPeer> firstVoters) throws IOException {
        run(firstVoters);
        watch();
    }

    private void run(final List<CatalogPeer> firstVoters) throws IOException {
        votedNanos = System.nanoTime();
        hasVoted = true;
        isEndNoticed = false;
        OtherGroups.setAside(config, state.epoch());
        floor = RaftFolder.ready(config, state.epoch());
        current = RaftNode.start(config, state, firstVoters, this::watchSoon, counters);
    }

    /**
     * Starts a server that waits to be taken into the group; nothing to do when one runs. On disk when it returns.
     *
     * @throws RegistryException CONFLICT: an earlier server has not ended yet, which would end this one, too
     */
    synchronized void standBy() throws IOException {
        if (closed) {
            throw RatisErrors.closing();
        }
        final RaftNode node = current;
        if (node != null && (hasEnded(node) || (hasVoted && node.isOut()))) {
            throw new RegistryException(
                    ErrorCode.CONFLICT, "it is still giving up the vote it had before; offer it again in some seconds");
        }
        if (node == null) {
            run(List.of());
            hasVoted = false;
            config.memory().becameVoter();
            LOG.info("catalog waits to become a voter self={}", config.self().nodeId());
        }
    }

    /**
     * Runs {@code work}, a short one, while no server runs here, nor is about to start or still ends; false, and the
     * work was not done, when one runs.
     */
    synchronized boolean whileIdle(final Runnable work) {
        if (closed || current != null) {
            return false;
        }
        work.run();
        return true;
    }

    /** Makes the folder of another group, and that group the catalog's; answers from which index it goes on. */
    interface Preparation {
        long prepare() throws IOException;
    }

    /**
     * Leaves the group this node is in, if any, for one that it founds alone.
     *
     * @throws IOException the other group was not made: this node goes on as before
     */
    long found(final Preparation group) throws IOException {
        synchronized (this) {
            if (closed) {
                throw RatisErrors.closing();
            }
            final RaftNode before = current;
            current = null;
            if (before != null) {
                before.close();
            }
            synchronized (dialled) {
                dialled.clear();
                restarting = false;
            }
            try {
                final long index = group.prepare();
                config.memory().becameVoter();
                run(List.of(config.self()));
                return index;
            } catch (final IOException | RuntimeException e) {
                if (before != null && current == null) {
                    run(List.of());
                }
                throw e;
            }
        }
    }

    /** Removes what a server left that was never taken into the group; for a node that does not vote. */
    void cleanFolder() throws IOException {
        Folders.delete(config.groupFolder(state.epoch()));
    }

    @Override
    public boolean isInTouch() {
        final RaftNode node = current;
        final long nowNanos = System.nanoTime();
        if (node != null && node.isRunning() && node.leader() != null) {
            inTouchNanos = nowNanos;
            return true;
        }
        return node != null
                && node.isRunning()
                && TimeUnit.NANOSECONDS.toMillis(nowNanos - inTouchNanos) < OUT_OF_TOUCH_MILLIS;
    }

    @Override
    public synchronized void leaveGroup(final CatalogEpoch ahead) {
        if (current != null && ahead.isAheadOf(current.epoch())) {
            resign(current, RECOVERED);
        }
    }

    /**
     * Takes a voter out, see {@link Voters#remove}. This node itself follows at once: nobody sends it entries any more,
     * and Raft would find out only by an election that it must not win.
     */
    void remove(final String nodeId, final Predicate<String> isReachable) {
        final RaftNode node = current;
        if (voters.remove(nodeId, isReachable)
                && node != null
                && nodeId.equals(config.self().nodeId())) {
            resign(node, "its vote was taken, as it asked");
        }
    }

    /** Ends the server for good: from here on this node follows. */
    private void resign(final RaftNode node, final String why) {
        synchronized (this) {
            if (closed || current != node) {
                return;
            }
            LOG.warn("catalog votes no more self={} reason={}", config.self().nodeId(), why);
            current = null;
            node.close();
            synchronized (dialled) {
                dialled.clear();
                restarting = false;
            }
            try {
                config.memory().resigned();
                Folders.delete(config.groupFolder(node.epoch()));
            } catch (final IOException | RuntimeException e) {
                config.onFatal().onFatal("what Raft left could not be removed from " + config.raftFolder(), e);
            }
        }
    }

    /** The run under way; null while there is none. */
    RaftNode current() {
        return current;
    }

    String leaderId() {
        final RaftNode node = current;
        final RaftPeer leader = node == null ? null : node.leader();
        return leader == null ? "" : leader.getId().toString();
    }

    List<CatalogPeer> voters() {
        final RaftNode node = current;
        if (node == null) {
            return List.of();
        }
        return node.voters().stream()
                .map(peer -> RaftNode.peer(peer.getId().toString(), peer.getAddress()))
                .sorted(Comparator.comparing(CatalogPeer::nodeId))
                .toList();
    }

    /** True when a peer is elsewhere than this run dials it, and no restart is under way yet. */
    private boolean noteMoved(final List<CatalogPeer> voters) {
        synchronized (dialled) {
            boolean moved = false;
            for (final CatalogPeer peer : voters) {
                final CatalogPeer before = dialled.putIfAbsent(peer.nodeId(), peer);
                moved |= before != null
                        && !before.equals(peer)
                        && !peer.nodeId().equals(config.self().nodeId());
            }
            if (!moved || restarting || closed) {
                return false;
            }
            restarting = true;
            return true;
        }
    }

    /** Raft's server keeps the first address it hears of a peer, so another one takes another run. */
    private void restart(final List<CatalogPeer> voters) throws InterruptedException {
        final RaftNode before = current;
        if (before != null && before.isLeader()) {
            TimeUnit.MILLISECONDS.sleep(LEADER_RESTART_MILLIS);
            before.giveUpLeadership(this::isInService);
        }
        synchronized (this) {
            if (closed || before == null) {
                return;
            }
            LOG.info("catalog restarts, a voter has moved voters={}", voters);
            current = null;
            before.close();
            synchronized (dialled) {
                dialled.clear();
                restarting = false;
            }
            try {
                run(voters);
            } catch (final IOException | RuntimeException e) {
                config.onFatal().onFatal("Raft could not be restarted after a voter had moved", e);
            }
        }
    }

    private void watchSoon() {
        threads.background(this::watch);
    }

    /** Looks whether Raft still runs, with this node among the voters, and where it dials them. */
    private void watch() {
        final RaftNode node = current;
        if (node == null) {
            return;
        }
        if (state.epoch().isAheadOf(node.epoch())) {
            // It was offered the vote while the copy of another epoch was on its way here.
            threads.background(() -> resign(node, RECOVERED));
            return;
        }
        if (node.isVoter() && !node.isDismissed()) {
            votedNanos = System.nanoTime();
            hasVoted = true;
        } else if (isOverdue(node) && !isResigning) {
            isResigning = true;
            threads.background(() -> resignIfOut(node)).whenComplete((done, failure) -> isResigning = false);
        }
        // Raft does not tell of every end of its server.
        final LifeCycle.State now = node.lifeCycle();
        if (!node.isOut() && !isEndNoticed && hasEnded(node)) {
            synchronized (this) {
                // Closed on purpose meanwhile, or replaced by another run.
                if (closed || current != node) {
                    return;
                }
            }
            isEndNoticed = true;
            threads.background(() -> ended(node, now));
            return;
        }
        // Raft, section 8: a leader knows what is committed once an entry of its own term is; a read waits for that.
        final boolean leads = node.isLeaderReady();
        if (leads && !hasLed) {
            upkeep.noop();
        }
        hasLed = leads;
        final List<CatalogPeer> voters = voters();
        if (noteMoved(voters)) {
            threads.background(() -> restart(voters));
        }
    }

    private static boolean hasEnded(final RaftNode node) {
        final LifeCycle.State now = node.lifeCycle();
        return now.isClosingOrClosed() || now == LifeCycle.State.EXCEPTION;
    }

    /**
     * It has not been a voter for so long that this is not the way in, nor an old view of it. Who waits to be taken in
     * reads in the log that it is not yet, and may need a while for the rest.
     */
    private boolean isOverdue(final RaftNode node) {
        final long sinceMillis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - votedNanos);
        final boolean wasOne = hasVoted || node.isDismissed() || hasEnded(node);
        return sinceMillis >= (wasOne && node.isOut() ? OUT_MILLIS_MIN : CANDIDATE_MILLIS_MAX);
    }

    /**
     * A node that the group counts must never forget what it has written: somebody else has to say that it does not.
     */
    private void resignIfOut(final RaftNode node) {
        if (node.isOut() || !node.isVoter()) {
            final String by = sayingOut();
            if (!by.isEmpty()) {
                resign(node, "not in the group any more, says " + by);
            }
        }
    }

    /** Who says that the group does not count this node; empty when nobody does, or somebody says that it does. */
    private String sayingOut() {
        final List<RaftPeer> others = Stream.concat(voters().stream(), told.get().stream())
                .filter(peer -> !peer.nodeId().equals(config.self().nodeId()))
                .distinct()
                .map(RaftNode::raftPeer)
                .toList();
        String by = "";
        for (final RaftPeer peer : others) {
            try {
                final List<RaftPeer> voters = this.voters.toldBy(peer, others);
                if (voters.stream()
                        .anyMatch(voter ->
                                voter.getId().toString().equals(config.self().nodeId()))) {
                    return "";
                }
                by = voters.isEmpty() ? by : peer.getId().toString();
            } catch (final IOException e) {
                LOG.debug("catalog voters not told by={}", peer.getId(), e);
            }
        }
        return by;
    }

    /** The others end the Raft server of a node they have taken out; it learns no more of it than that. */
    private void ended(final RaftNode node, final LifeCycle.State state) {
        final String by = sayingOut();
        if (by.isEmpty()) {
            config.onFatal().onFatal("Raft has ended on this node, state " + state, null);
        } else {
            resign(node, "not in the group any more, says " + by);
        }
    }

    private void noteFloorSoon() {
        if (current != null && isFloorNoted.compareAndSet(true, false)) {
            threads.background(this::noteFloor).whenComplete((done, failure) -> isFloorNoted.set(true));
        }
    }

    /** Not while the folder is being removed. */
    private synchronized void noteFloor() {
        final RaftNode node = current;
        if (node == null || closed) {
            return;
        }
        try {
            floor = node.noteFloor(config.groupFolder(node.epoch()), floor);
        } catch (final IOException e) {
            // Raft finds out by itself, and that ends the process.
            LOG.warn("catalog log floor not written reason={}", RatisErrors.reason(e));
        }
    }

    void giveUpLeadership() {
        final RaftNode node = current;
        if (node != null) {
            node.giveUpLeadership(this::isInService);
        }
    }

    private boolean isInService(final String nodeId) {
        return state.drained(nodeId) == null;
    }

    @Override
    public synchronized void close() {
        closed = true;
        final RaftNode node = current;
        current = null;
        if (node != null) {
            node.close();
        }
    }
}
