package com.onebackend.registry.node.catalog;

import java.io.IOException;
import java.util.UUID;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a Raft server needs done from time to time: an entry, a snapshot, somebody else to lead when its disk is slow.
 *
 * <p><i>Thread:</i> any; the disk is looked at on the catalog's clock only.
 */
final class RaftUpkeep {
    /** An idle log can keep a follower that lost its own from catching up; an entry gets it going. */
    static final long NOOP_MILLIS = 10_000;

    static final long SNAPSHOT_MILLIS = 600_000;
    /** A timed snapshot is not worth taking for less. */
    static final long SNAPSHOT_ENTRIES_MIN = 1_024;

    private static final Logger LOG = LoggerFactory.getLogger(RaftUpkeep.class);

    private final CatalogConfig config;
    private final Supplier<RaftNode> runs;
    private final CatalogThreads threads;
    private final Runnable giveUpLeadership;
    private final SlowDisk disk = new SlowDisk();

    /** @param runs the server that runs now; gives null while there is none */
    RaftUpkeep(
            final CatalogConfig config,
            final Supplier<RaftNode> runs,
            final CatalogThreads threads,
            final Runnable giveUpLeadership) {
        this.config = config;
        this.runs = runs;
        this.threads = threads;
        this.giveUpLeadership = giveUpLeadership;
    }

    void begin() {
        threads.every(SlowDisk.LOOK_MILLIS, this::watchDisk);
        threads.every(NOOP_MILLIS, this::noop);
        threads.every(SNAPSHOT_MILLIS, () -> threads.background(this::timedSnapshot));
    }

    private void watchDisk() {
        final RaftNode node = runs.get();
        if (node != null && node.isSlow(disk, System.nanoTime())) {
            LOG.warn(
                    "the disk of {} keeps the catalog waiting for more than {} ms: another voter is to lead",
                    config.raftFolder(),
                    SlowDisk.SLOW_MILLIS);
            threads.background(giveUpLeadership::run);
        }
    }

    /** As leader: an entry that says nothing. */
    void noop() {
        final RaftNode node = runs.get();
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
        final RaftNode node = runs.get();
        if (node == null) {
            return;
        }
        try {
            node.takeSnapshot(SNAPSHOT_ENTRIES_MIN);
        } catch (final IOException e) {
            LOG.warn("catalog snapshot failed", e);
        }
    }
}
