package com.onebackend.registry.node.catalog;

import java.io.IOException;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.util.LifeCycle;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps this node's Raft server running: its upkeep, and another run of it when a peer has moved.
 *
 * <p><i>Thread:</i> any.
 */
final class RaftRuns implements AutoCloseable {
    /** An idle log can keep a follower that lost its own from catching up; an entry gets it going. */
    static final long NOOP_MILLIS = 10_000;

    static final long SNAPSHOT_MILLIS = 600_000;
    /** A timed snapshot is not worth taking for less. */
    static final long SNAPSHOT_ENTRIES_MIN = 1_024;

    private static final Logger LOG = LoggerFactory.getLogger(RaftRuns.class);
    private static final long WATCH_MILLIS = 1_000;
    /** The leader restarts after its followers have, so that they can elect another one. */
    private static final long LEADER_RESTART_MILLIS = 3_000;

    private final CatalogConfig config;
    private final CatalogState state;
    private final CatalogThreads threads;
    /**
     * Where this run first knew each peer to be: where it dials, whatever it is told later. Has a lock of its
     * own, since Raft's updater takes it and closing a run waits for the updater.
     */
    private final Map<String, CatalogPeer> dialled = new HashMap<>();

    private volatile RaftNode current;
    private volatile boolean evicted;
    private volatile boolean hasLed;
    private volatile boolean isRemoved;
    private volatile boolean isEndNoticed;
    private volatile boolean wasVoter;
    private volatile boolean closed;
    private boolean restarting;

    RaftRuns(final CatalogConfig config, final CatalogState state, final CatalogThreads threads) {
        this.config = config;
        this.state = state;
        this.threads = threads;
    }

    RaftGroupId groupId() {
        return RaftGroupId.valueOf(config.clusterId());
    }

    void start(final List<CatalogPeer> firstVoters) throws IOException {
        current = RaftNode.start(config, state, firstVoters, this::watchSoon);
        watch();
        threads.every(WATCH_MILLIS, this::watch);
        threads.every(NOOP_MILLIS, this::noop);
        threads.every(SNAPSHOT_MILLIS, () -> threads.background(this::timedSnapshot));
    }

    /** The run under way; null while there is none. */
    RaftNode current() {
        return current;
    }

    boolean isEvicted() {
        return evicted;
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
            before.giveUpLeadership();
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
                current = RaftNode.start(config, state, voters, this::watchSoon);
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
        final boolean out = wasVoter && node.isOut();
        if (out && !evicted) {
            LOG.warn("catalog voter no more self={} voters={}", config.self().nodeId(), node.voters());
        }
        evicted = out || isRemoved;
        if (node.isVoter()) {
            wasVoter = true;
        }
        // Raft does not tell of every end of its server.
        final LifeCycle.State now = node.lifeCycle();
        if (!evicted && !isEndNoticed && (now.isClosingOrClosed() || now == LifeCycle.State.EXCEPTION)) {
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
            noop();
        }
        hasLed = leads;
        final List<CatalogPeer> voters = voters();
        if (noteMoved(voters)) {
            threads.background(() -> restart(voters));
        }
    }

    /** The others end the Raft server of a node they have removed; it learns no more of it than that. */
    private void ended(final RaftNode node, final LifeCycle.State state) {
        final List<RaftPeer> others = node.voters().stream()
                .filter(peer -> !peer.getId().equals(node.id()))
                .toList();
        for (final RaftPeer peer : others) {
            try {
                if (Voters.toldBy(peer, config, others).stream()
                        .noneMatch(voter -> voter.getId().equals(node.id()))) {
                    LOG.warn(
                            "catalog voter no more self={} told by={}",
                            config.self().nodeId(),
                            peer.getId());
                    isRemoved = true;
                    evicted = true;
                    return;
                }
            } catch (final IOException e) {
                LOG.debug("catalog voters not told by={}", peer.getId(), e);
            }
        }
        config.onFatal().onFatal("Raft has ended on this node, state " + state, null);
    }

    private void noop() {
        final RaftNode node = current;
        if (node == null || !node.isLeaderReady()) {
            return;
        }
        final CatalogCommand noop = new CatalogCommand.Noop(new CatalogCommand.Proposal(
                new UUID(0, 0), System.currentTimeMillis(), config.self().nodeId()));
        try {
            node.write(CatalogCodec.encode(noop)).whenComplete((reply, thrown) -> {
                if (thrown != null) {
                    LOG.debug("catalog no-op failed reason={}", RatisErrors.reason(thrown));
                }
            });
        } catch (final IOException e) {
            LOG.debug("catalog no-op failed reason={}", RatisErrors.reason(e));
        }
    }

    private void timedSnapshot() {
        final RaftNode node = current;
        if (node == null) {
            return;
        }
        try {
            node.takeSnapshot(SNAPSHOT_ENTRIES_MIN);
        } catch (final IOException e) {
            LOG.warn("catalog snapshot failed", e);
        }
    }

    void giveUpLeadership() {
        final RaftNode node = current;
        if (node != null) {
            node.giveUpLeadership();
        }
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
