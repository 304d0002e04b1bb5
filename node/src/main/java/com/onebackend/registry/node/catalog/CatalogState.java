package com.onebackend.registry.node.catalog;

import com.onebackend.registry.directory.DefinitionEntry;
import com.onebackend.registry.directory.DefinitionList;
import com.onebackend.registry.model.Account;
import com.onebackend.registry.model.Definition;
import com.onebackend.registry.model.DefinitionRevision;
import com.onebackend.registry.model.NodeRecord;
import com.onebackend.registry.model.SigningKey;
import com.onebackend.registry.node.catalog.CatalogCodec.AppliedRequest;
import com.onebackend.registry.node.catalog.CatalogCodec.KeyRow;
import com.onebackend.registry.storage.Applied;
import com.onebackend.registry.storage.CatalogBatch;
import com.onebackend.registry.storage.CatalogSection;
import com.onebackend.registry.storage.CatalogStore;
import com.onebackend.registry.wire.RecordCodec;
import com.onebackend.registry.wire.WireException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The catalog as far as this node has applied it: rows in the store, the same rows in memory for readers.
 *
 * <p><i>Thread:</i> {@code apply}, {@code replaceWith}, {@code passed} from Raft's updater and from the follower of the
 * log, who may be at work together while a node becomes a voter; they take turns, and what one has applied the other
 * skips. Reads and listeners' registration from any.
 *
 * <p><i>Invariants:</i> the state is always the log from its beginning to the applied index, whoever brought it;
 * applying the same entries gives the same answers and the same rows on every node; a refusal is an answer, only a
 * failing disk throws. Rows reach memory after the store has them, and before the index that {@link #whenApplied}
 * waits for moves.
 */
final class CatalogState {
    /**
     * How many applied requests are remembered, in order to apply a repeated one once: at 2,000 writes a second, those
     * of the last 16 seconds, and of hours or weeks at the rate of people. By count and not by age, as every node must
     * forget the same ones.
     */
    static final int RECENT_REQUESTS_MAX = 32_768;

    private static final Logger LOG = LoggerFactory.getLogger(CatalogState.class);
    private static final String REQUEST_PREFIX = "request/";
    static final String EPOCH_KEY = "epoch";

    private final CatalogStore store;
    private final CatalogFeed feed;
    /** Held by whoever applies. */
    private final Object applying = new Object();
    /** Requests in the order they were applied. Under {@code applying}. */
    private final LinkedHashMap<UUID, AppliedRequest> recent = new LinkedHashMap<>();

    private final List<Consumer<RemovedNode>> removalListeners = new CopyOnWriteArrayList<>();
    private final List<LongConsumer> nodesListeners = new CopyOnWriteArrayList<>();
    private final AppliedWaiters waiters = new AppliedWaiters();
    /** Told of every entry, whether it changed rows or was refused. */
    private volatile LongConsumer entryListener = index -> {};

    private volatile CatalogTables tables = new CatalogTables();
    /** Moved under {@code applying} only. */
    private volatile long appliedIndex;

    private volatile CatalogEpoch epoch;

    /** @param feed told of everything that is applied */
    CatalogState(final CatalogStore store, final CatalogFeed feed) {
        this.store = store;
        this.feed = feed;
        load();
    }

    private void load() {
        final CatalogTables loaded = new CatalogTables();
        final byte[] restore = store.read(CatalogSection.META, RestoreMark.KEY);
        loaded.restore = restore == null ? RestoreMark.NONE : RestoreCodec.decode(restore);
        // What is there of a backup that is being restored is not shown, as on nodes that did not start since.
        final boolean isWhole = !loaded.restore.isUnderWay();
        final List<String> hidden = new ArrayList<>();
        store.scan(CatalogSection.DEFINITION, (id, bytes) -> {
            if (isWhole) {
                loaded.definitions.put(RecordCodec.decodeDefinition(bytes));
            } else {
                hidden.add(id);
            }
        });
        final DefinitionTrails trails = isWhole ? loaded.trails : new DefinitionTrails();
        store.scan(CatalogSection.NODE, (id, bytes) -> loaded.nodes.put(id, RecordCodec.decodeNode(bytes)));
        store.scan(
                CatalogSection.ACCOUNT, (slug, bytes) -> loaded.accounts.put(slug, RecordCodec.decodeAccount(bytes)));
        store.scan(
                CatalogSection.REMOVED_NODE, (id, bytes) -> loaded.removed.put(id, CatalogCodec.decodeRemoved(bytes)));
        store.scan(
                CatalogSection.DRAINED_NODE, (id, bytes) -> loaded.drained.put(id, CatalogCodec.decodeDrained(bytes)));
        store.scan(CatalogSection.SIGNING_KEY, (id, bytes) -> loaded.keys.put(id, CatalogCodec.decodeKeyRow(bytes)));
        recent.clear();
        store.scan(CatalogSection.META, (key, bytes) -> {
            if (key.startsWith(REQUEST_PREFIX)) {
                final AppliedRequest request = CatalogCodec.decodeRequest(bytes);
                recent.put(request.requestId(), request);
            } else {
                DefinitionHistory.load(trails, key, bytes);
            }
        });
        if (!isWhole) {
            loaded.countRows(hidden, trails);
        }
        epoch = epochOf(store);
        tables = loaded;
        final long index = store.lastApplied().index();
        // Backwards only when a recovered catalog replaces what was lost.
        appliedIndex = index;
        waiters.reached(index);
        feed.began(index, epoch);
    }

    /** Which recovery by force the catalog of this store goes back to. */
    static CatalogEpoch epochOf(final CatalogStore store) {
        final byte[] stored = store.read(CatalogSection.META, EPOCH_KEY);
        return stored == null ? CatalogEpoch.FIRST : CatalogEpoch.decode(stored);
    }

    /**
     * Applies an entry of the log of {@code of}. Null, and nothing was applied, when this is not the catalog of that
     * epoch any more: the same index means something else in another one.
     */
    CatalogResult applyIn(final CatalogEpoch of, final long index, final long term, final byte[] entry) {
        synchronized (applying) {
            return of.equals(epoch) ? apply(index, term, entry) : null;
        }
    }

    /** The same as {@link #passed} in the log of {@code of}; false when this is the catalog of another epoch by now. */
    boolean passedIn(final CatalogEpoch of, final long index) {
        synchronized (applying) {
            if (!of.equals(epoch)) {
                return false;
            }
            passed(index);
            return true;
        }
    }

    /**
     * Applies one committed entry, unless the state has it already; every one before it must have been.
     *
     * @return the answer to whoever wrote it; that of an entry skipped says only that it is done
     * @throws com.onebackend.registry.storage.StorageException the disk failed: the node must stop
     */
    CatalogResult apply(final long index, final long term, final byte[] entry) {
        synchronized (applying) {
            if (index <= store.lastApplied().index()) {
                return answered(index, entry);
            }
            final CatalogResult result = applyNext(index, term, entry);
            feed.took(new FeedEntry(index, term, entry));
            return result;
        }
    }

    /**
     * Applies what a source of the log told after {@code position}, in its order; false, and nothing is applied, when
     * this node is in another epoch by now, or was brought back behind the position: then there would be a gap.
     *
     * @param upTo with the entries everything is here up to this index
     */
    boolean follow(final CatalogEpoch of, final long position, final List<FeedEntry> entries, final long upTo) {
        synchronized (applying) {
            if (!of.equals(epoch) || position > appliedIndex) {
                return false;
            }
            entries.forEach(entry -> apply(entry.index(), entry.term(), entry.bytes()));
            passed(upTo);
            return true;
        }
    }

    /** What an entry that is applied already was answered, as far as that is remembered. */
    private CatalogResult answered(final long index, final byte[] entry) {
        final CatalogResult done = CatalogResult.done(index, 0);
        try {
            final CatalogResult before =
                    answered(index, CatalogCodec.decode(entry).proposal());
            return before == null ? done : before;
        } catch (final WireException e) {
            LOG.debug("catalog entry was refused when it was applied index={}", index, e);
            return done;
        }
    }

    /** What the request was answered when it was applied; null when it was not, as far as is remembered. */
    private CatalogResult answered(final long index, final CatalogCommand.Proposal proposal) {
        final AppliedRequest before = recent.get(proposal.requestId());
        if (before == null) {
            return null;
        }
        return before.contentHash() == proposal.contentHash()
                ? before.result()
                : CatalogResult.refused(
                        CatalogResult.Code.CONFLICT,
                        index,
                        "this Idempotency-Key was used for a request with another content; take a new key");
    }

    private CatalogResult applyNext(final long index, final long term, final byte[] entry) {
        final CatalogBatch batch = new CatalogBatch(new Applied(index, term));
        final CatalogEvaluation evaluation = new CatalogEvaluation(tables, index, batch, this::load);
        final CatalogResult result = evaluate(evaluation, entry);
        store.apply(batch);
        evaluation.showToReaders();
        movedTo(index);
        entryListener.accept(index);
        if (evaluation.changesNodes()) {
            tell(evaluation.removed(), index);
        }
        return result;
    }

    private CatalogResult evaluate(final CatalogEvaluation evaluation, final byte[] entry) {
        final CatalogCommand command;
        try {
            command = CatalogCodec.decode(entry);
        } catch (final WireException e) {
            LOG.warn("catalog entry refused index={} reason={}", evaluation.index(), e.getMessage());
            return CatalogResult.refused(
                    CatalogResult.Code.INVALID, evaluation.index(), "the catalog cannot read this: " + e.getMessage());
        }
        if (command instanceof CatalogCommand.Noop) {
            return CatalogResult.done(evaluation.index(), 0);
        }
        final CatalogCommand.Proposal proposal = command.proposal();
        final CatalogResult before = answered(evaluation.index(), proposal);
        if (before != null) {
            return before;
        }
        final CatalogResult result = evaluation.evaluate(command);
        remember(new AppliedRequest(proposal.requestId(), result, proposal.contentHash()), evaluation.batch());
        return result;
    }

    private void remember(final AppliedRequest request, final CatalogBatch batch) {
        batch.put(CatalogSection.META, requestKey(request.result().index()), CatalogCodec.encodeRequest(request));
        recent.put(request.requestId(), request);
        if (recent.size() > RECENT_REQUESTS_MAX) {
            final var eldest = recent.values().iterator();
            batch.delete(CatalogSection.META, requestKey(eldest.next().result().index()));
            eldest.remove();
        }
    }

    /** Ordered as the numbers are. */
    private static String requestKey(final long index) {
        return REQUEST_PREFIX + HexFormat.of().toHexDigits(index);
    }

    /** Notes that the log went on without an entry for the catalog: a configuration, a term's start. Not stored. */
    void passed(final long index) {
        synchronized (applying) {
            if (index > appliedIndex) {
                movedTo(index);
                feed.passed(index);
            }
        }
    }

    private void movedTo(final long index) {
        appliedIndex = Math.max(appliedIndex, index);
        waiters.reached(appliedIndex);
    }

    /** Completes, on any thread, when this node has applied {@code index}; who waits no more completes it. */
    CompletableFuture<Void> whenApplied(final long index) {
        return waiters.await(index);
    }

    /** Which recovery by force the catalog goes back to; travels with its rows. */
    CatalogEpoch epoch() {
        return epoch;
    }

    /** The restore that is under way, or that this catalog came from. */
    RestoreMark restore() {
        return tables.restore;
    }

    /** True for a row that says something of the catalog, and not of this copy of it. */
    static boolean isContent(final CatalogSection section, final String key) {
        return section != CatalogSection.META
                || (!key.startsWith(REQUEST_PREFIX) && !key.equals(EPOCH_KEY) && !key.equals(RestoreMark.KEY));
    }

    /** Every row as it is now. */
    Applied readAll(final CatalogStore.RowReader rows) throws IOException {
        return store.readAll(rows);
    }

    /** Writes all there is, with its applied index. */
    Applied exportTo(final OutputStream out) throws IOException {
        return store.exportTo(out);
    }

    /** Writes all there is as the beginning of another epoch. */
    Applied exportTo(final OutputStream out, final CatalogEpoch asEpoch) throws IOException {
        return store.exportTo(out, List.of(RecoveredGroup.epochRow(asEpoch)));
    }

    /** What must not be disturbed by an entry that is applied meanwhile. */
    interface Exclusive {
        long run() throws IOException;
    }

    /** Runs {@code work} while nothing is applied; readers go on. */
    long whileNothingApplies(final Exclusive work) throws IOException {
        synchronized (applying) {
            return work.run();
        }
    }

    /**
     * Takes over a snapshot that was asked for in epoch {@code of}, from a catalog of epoch {@code from}, where that
     * leads on from here: else this node would go back, and what came between would be missing for ever.
     *
     * @param index what the snapshot has at least
     * @return false, and nothing has changed: this catalog was recovered meanwhile, or has applied as much another way
     */
    boolean replaceIn(final CatalogEpoch of, final CatalogEpoch from, final long index, final InputStream in)
            throws IOException {
        synchronized (applying) {
            if (!of.equals(epoch)
                    || of.isAheadOf(from)
                    || (of.equals(from) && index <= store.lastApplied().index())) {
                return false;
            }
            replace(in);
            return true;
        }
    }

    /** Takes over a snapshot, all or nothing; readers see the old catalog until it is in. */
    void replaceWith(final InputStream in) throws IOException {
        synchronized (applying) {
            replace(in);
        }
    }

    private void replace(final InputStream in) throws IOException {
        final Map<String, RemovedNode> before = tables.removed;
        LOG.info("catalog rows are being replaced index={}", appliedIndex);
        store.replaceWith(in);
        load();
        LOG.info("catalog rows replaced index={} epoch={}", appliedIndex, epoch);
        final List<RemovedNode> newlyRemoved = new ArrayList<>();
        for (final RemovedNode removed : tables.removed.values()) {
            if (!removed.equals(before.get(removed.nodeId()))) {
                newlyRemoved.add(removed);
            }
        }
        newlyRemoved.sort(Comparator.comparingLong(RemovedNode::index));
        tell(newlyRemoved, appliedIndex);
    }

    private void tell(final List<RemovedNode> removals, final long index) {
        for (final RemovedNode removed : removals) {
            removalListeners.forEach(listener -> listener.accept(removed));
        }
        nodesListeners.forEach(listener -> listener.accept(index));
    }

    void onNodeRemoved(final Consumer<RemovedNode> listener) {
        removalListeners.add(listener);
    }

    /** Told the index of every entry applied, one after the other; must not block. One listener. */
    void onEntry(final LongConsumer listener) {
        entryListener = listener;
    }

    void onNodes(final LongConsumer listener) {
        nodesListeners.add(listener);
    }

    /** What the store has applied; what Raft replays up to there is skipped. */
    Applied stored() {
        return store.lastApplied();
    }

    long appliedIndex() {
        return appliedIndex;
    }

    DefinitionList definitionList() {
        return tables.definitions.list();
    }

    List<Definition> definitions() {
        return definitionList().entries().stream()
                .map(DefinitionEntry::definition)
                .toList();
    }

    DefinitionEntry definitionEntry(final String id) {
        return tables.definitions.entry(id);
    }

    /** Reads the disk. */
    List<DefinitionRevision> definitionHistory(final String id) {
        return DefinitionHistory.read(store, tables.trails, id);
    }

    Definition definition(final String id) {
        return tables.definitions.get(id);
    }

    List<NodeRecord> nodes() {
        return sorted(tables.nodes, Comparator.comparing(NodeRecord::id));
    }

    NodeRecord node(final String id) {
        return tables.nodes.get(id);
    }

    RemovedNode removed(final String nodeId) {
        return tables.removed.get(nodeId);
    }

    List<RemovedNode> removed() {
        return sorted(tables.removed, Comparator.comparingLong(RemovedNode::index));
    }

    DrainedNode drained(final String nodeId) {
        return tables.drained.get(nodeId);
    }

    Account account(final String slug) {
        return tables.accounts.get(slug);
    }

    /** The newest first. */
    List<SigningKey> signingKeys() {
        return tables.keys.values().stream()
                .sorted(KeyRow.BY_AGE.reversed())
                .map(KeyRow::key)
                .toList();
    }

    private static <T> List<T> sorted(final Map<String, T> rows, final Comparator<T> order) {
        final List<T> copy = new ArrayList<>(rows.values());
        copy.sort(order);
        return List.copyOf(copy);
    }
}
