package com.onebackend.registry.node.catalog;

import com.onebackend.registry.api.CatalogPosition;
import com.onebackend.registry.api.ErrorCode;
import com.onebackend.registry.api.RecoverRequest;
import com.onebackend.registry.api.RegistryException;
import com.onebackend.registry.directory.DefinitionEntry;
import com.onebackend.registry.directory.DefinitionList;
import com.onebackend.registry.model.Account;
import com.onebackend.registry.model.Definition;
import com.onebackend.registry.model.DefinitionRevision;
import com.onebackend.registry.model.NodeRecord;
import com.onebackend.registry.model.SigningKey;
import com.onebackend.registry.storage.Applied;
import com.onebackend.registry.storage.CatalogStore;
import com.onebackend.registry.wire.WireLimits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import java.util.function.Predicate;
import org.apache.ratis.protocol.RaftPeer;

/**
 * The catalog on this node: writes from any node to the Raft leader, reads from what this node has applied. A few nodes
 * vote; the others follow their log, have the same rows and answer the same. A node goes from one to the other while it
 * runs.
 *
 * <p><i>Thread:</i> any. Reads never block. Writes complete on a thread of the service; do not block it.
 * Listeners run on whoever applies, in the order of the log; they must not block. <i>Lifecycle:</i> {@code
 * found}, {@code start} or {@code follow}, then {@code close}; the store is closed afterwards by its owner.
 * <i>Invariants:</i> a write that completed is visible here at once, durable on a majority, and applied once however
 * often it is sent.
 */
public final class CatalogService implements AutoCloseable {
    /** Writes waiting or under way on this node; the next one is refused with OVERLOADED. */
    public static final int WRITES_MAX = 1_024;

    private static final int ENTRY_BYTES_MAX = WireLimits.RECORD_BYTES_MAX + 4_096;
    private static final long FLUSH_MILLIS = 100;
    private static final long EXPIRY_MILLIS = 10_000;
    private static final long LOST_VOTE_MILLIS = 2_000;

    private final CatalogConfig config;
    private final CatalogFeed feed = new CatalogFeed();
    private final CatalogAge age = new CatalogAge();
    private final CatalogState state;
    private final RaftRuns runs;
    private final CatalogFollower follower;
    private final FeedServer server;
    private final Forwarder forwarder;
    private final CatalogWriter writer;
    private final LinearizableReads reads;
    private final LostVote lostVote;
    private final DrainedVoter drainedVoter;
    private final CatalogRecovery recovery;
    private final CatalogCounters counters = new CatalogCounters();
    private final CatalogReports reports;
    private final CatalogThreads threads;
    private volatile boolean closed;

    private CatalogService(final CatalogConfig config) {
        this.config = config;
        this.state = new CatalogState(config.store(), feed);
        // Each write has one step at a time, and one more while it is given up.
        this.threads = new CatalogThreads(config.self().nodeId(), 2 * WRITES_MAX);
        this.runs = new RaftRuns(config, state, threads, this::toldVoters, counters);
        this.follower = new CatalogFollower(config, state, runs, age);
        this.server = new FeedServer(config, state, feed, runs, threads, this::view);
        this.forwarder = new Forwarder(
                () -> config.groupId(state.epoch()),
                config.tls(),
                (int) CatalogWriter.ATTEMPT_MILLIS_MAX,
                giveUp -> threads.background(giveUp::run));
        this.writer = new CatalogWriter(config, runs::current, this::leader, forwarder, state, threads, WRITES_MAX);
        state.onEntry(new CommitPush(runs::current, threads.writers())::applied);
        this.reads = new LinearizableReads(config.self().nodeId(), runs::current, writer, counters);
        this.lostVote = new LostVote(config, runs.changes(), runs::whileIdle);
        this.drainedVoter = new DrainedVoter(config, state, runs, threads);
        this.recovery = new CatalogRecovery(config, state, runs, feed, this::awaitLinearizable, this::voters);
        this.reports = new CatalogReports(config, state, runs, follower, counters);
    }

    /**
     * Starts a group whose only voter is this node; where the folder already holds the group, the same as
     * {@code start}.
     *
     * @throws RegistryException the folder or port cannot be used, or the store belongs to another Raft folder
     */
    public static CatalogService found(final CatalogConfig config) {
        return vote(config, List.of(config.self()));
    }

    /**
     * Starts a node that votes, from what is in its folder.
     *
     * @throws RegistryException the folder or port cannot be used, or the store belongs to another Raft folder
     */
    public static CatalogService start(final CatalogConfig config) {
        return vote(config, List.of());
    }

    /**
     * Starts a node that does not vote: it follows the log of those who do, and may be made a voter later.
     *
     * @throws RegistryException the folder cannot be used
     */
    public static CatalogService follow(final CatalogConfig config) {
        final CatalogService service = new CatalogService(config);
        try {
            service.runs.cleanFolder();
            service.begin();
        } catch (final IOException | RuntimeException e) {
            service.close();
            throw RaftNode.cannotStart(config, e);
        }
        return service;
    }

