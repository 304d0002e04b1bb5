package com.onebackend.registry.node.catalog;

import com.onebackend.registry.api.ErrorCode;
import com.onebackend.registry.api.RecoverRequest;
import com.onebackend.registry.api.RegistryError;
import com.onebackend.registry.api.RegistryException;
import com.onebackend.registry.model.NodeRecord;
import com.onebackend.registry.node.catalog.RecoveryDecision.Position;
import com.onebackend.registry.wire.WireException;
import java.io.IOException;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Goes on from this node's catalog when the majority is lost for good: a new Raft group with this node as its only
 * voter, from the rows that are here. The group before is never used again; whoever still is in it sees the epoch that
 * is ahead and follows, or finds itself removed.
 *
 * <p>Of two nodes that see each other at most one recovers at a time: each says that it is about to before it looks
 * whether another is. Where nothing passes between them both may; then the epochs differ, and once they meet the one
 * that is behind is given up.
 *
 * <p><i>Thread:</i> one at a time; blocks for seconds. <i>Invariants:</i> until the store has the raised epoch, which
 * is one synced write, a crash leaves the old group as it was; from then on the new one is whole.
 */
final class CatalogRecovery {
    private static final Logger LOG = LoggerFactory.getLogger(CatalogRecovery.class);
    private static final Duration ASK_TIMEOUT = Duration.ofSeconds(3);
    private static final long MAJORITY_MILLIS_MAX = 4_000;

    private final CatalogConfig config;
    private final CatalogState state;
    private final RaftRuns runs;
    private final CatalogFeed feed;
    private final Supplier<CompletableFuture<Long>> majority;
    private final Supplier<List<CatalogPeer>> voters;
    private final SecureRandom random = new SecureRandom();
    private final AtomicBoolean isUnderWay = new AtomicBoolean();

    /**
     * Not begun yet.
     *
     * @param feed tells the others that this node is about to
     * @param majority completes when a majority answers, fails otherwise
     * @param voters as this node knows them
     */
    CatalogRecovery(
            final CatalogConfig config,
            final CatalogState state,
            final RaftRuns runs,
            final CatalogFeed feed,
            final Supplier<CompletableFuture<Long>> majority,
            final Supplier<List<CatalogPeer>> voters) {
        this.config = config;
        this.state = state;
        this.runs = runs;
        this.feed = feed;
        this.majority = majority;
        this.voters = voters;
    }

    /**
     * Recovers, or refuses; returns the index the catalog goes on from. The new group may not have a leader yet.
     *
     * @param alive the other nodes that answer now, as gossip believes
     * @throws RegistryException the refusal, see {@link RecoveryDecision}; UNAVAILABLE when the disk failed
     */
    long recover(final RecoverRequest request, final Set<String> alive) throws InterruptedException {
        if (!isUnderWay.compareAndSet(false, true)) {
            throw new RegistryException(
                    ErrorCode.CONFLICT, "this node is being recovered at this moment; look at oo cluster status");
        }
        feed.recovering(true);
        try {
            return recoverAlone(request, alive);
        } finally {
            feed.recovering(false);
            isUnderWay.set(false);
        }
    }

    private long recoverAlone(final RecoverRequest request, final Set<String> alive) throws InterruptedException {
        final boolean hasMajority = hasMajority();
        final Map<String, FeedAnswer> others = ask(alive);
        final List<String> known =
                voters.get().stream().map(CatalogPeer::nodeId).toList();
        final RegistryError refusal = RecoveryDecision.refusal(new RecoveryDecision.Facts(
                config.self().nodeId(),
                request.lost(),
                known,
                state.nodes().stream().map(NodeRecord::id).toList(),
                alive,
                hasMajority,
                new Position(state.epoch(), state.appliedIndex()),
                positions(others),
                others.entrySet().stream()
                        .filter(other -> other.getValue().isRecovering())
                        .map(Map.Entry::getKey)
                        .toList(),
                request.acceptDataLoss(),
                request.here()));
        if (refusal != null) {
            throw new RegistryException(refusal.code(), refusal.message());
        }
        try {
            return runs.found(() -> RecoveredGroup.prepare(config, state, latest(others), random));
        } catch (final IOException e) {
            LOG.error("catalog was not recovered", e);
            throw new RegistryException(
                    ErrorCode.UNAVAILABLE,
                    "the catalog was not recovered, it is as it was: " + e.getMessage() + "; repair the disk of "
                            + config.raftFolder());
        }
    }

    private boolean hasMajority() throws InterruptedException {
        try {
            majority.get().get(MAJORITY_MILLIS_MAX, TimeUnit.MILLISECONDS);
            return true;
        } catch (final ExecutionException | TimeoutException | CancellationException e) {
            LOG.debug("no majority", e);
            return false;
        }
    }

    /** Also ahead of a catalog that the operator gives up for this one. */
    private CatalogEpoch latest(final Map<String, FeedAnswer> others) {
        return others.values().stream()
                .map(FeedAnswer::epoch)
                .filter(epoch -> epoch.isAheadOf(state.epoch()))
                .max(Comparator.naturalOrder())
                .orElseGet(state::epoch);
    }

    private static Map<String, Position> positions(final Map<String, FeedAnswer> others) {
        final Map<String, Position> positions = new TreeMap<>();
        others.forEach((node, answer) -> positions.put(node, new Position(answer.epoch(), answer.upTo())));
        return positions;
    }

    /** What the others answer; who does not is left out. */
    private Map<String, FeedAnswer> ask(final Set<String> alive) throws InterruptedException {
        final byte[] question = FeedCodec.encode(new FeedPoll(state.epoch(), Long.MAX_VALUE, 0, 0));
        final Map<String, CompletableFuture<byte[]>> asked = new TreeMap<>();
        for (final FeedPeers.Candidate candidate : config.peers().candidates()) {
            if (alive.contains(candidate.nodeId())) {
                asked.put(candidate.nodeId(), config.peers().request(candidate, question, ASK_TIMEOUT));
            }
        }
        final Map<String, FeedAnswer> answers = new TreeMap<>();
        for (final Map.Entry<String, CompletableFuture<byte[]>> each : asked.entrySet()) {
            try {
                answers.put(
                        each.getKey(),
                        FeedCodec.decodeAnswer(each.getValue().get(ASK_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)));
            } catch (final ExecutionException | TimeoutException | CancellationException | WireException e) {
                LOG.warn("catalog position not told node={} reason={}", each.getKey(), RatisErrors.reason(e));
            }
        }
        return answers;
    }
}
