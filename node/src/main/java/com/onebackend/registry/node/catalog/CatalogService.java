package com.onebackend.registry.node.catalog;

import com.onebackend.registry.api.ErrorCode;
import com.onebackend.registry.api.RegistryException;
import com.onebackend.registry.model.Account;
import com.onebackend.registry.model.Definition;
import com.onebackend.registry.model.NodeRecord;
import com.onebackend.registry.model.SigningKey;
import com.onebackend.registry.wire.WireLimits;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * The catalog on this node: writes from any node to the Raft leader, reads from what this node has applied.
 *
 * <p><i>Thread:</i> any. Reads never block. Writes complete on a thread of the service; do not block it.
 * Listeners run on Raft's updater, in the order of the log; they must not block. <i>Lifecycle:</i> {@code
 * found} or {@code start}, then {@code close}; the store is closed afterwards by its owner. <i>Invariants:</i>
 * a write that completed is visible here at once, durable on a majority, and applied once however often it is sent.
 */
public final class CatalogService implements AutoCloseable {
    /** Writes waiting or under way on this node; the next one is refused with OVERLOADED. */
    public static final int WRITES_MAX = 1_024;
    /** Linearizable reads under way on this node. */
    public static final int STRONG_READS_MAX = 1_024;

    private static final int ENTRY_BYTES_MAX = WireLimits.RECORD_BYTES_MAX + 4_096;
    private static final int READ_MILLIS_MAX = RatisSettings.READ_MILLIS_MAX + 500;

    private final CatalogState state;
    private final RaftRuns runs;
    private final Forwarder forwarder;
    private final CatalogWriter writer;
    private final Voters voters;
    private final CatalogThreads threads;
    private final Semaphore strongReads = new Semaphore(STRONG_READS_MAX);
    private volatile boolean closed;

    private CatalogService(final CatalogConfig config) {
        this.state = new CatalogState(config.store());
        this.threads = new CatalogThreads(config.self().nodeId(), WRITES_MAX);
        this.runs = new RaftRuns(config, state, threads);
        this.forwarder = new Forwarder(runs.groupId(), config.tls(), (int) CatalogWriter.ATTEMPT_MILLIS_MAX);
        this.writer = new CatalogWriter(runs::current, forwarder, state);
        this.voters = new Voters(config, runs::current);
    }

    /**
     * Starts a group whose only voter is this node; where the folder already holds the group, the same as
     * {@code start}.
     *
     * @throws RegistryException the folder or port cannot be used, or the store belongs to another Raft folder
     */
    public static CatalogService found(final CatalogConfig config) {
        return run(config, List.of(config.self()));
    }

    /**
     * Starts from what is in the folder; in an empty one, waits to be added: call {@link #joinAsVoter}.
     *
     * @throws RegistryException the folder or port cannot be used, or the store belongs to another Raft folder
     */
    public static CatalogService start(final CatalogConfig config) {
        return run(config, List.of());
    }

    /**
     * For a node with an empty folder, before {@link #start}: takes it out of the group if the group still counts it
     * from before it lost its disk. Blocks until a member has answered and the node is out.
     *
     * @param known members of the group; asked before every try
     * @param waitsFor told, once per change, why it is not done yet
     * @throws RegistryException CONFLICT: another running node has this node's id
     */
    public static void takeBackLostVote(
            final CatalogConfig config, final Supplier<List<CatalogPeer>> known, final Consumer<String> waitsFor)
            throws InterruptedException {
        if (!RaftNode.isStored(config)) {
            new LostVote(config).takeBack(known, waitsFor);
        }
    }

    private static CatalogService run(final CatalogConfig config, final List<CatalogPeer> firstVoters) {
        if (!RaftNode.isStored(config) && config.store().lastApplied().index() > 0) {
            throw new RegistryException(
                    ErrorCode.CONFLICT,
                    "the catalog's rows are there but its Raft folder " + config.raftFolder()
                            + " is not; restore it, or remove both and join anew");
        }
        final CatalogService service = new CatalogService(config);
        try {
            service.runs.start(firstVoters);
        } catch (final IOException | RuntimeException e) {
            service.close();
            throw RaftNode.cannotStart(config, e);
        }
        service.threads.background(service.voters::publishAddress);
        return service;
    }

    /**
     * Makes this node a voter of the group that {@code known} are members of. Goes on trying until it is, in the
     * background; completes when this node takes part. A node that is a voter already completes at once.
     *
     * @param known asked before every try; itself may be among them
     */
    public CompletableFuture<Void> joinAsVoter(final Supplier<List<CatalogPeer>> known) {
        return threads.background(() -> voters.join(known));
    }

    /**
     * Takes a voter out of the group; completes at once when it is none. Fails with CONFLICT when the voters left would
     * have no majority or another change came first, INDETERMINATE, UNAVAILABLE.
     *
     * @param isReachable which node ids answer now
     */
    public CompletableFuture<Void> removeVoter(final String nodeId, final Predicate<String> isReachable) {
        return threads.background(() -> voters.remove(nodeId, isReachable));
    }

