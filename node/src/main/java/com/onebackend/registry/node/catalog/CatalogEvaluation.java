package com.onebackend.registry.node.catalog;

import com.onebackend.registry.model.Definition;
import com.onebackend.registry.model.Generation;
import com.onebackend.registry.model.MemberId;
import com.onebackend.registry.model.NodeRecord;
import com.onebackend.registry.node.catalog.CatalogCodec.KeyRow;
import com.onebackend.registry.node.catalog.CatalogCommand.DeleteDefinition;
import com.onebackend.registry.node.catalog.CatalogCommand.DrainNode;
import com.onebackend.registry.node.catalog.CatalogCommand.RemoveNode;
import com.onebackend.registry.node.catalog.CatalogCommand.SaveAccount;
import com.onebackend.registry.node.catalog.CatalogCommand.SaveDefinition;
import com.onebackend.registry.node.catalog.CatalogCommand.SaveNode;
import com.onebackend.registry.node.catalog.CatalogCommand.SaveSigningKey;
import com.onebackend.registry.storage.CatalogBatch;
import com.onebackend.registry.storage.CatalogSection;
import com.onebackend.registry.wire.RecordCodec;
import com.onebackend.registry.wire.WireLimits;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalLong;

/**
 * What one command does to the catalog: decided from the rows and the command alone, written into a batch, shown to
 * readers once the batch is stored.
 *
 * <p><i>Thread:</i> Raft's updater. <i>Lifecycle:</i> one entry.
 */
final class CatalogEvaluation {
    /** Rows of one kind. */
    static final int ROWS_MAX = 20_000;

    static final int SIGNING_KEYS_MAX = 16;
    /** Removals that are remembered; the eldest goes first. */
    static final int REMOVED_NODES_MAX = 4_096;

    private final CatalogTables tables;
    private final long index;
    private final CatalogBatch batch;
    private final DefinitionHistory history;
    private final Runnable reload;
    private final List<Runnable> effects = new ArrayList<>();
    private final List<RemovedNode> removed = new ArrayList<>();
    private boolean changesNodes;

    /** @param reload shows readers everything that is on disk */
    CatalogEvaluation(final CatalogTables tables, final long index, final CatalogBatch batch, final Runnable reload) {
        this.reload = reload;
        this.tables = tables;
        this.index = index;
        this.batch = batch;
        this.history = new DefinitionHistory(tables.trails, batch, effects::add);
    }

    long index() {
        return index;
    }

    CatalogBatch batch() {
        return batch;
    }

    /** True when it has changed which nodes there are, where, or which of them are in service. */
    boolean changesNodes() {
        return changesNodes;
    }

    List<RemovedNode> removed() {
        return removed;
    }

    void showToReaders() {
        effects.forEach(Runnable::run);
    }

    CatalogResult evaluate(final CatalogCommand command) {
        if (tables.restore.isUnderWay() && isContent(command)) {
            // Its rows are on every disk, and in the memory of those nodes only that started since.
            return conflict("a backup is being restored into this cluster; repeat oo cluster restore if it broke off,"
                    + " and retry when it is done");
        }
        if (command instanceof SaveDefinition save) {
            return saveDefinition(save);
        } else if (command instanceof DeleteDefinition delete) {
            return deleteDefinition(delete);
        } else if (command instanceof SaveNode save) {
            return saveNode(save);
        } else if (command instanceof RemoveNode remove) {
            return removeNode(remove);
        } else if (command instanceof DrainNode drain) {
            return drainNode(drain);
        } else if (command instanceof SaveAccount save) {
            return saveAccount(save);
        } else if (command instanceof SaveSigningKey save) {
            return saveSigningKey(save);
        }
        final CatalogResult restored = new RestoreEvaluation(tables, index, batch, effects, reload).evaluate(command);
        return restored == null ? CatalogResult.done(index, 0) : restored;
    }

    /** True when it decides by rows that a backup may bring. */
    private static boolean isContent(final CatalogCommand command) {
        return command instanceof SaveDefinition
                || command instanceof DeleteDefinition
                || command instanceof SaveAccount
                || command instanceof SaveSigningKey;
    }

