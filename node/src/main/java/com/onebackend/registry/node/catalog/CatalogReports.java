package com.onebackend.registry.node.catalog;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How the catalog stands, for people and for figures: this node's part, and the leader's, which knows the others.
 *
 * <p><i>Thread:</i> any; does not block.
 */
public final class CatalogReports {
    private static final Logger LOG = LoggerFactory.getLogger(CatalogReports.class);
    private static final Duration TIMEOUT = Duration.ofSeconds(2);
    private static final long MEASURE_MILLIS = 10_000;
    private static final long LEADER_MILLIS = 100;

    private final CatalogConfig config;
    private final CatalogState state;
    private final RaftRuns runs;
    private final CatalogFollower follower;
    private final CatalogCounters counters;
    private final NodePositions positions;
    private final FolderBytes raftFolder;
    private volatile AutopilotRunner autopilot;

    CatalogReports(
            final CatalogConfig config,
            final CatalogState state,
            final RaftRuns runs,
            final CatalogFollower follower,
            final CatalogCounters counters) {
        this.config = config;
        this.state = state;
        this.runs = runs;
        this.follower = follower;
        this.counters = counters;
        this.positions = new NodePositions(config.self().nodeId(), config.peers());
        this.raftFolder = new FolderBytes(config.raftFolder());
    }

    void begin(final CatalogThreads threads, final Supplier<String> leaderId) {
        threads.every(LEADER_MILLIS, () -> counters.leader(leaderId.get()));
        threads.background(this::measure);
        threads.every(MEASURE_MILLIS, () -> threads.background(this::measure));
    }

    private void measure() {
        try {
            raftFolder.measure();
        } catch (final IOException e) {
            LOG.debug("the Raft folder could not be measured", e);
        }
    }

    /** From now on the autopilot's doings are told, too. */
    public void of(final AutopilotRunner running) {
        autopilot = running;
    }

    /** The autopilot; null until it runs. */
    public AutopilotRunner autopilot() {
        return autopilot;
    }

    /** What happened since this node started. */
    public CatalogCounters counters() {
        return counters;
    }

    /** Bytes of Raft's log and snapshots on the disk, ten seconds old at most; negative = not measured yet. */
    public long raftBytes() {
        return raftFolder.bytes();
    }

    /** The Raft group. */
    public String groupId() {
        return config.groupId(state.epoch()).toString();
    }

    /** How Raft stands on this node. */
    public CatalogFigures figures() {
        final RaftNode node = runs.current();
        if (node != null && node.isRunning()) {
            return node.figures();
        }
        final CatalogPeer leader = follower.leader();
        final long applied = state.appliedIndex();
        final List<CatalogFigures.Voter> told = follower.voters().stream()
                .map(voter -> new CatalogFigures.Voter(voter.nodeId(), -1, -1))
                .toList();
        return new CatalogFigures(
                CatalogFigures.Role.FOLLOWER, leader == null ? "" : leader.nodeId(), 0, applied, 0, applied, -1, told);
    }

    /** As leader: how far the other nodes are, as they said lately; asks some of them anew. Once a second is enough. */
    public List<NodePosition> positions() {
        positions.ask(state.epoch(), state.appliedIndex(), System.nanoTime());
        return positions.known();
    }

    /** The leader's part, if that is this node. */
    LeaderStatus here() {
        final CatalogFigures now = figures();
        final AutopilotRunner running = autopilot;
        final List<LeaderStatus.Voter> voters = now.voters().stream()
                .map(voter -> new LeaderStatus.Voter(voter.nodeId(), voter.silentMillis(), now.lag(voter)))
                .toList();
        return new LeaderStatus(
                config.self().nodeId(),
                now.isLeader(),
                now.term(),
                now.committedIndex(),
                voters,
                now.isLeader() ? positions.known() : List.of(),
                running == null ? AutopilotReport.FIRST : running.report());
    }

    /** The leader's part; asks it when it is another node. Fails, soon, when it does not answer. */
    public CompletableFuture<LeaderStatus> leaderStatus() {
        final LeaderStatus mine = here();
        if (mine.leads()) {
            return CompletableFuture.completedFuture(mine);
        }
        final String leader = figures().leaderId();
        return config.peers().candidates().stream()
                .filter(node -> !leader.isEmpty() && node.nodeId().equals(leader))
                .findFirst()
                .map(node -> config.peers()
                        .request(node, LeaderStatus.encodeRequest(), TIMEOUT)
                        .thenApply(LeaderStatus::decode))
                .orElseGet(() -> CompletableFuture.failedFuture(new IOException("no leader is known")));
    }
}