    private static CatalogService vote(final CatalogConfig config, final List<CatalogPeer> firstVoters) {
        final CatalogService service = new CatalogService(config);
        try {
            if (!isStored(config, service.state.epoch())
                    && service.state.stored().index() > 0) {
                throw new RegistryException(
                        ErrorCode.CONFLICT,
                        "the catalog's rows are there but its Raft folder " + config.raftFolder()
                                + " is not; restore it, or remove both and join anew");
            }
            service.runs.start(firstVoters);
            service.begin();
        } catch (final IOException | RuntimeException e) {
            service.close();
            throw RaftNode.cannotStart(config, e);
        }
        service.threads.background(service.runs.changes()::publishAddress);
        return service;
    }

    private void begin() throws IOException {
        server.clean();
        runs.begin();
        feed.onNews(() -> threads.soon(this::flush));
        threads.every(FLUSH_MILLIS, this::flush);
        threads.every(EXPIRY_MILLIS, () -> threads.background(server::expire));
        threads.every(LOST_VOTE_MILLIS, this::takeBackLostVote);
        threads.every(DrainedVoter.LOOK_MILLIS, drainedVoter::look);
        reports.begin(threads, this::leaderId);
        follower.start();
    }

    private static boolean isStored(final CatalogConfig config, final CatalogEpoch epoch) {
        return Files.isDirectory(config.groupFolder(epoch).resolve("current"));
    }

    /**
     * True when the Raft folder of the cluster is there, as far as the store says which one that must be; for a node
     * that has not started yet.
     */
    public static boolean isStored(final Path raftFolder, final UUID clusterId, final CatalogStore store) {
        return Files.isDirectory(raftFolder
                .resolve(CatalogState.epochOf(store).groupId(clusterId).toString())
                .resolve("current"));
    }

    private void flush() {
        feed.flush(view(), System.nanoTime());
    }

    private CatalogFeed.View view() {
        return new CatalogFeed.View(leaderId(), voters(), ageMillis());
    }

    private List<CatalogPeer> toldVoters() {
        return follower.voters();
    }

    private RaftPeer leader() {
        final RaftNode node = runs.current();
        if (node != null && node.isRunning()) {
            return node.leader();
        }
        final CatalogPeer told = follower.leader();
        return told == null ? null : RaftNode.raftPeer(told);
    }

    /** A node that follows, and that the group counts as a voter, has lost what it had written as one. */
    private void takeBackLostVote() {
        final List<CatalogPeer> told = follower.voters();
        if (runs.current() == null && lostVote.isCounted(told)) {
            threads.background(() -> {
                try {
                    lostVote.takeBack(told);
                } catch (final RegistryException e) {
                    config.onFatal().onFatal(e.getMessage(), e);
                }
            });
        }
    }

    /**
     * Answers a request of another node's catalog; fails when it is none.
     *
     * <p><i>Thread:</i> any; does not block.
     */
    public CompletableFuture<byte[]> answer(final byte[] request) {
        return FeedCodec.kind(request) == FeedCodec.STATUS
                ? CompletableFuture.completedFuture(reports.here().encode())
                : server.answer(request);
    }

    /**
     * As leader: makes a node that follows a voter; completes when it is one. Fails with CONFLICT, INDETERMINATE,
     * UNAVAILABLE.
     */
    public CompletableFuture<Void> promote(final String nodeId) {
        return threads.background(() -> runs.changes().promote(nodeId));
    }

    /** As leader: hands leadership to another voter. Fails with CONFLICT when this node does not lead, UNAVAILABLE. */
    public CompletableFuture<Void> transferLeadership(final String nodeId) {
        return threads.background(() -> {
            final RaftNode node = runs.current();
            if (node == null || !node.isLeader()) {
                throw new RegistryException(ErrorCode.CONFLICT, "only the leader hands leadership on");
            }
            try {
                node.transferLeadership(nodeId);
            } catch (final IOException e) {
                throw new RegistryException(ErrorCode.UNAVAILABLE, e.getMessage());
            }
        });
    }

    /** As leader of others: hands leadership to the voter that suits best; nothing to do on others. */
    public CompletableFuture<Void> giveUpLeadership() {
        return threads.background(runs::giveUpLeadership);
    }

    /** Milliseconds since this node last knew that it shows everything; {@link Long#MAX_VALUE} = it never did. */
    public long ageMillis() {
        final long nowNanos = System.nanoTime();
        final RaftNode node = runs.current();
        if (node != null && node.isRunning() && age.isLookDue(nowNanos)) {
            // Before it is seen whether all is applied: what the leader tells in between is not.
            final long silenceMillis = node.silenceMillis();
            if (node.hasAppliedAll()) {
                age.current(silenceMillis, nowNanos);
            }
        }
        return age.millis(nowNanos);
    }