    private CatalogResult saveDefinition(final SaveDefinition command) {
        final String id = command.definition().id();
        if (isBadId(id, WireLimits.ID_CHARS_MAX)) {
            return invalid("the definition's id is empty or too long");
        }
        final Definition stored = tables.definitions.get(id);
        final String refusal = refusal(id, stored, command.expectedRevision());
        if (!refusal.isEmpty()) {
            return conflict(refusal);
        }
        if (stored == null && tables.definitions.size() >= ROWS_MAX) {
            return conflict("the catalog holds " + ROWS_MAX + " definitions; delete some first");
        }
        final Definition saved = command.definition()
                .saved(
                        history.next(id, stored),
                        command.proposal().who(),
                        command.proposal().millis());
        final byte[] row = RecordCodec.encodeDefinition(saved);
        if (row.length > WireLimits.RECORD_BYTES_MAX) {
            return invalid("definition " + id + " is larger than " + WireLimits.RECORD_BYTES_MAX + " bytes");
        }
        batch.put(CatalogSection.DEFINITION, id, row);
        effects.add(() -> tables.definitions.put(saved));
        history.saved(saved, row);
        return CatalogResult.done(index, saved.revision());
    }

    private CatalogResult deleteDefinition(final DeleteDefinition command) {
        final String id = command.definitionId();
        final Definition stored = tables.definitions.get(id);
        if (stored == null) {
            return CatalogResult.refused(CatalogResult.Code.NOT_FOUND, index, "no definition " + shortened(id));
        }
        final String refusal = refusal(id, stored, command.expectedRevision());
        if (!refusal.isEmpty()) {
            return conflict(refusal);
        }
        final long revision = history.next(id, stored);
        batch.delete(CatalogSection.DEFINITION, id);
        effects.add(() -> tables.definitions.remove(id));
        history.deleted(id, revision, command.proposal(), index);
        return CatalogResult.done(index, revision);
    }

    /** Why the expected revision is not the stored one; empty when it is, or when none is expected. */
    private String refusal(final String id, final Definition stored, final OptionalLong expected) {
        final long revision = stored == null ? 0 : stored.revision();
        if (expected.isEmpty() || expected.getAsLong() == revision) {
            return "";
        }
        if (stored == null) {
            return history.absent(id) + ", so it is not at revision " + expected.getAsLong()
                    + "; to make it anew, save it with revision 0";
        }
        return "definition " + id + " is at revision " + revision + ", saved by " + stored.owner() + " at "
                + Instant.ofEpochMilli(stored.updatedMillis()) + ", not at " + expected.getAsLong()
                + "; read it again, and repeat your change with revision " + revision;
    }

    private CatalogResult saveNode(final SaveNode command) {
        final NodeRecord node = command.node();
        if (isBadId(node.id(), MemberId.NODE_ID_CHARS_MAX)) {
            return invalid("the node's id is empty or too long");
        }
        final RemovedNode out = tables.removed.get(node.id());
        if (out != null && node.generation().compareTo(out.generation()) <= 0) {
            return conflict("node " + node.id() + " was removed from the cluster");
        }
        if (out != null && node.origin().equals(out.origin())) {
            // Everybody has dropped what this folder holds, and refuses what it would add.
            return conflict("node " + node.id() + " was removed from the cluster, with its data folder");
        }
        final NodeRecord stored = tables.nodes.get(node.id());
        if (stored != null && node.generation().compareTo(stored.generation()) < 0) {
            return conflict("a later start of node " + node.id() + " is in the catalog");
        }
        if (stored != null
                && node.generation().equals(stored.generation())
                && !node.origin().equals(stored.origin())) {
            return conflict("another data folder's start of node " + node.id() + " is in the catalog");
        }
        if (stored == null && tables.nodes.size() >= ROWS_MAX) {
            return conflict("the catalog holds " + ROWS_MAX + " nodes; remove some first");
        }
        batch.put(CatalogSection.NODE, node.id(), RecordCodec.encodeNode(node));
        changesNodes = true;
        effects.add(() -> tables.nodes.put(node.id(), node));
        return CatalogResult.done(index, 0);
    }

    private CatalogResult removeNode(final RemoveNode command) {
        final NodeRecord stored = tables.nodes.get(command.nodeId());
        if (stored == null) {
            return CatalogResult.refused(CatalogResult.Code.NOT_FOUND, index, "no node " + shortened(command.nodeId()));
        }
        final Generation upTo =
                stored.generation().compareTo(command.generation()) >= 0 ? stored.generation() : command.generation();
        final RemovedNode out = new RemovedNode(
                stored.id(),
                stored.origin(),
                upTo,
                index,
                command.proposal().millis(),
                command.proposal().who(),
                stored.url());
        batch.delete(CatalogSection.NODE, out.nodeId());
        batch.delete(CatalogSection.DRAINED_NODE, out.nodeId());
        batch.put(CatalogSection.REMOVED_NODE, out.nodeId(), CatalogCodec.encodeRemoved(out));
        forgetEldestRemoval(out.nodeId());
        changesNodes = true;
        effects.add(() -> {
            tables.nodes.remove(out.nodeId());
            tables.drained.remove(out.nodeId());
            tables.removed.put(out.nodeId(), out);
        });
        removed.add(out);
        return CatalogResult.done(index, 0);
    }