    /**
     * Writes. Completes, within 4 s, with the answer of the catalog when this node has applied it: see {@link
     * CatalogResult#orThrow}. Fails with a {@link RegistryException}: UNAVAILABLE (no majority; did not happen),
     * INDETERMINATE (may have happened), OVERLOADED, INVALID (too large; did not happen), INTERNAL.
     */
    public CompletableFuture<CatalogResult> write(final CatalogCommand command) {
        final byte[] entry = CatalogCodec.encode(command);
        if (entry.length > ENTRY_BYTES_MAX) {
            return CompletableFuture.failedFuture(new RegistryException(
                    ErrorCode.INVALID, "the record is larger than " + WireLimits.RECORD_BYTES_MAX + " bytes"));
        }
        final long deadlineNanos = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(CatalogWriter.WRITE_MILLIS_MAX);
        try {
            return threads.write(() -> writer.write(entry, deadlineNanos));
        } catch (final RejectedExecutionException e) {
            return CompletableFuture.failedFuture(
                    closed
                            ? new RegistryException(
                                    ErrorCode.UNAVAILABLE, "this node is closing; the write did not happen")
                            : RatisErrors.overloaded("more than " + WRITES_MAX + " catalog writes are under way"));
        }
    }

    /**
     * Completes, with the applied index, once this node has applied every write acknowledged anywhere before the call:
     * local reads that follow are linearizable. Fails with UNAVAILABLE, soon, when there is no majority; OVERLOADED.
     */
    public CompletableFuture<Long> awaitLinearizable() {
        final RaftNode node = runs.current();
        if (node == null || !node.isRunning() || (node.isLeader() && !node.hearsMajority())) {
            return CompletableFuture.failedFuture(RatisErrors.read(new IOException("no majority is in touch")));
        }
        if (!strongReads.tryAcquire()) {
            return CompletableFuture.failedFuture(
                    RatisErrors.overloaded("more than " + STRONG_READS_MAX + " consistent reads are under way"));
        }
        final CompletableFuture<Long> answer = new CompletableFuture<>();
        try {
            node.read().orTimeout(READ_MILLIS_MAX, TimeUnit.MILLISECONDS).whenComplete((reply, thrown) -> {
                strongReads.release();
                if (thrown != null) {
                    answer.completeExceptionally(RatisErrors.read(thrown));
                } else if (!reply.isSuccess()) {
                    answer.completeExceptionally(RatisErrors.read(reply.getException()));
                } else {
                    final byte[] bytes = reply.getMessage().getContent().toByteArray();
                    answer.complete(CatalogCodec.decodeResult(bytes).index());
                }
            });
        } catch (final IOException | RuntimeException e) {
            strongReads.release();
            answer.completeExceptionally(RatisErrors.read(e));
        }
        return answer;
    }

    /** Waits until this node takes part and a leader is known; false when that took longer than {@code atMost}. */
    public boolean awaitReady(final Duration atMost) throws InterruptedException {
        final long untilNanos = System.nanoTime() + atMost.toNanos();
        while (!isRunning() || leaderId().isEmpty()) {
            if (System.nanoTime() - untilNanos > 0) {
                return false;
            }
            TimeUnit.MILLISECONDS.sleep(20);
        }
        return true;
    }

    /** Takes a snapshot now if anything was applied since the last one; for tests and administrators. */
    public void takeSnapshot() throws IOException {
        final RaftNode node = runs.current();
        if (node != null) {
            node.takeSnapshot(1);
        }
    }

    /** All definitions applied here, ordered by id. */
    public List<Definition> definitions() {
        return state.definitions();
    }

    /** The definition, or null. */
    public Definition definition(final String id) {
        return state.definition(id);
    }

    /** All nodes that were not removed, ordered by id. */
    public List<NodeRecord> nodes() {
        return state.nodes();
    }

    /** The node, or null. */
    public NodeRecord node(final String id) {
        return state.node(id);
    }

    /** The last removal of the node, or null; it may have rejoined since, as a later generation. */
    public RemovedNode removed(final String nodeId) {
        return state.removed(nodeId);
    }

    /** All removals that are remembered, the eldest first. */
    public List<RemovedNode> removed() {
        return state.removed();
    }

    /** The account, or null. */
    public Account account(final String slug) {
        return state.account(slug);
    }

    /** The signing keys, the newest first. */
    public List<SigningKey> signingKeys() {
        return state.signingKeys();
    }

    /** How far this node has applied the log. */
    public long appliedIndex() {
        return state.appliedIndex();
    }

    /** Node id of the leader this node follows; empty when none is known. */
    public String leaderId() {
        return runs.leaderId();
    }

    /** The voters as this node knows them, ordered by node id. */
    public List<CatalogPeer> voters() {
        return runs.voters();
    }

    /** True when this node is a voter and its Raft server works. */
    public boolean isRunning() {
        final RaftNode node = runs.current();
        return node != null && node.isRunning() && !runs.isEvicted();
    }

    /** True when the group has told this node that it is no voter any more. */
    public boolean isEvicted() {
        return runs.isEvicted();
    }

    /** Told of every removal when it is applied here, also of those that came with a snapshot. */
    public void onNodeRemoved(final Consumer<RemovedNode> listener) {
        state.onNodeRemoved(listener);
    }

    /** Told the applied index after every entry or snapshot that changed rows. */
    public void onChange(final LongConsumer listener) {
        state.onChange(listener);
    }

    /** Gives up leadership, ends writes under way and stops Raft. */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        runs.giveUpLeadership();
        threads.close();
        runs.close();
        forwarder.close();
    }
}