    /**
     * Goes on from what is applied here without the majority, as the only voter; returns the index. Blocks for seconds;
     * the new group may not have a leader yet.
     *
     * @param alive the other nodes that answer now
     * @throws RegistryException INVALID or CONFLICT: it must not be done, and why; UNAVAILABLE: the disk failed
     */
    public long recover(final RecoverRequest request, final Set<String> alive) throws InterruptedException {
        return recovery.recover(request, alive);
    }

    /** Which recovery by force the catalog in this store goes back to: a text for {@link #isGivenUpFor}. */
    public static String epochOf(final CatalogStore store) {
        return CatalogState.epochOf(store).toString();
    }

    /** True when the catalog of that epoch replaces this one: what this one says of removals is over. */
    public boolean isGivenUpFor(final String epoch) {
        return CatalogEpoch.parse(epoch).isAheadOf(state.epoch());
    }

    /** How often the catalog was recovered by force. */
    public int epoch() {
        return state.epoch().number();
    }

    /**
     * Takes a voter out of the group; completes at once when it is none. Fails with CONFLICT when the voters left would
     * have no majority or another change came first, INDETERMINATE, UNAVAILABLE.
     *
     * @param isReachable which node ids answer now
     */
    public CompletableFuture<Void> removeVoter(final String nodeId, final Predicate<String> isReachable) {
        return threads.background(() -> runs.remove(nodeId, isReachable));
    }

    /**
     * Writes. Completes, within 3.5 s, with the answer of the catalog when this node has applied it: see {@link
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
        return counters.write(writer.write(entry, deadlineNanos));
    }

    /**
     * Completes, with the applied index, once this node has applied every write acknowledged anywhere before the call:
     * local reads that follow are linearizable. Fails with UNAVAILABLE, soon, when there is no majority; OVERLOADED.
     */
    public CompletableFuture<Long> awaitLinearizable() {
        return reads.read();
    }

    /** Waits until a leader is known, by a voter or a follower; false when that took longer than {@code atMost}. */
    public boolean awaitReady(final Duration atMost) throws InterruptedException {
        final long untilNanos = System.nanoTime() + atMost.toNanos();
        while (leaderId().isEmpty()) {
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

    /** The same, with their rendered forms; the same object until one changes. */
    public DefinitionList definitionList() {
        return state.definitionList();
    }

    /** The definition with its rendered form, or null. */
    public DefinitionEntry definitionEntry(final String id) {
        return state.definitionEntry(id);
    }

    /** The last revisions of a definition, the newest first; empty when none is known. Reads the disk. */
    public List<DefinitionRevision> definitionHistory(final String id) {
        return state.definitionHistory(id);
    }

    /** How far this node is; rows read afterwards are as new at least. */
    public CatalogPosition position() {
        return new CatalogPosition(appliedIndex(), ageMillis());
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

    /** Why the node is to take no new requests; null when it is in service. */
    public DrainedNode drained(final String nodeId) {
        return state.drained(nodeId);
    }

    /** True when somebody has taken the node out of service, for a while: it is not to lead. */
    public boolean isDrained(final String nodeId) {
        return state.drained(nodeId) != null;
    }

    /** Every row applied here, all of one moment; answers of which. Blocks. */
    public Applied readAll(final CatalogStore.RowReader rows) throws IOException {
        return state.readAll(rows);
    }

    /** The restore that is under way, or that this catalog came from. */
    public RestoreMark restore() {
        return state.restore();
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

    /** How the catalog stands, for people and figures. */
    public CatalogReports reports() {
        return reports;
    }

    /** Node id of the leader this node follows; empty when none is known. */
    public String leaderId() {
        final RaftPeer leading = leader();
        return leading == null ? "" : leading.getId().toString();
    }

    /** The voters as this node knows them, ordered by node id. */
    public List<CatalogPeer> voters() {
        final RaftNode node = runs.current();
        return node != null && node.isRunning() ? runs.voters() : follower.voters();
    }

    /** True when this node is a voter and its Raft server works. */
    public boolean isVoting() {
        final RaftNode node = runs.current();
        return node != null && node.isRunning();
    }

    /** Told of every removal when it is applied here, also of those that came with a snapshot. */
    public void onNodeRemoved(final Consumer<RemovedNode> listener) {
        state.onNodeRemoved(listener);
    }

    /**
     * Told the applied index after every entry that changed which nodes there are, where, or which are in service, and
     * after every snapshot.
     */
    public void onNodes(final LongConsumer listener) {
        state.onNodes(listener);
    }

    /** Gives up leadership, ends writes under way and stops Raft. */
    @Override
    public void close() {
        if (!closed) {
            runs.giveUpLeadership();
            end();
        }
    }

    /** The same where nobody is left to hand the lead on to. */
    void end() {
        if (closed) {
            return;
        }
        closed = true;
        follower.close();
        feed.close();
        writer.close();
        threads.close();
        runs.close();
        server.close();
        forwarder.close();
    }
}