    private CatalogResult drainNode(final DrainNode command) {
        final String id = command.nodeId();
        if (!tables.nodes.containsKey(id)) {
            return CatalogResult.refused(CatalogResult.Code.NOT_FOUND, index, "no node " + shortened(id));
        }
        if (!command.drained()) {
            batch.delete(CatalogSection.DRAINED_NODE, id);
            changesNodes = true;
            effects.add(() -> tables.drained.remove(id));
            return CatalogResult.done(index, 0);
        }
        if (command.reason().length() > DrainedNode.REASON_CHARS_MAX) {
            return invalid("a reason has at most " + DrainedNode.REASON_CHARS_MAX + " characters");
        }
        final boolean isLast =
                tables.nodes.keySet().stream().allMatch(other -> other.equals(id) || tables.drained.containsKey(other));
        if (isLast) {
            return conflict("no other node would be in service without " + id + "; undrain or add one first");
        }
        final DrainedNode drained = new DrainedNode(
                id,
                command.proposal().who(),
                command.reason(),
                command.proposal().millis());
        batch.put(CatalogSection.DRAINED_NODE, id, CatalogCodec.encodeDrained(drained));
        changesNodes = true;
        effects.add(() -> tables.drained.put(id, drained));
        return CatalogResult.done(index, 0);
    }

    private void forgetEldestRemoval(final String except) {
        if (tables.removed.containsKey(except) || tables.removed.size() < REMOVED_NODES_MAX) {
            return;
        }
        tables.removed.values().stream()
                .min(Comparator.comparingLong(RemovedNode::index))
                .ifPresent(eldest -> {
                    batch.delete(CatalogSection.REMOVED_NODE, eldest.nodeId());
                    effects.add(() -> tables.removed.remove(eldest.nodeId()));
                });
    }

    private CatalogResult saveAccount(final SaveAccount command) {
        final String slug = command.account().slug();
        final boolean exists = tables.accounts.containsKey(slug);
        if (exists && command.onlyIfAbsent()) {
            return conflict("account " + slug + " exists");
        }
        if (!exists && tables.accounts.size() >= ROWS_MAX) {
            return conflict("the catalog holds " + ROWS_MAX + " accounts");
        }
        batch.put(CatalogSection.ACCOUNT, slug, RecordCodec.encodeAccount(command.account()));
        effects.add(() -> tables.accounts.put(slug, command.account()));
        return CatalogResult.done(index, 0);
    }

    private CatalogResult saveSigningKey(final SaveSigningKey command) {
        if (command.onlyIfAbsent() && !tables.keys.isEmpty()) {
            return conflict("the catalog has a signing key");
        }
        final String id = command.key().id();
        if (tables.keys.containsKey(id)) {
            return conflict("signing key " + id + " exists");
        }
        final KeyRow row = new KeyRow(command.key(), index);
        batch.put(CatalogSection.SIGNING_KEY, id, CatalogCodec.encodeKeyRow(row));
        effects.add(() -> tables.keys.put(id, row));
        tables.keys.values().stream()
                .sorted(KeyRow.BY_AGE)
                .limit(Math.max(0, tables.keys.size() - SIGNING_KEYS_MAX + 1))
                .forEach(eldest -> {
                    batch.delete(CatalogSection.SIGNING_KEY, eldest.key().id());
                    effects.add(() -> tables.keys.remove(eldest.key().id()));
                });
        return CatalogResult.done(index, 0);
    }

    private static boolean isBadId(final String id, final int charsMax) {
        return id.isEmpty() || id.length() > charsMax;
    }

    /** A refused id may be of any length; what is remembered of it may not. */
    private static String shortened(final String id) {
        return id.length() <= WireLimits.ID_CHARS_MAX ? id : id.substring(0, WireLimits.ID_CHARS_MAX);
    }

    private CatalogResult conflict(final String message) {
        return CatalogResult.refused(CatalogResult.Code.CONFLICT, index, message);
    }

    private CatalogResult invalid(final String message) {
        return CatalogResult.refused(CatalogResult.Code.INVALID, index, message);
    }
}
