package com.onebackend.registry.node.catalog;

import com.onebackend.registry.model.Definition;
import com.onebackend.registry.node.catalog.CatalogCodec.KeyRow;
import com.onebackend.registry.node.catalog.CatalogCommand.BeginRestore;
import com.onebackend.registry.node.catalog.CatalogCommand.EndRestore;
import com.onebackend.registry.node.catalog.CatalogCommand.RestoreRows;
import com.onebackend.registry.node.catalog.CatalogCommand.RestoredRow;
import com.onebackend.registry.storage.CatalogBatch;
import com.onebackend.registry.storage.CatalogSection;
import com.onebackend.registry.wire.RecordCodec;
import com.onebackend.registry.wire.WireException;
import java.util.ArrayList;
import java.util.List;

/**
 * What the commands of a restore do. Rows go to their place on disk at once, since a catalog may be larger than one
 * entry or the memory. Readers see none of them until the end, when everything is read again; the mark says that they
 * are not all there yet, and no node is ready while it stands.
 *
 * <p>A restored row is read before it is stored: one that nobody can read would keep every node from starting.
 *
 * <p><i>Thread:</i> Raft's updater. <i>Lifecycle:</i> one entry.
 */
final class RestoreEvaluation {
    /** Restored signing keys and deletions are elder than any made here: this much lower than their own index. */
    private static final long ELDER = 1L << 62;

    private final CatalogTables tables;
    private final long index;
    private final CatalogBatch batch;
    private final List<Runnable> effects;
    private final Runnable reload;

    /** @param reload shows readers everything that is on disk */
    RestoreEvaluation(
            final CatalogTables tables,
            final long index,
            final CatalogBatch batch,
            final List<Runnable> effects,
            final Runnable reload) {
        this.tables = tables;
        this.index = index;
        this.batch = batch;
        this.effects = effects;
        this.reload = reload;
    }

    /** Null when the command is none of a restore. */
    CatalogResult evaluate(final CatalogCommand command) {
        if (command instanceof BeginRestore begin) {
            return begin(begin.restoreId());
        } else if (command instanceof RestoreRows rows) {
            return rows(rows);
        } else if (command instanceof EndRestore end) {
            return end(end.restoreId());
        }
        return null;
    }

    private CatalogResult begin(final String restoreId) {
        final RestoreMark mark = tables.restore;
        if (mark.restoreId().equals(restoreId)) {
            return CatalogResult.done(index, 0);
        }
        if (mark.isUnderWay()) {
            return conflict("another backup, with the checksum " + mark.restoreId()
                    + ", is being restored; end that one first, or begin with a new cluster");
        }
        if (tables.trails.size() > 0
                || tables.definitions.size() > 0
                || tables.accounts.size() > RestoreTally.BORN
                || tables.keys.size() > RestoreTally.BORN) {
            return conflict("a backup goes into a new cluster only, and this one has " + tables.definitions.size()
                    + " definitions, the revisions of " + tables.trails.deletedCount() + " deleted ones, "
                    + tables.accounts.size() + " accounts and " + tables.keys.size() + " signing keys");
        }
        mark(new RestoreMark(restoreId, false));
        effects.add(tables::countRows);
        return CatalogResult.done(index, 0);
    }

    private CatalogResult end(final String restoreId) {
        if (!tables.restore.restoreId().equals(restoreId)) {
            return notUnderWay(restoreId);
        }
        if (tables.restore.isUnderWay()) {
            mark(new RestoreMark(restoreId, true));
            effects.add(reload);
        }
        return CatalogResult.done(index, 0);
    }

    private void mark(final RestoreMark mark) {
        batch.put(CatalogSection.META, RestoreMark.KEY, RestoreCodec.encode(mark));
        effects.add(() -> tables.restore = mark);
    }

    private CatalogResult rows(final RestoreRows command) {
        if (!tables.restore.restoreId().equals(command.restoreId())) {
            return notUnderWay(command.restoreId());
        }
        if (!tables.restore.isUnderWay()) {
            // Everything was there before: sent again after an answer was lost.
            return CatalogResult.done(index, 0);
        }
        final RestoreTally.Addition addition = tables.tally().addition();
        final List<Runnable> stored = new ArrayList<>();
        try {
            command.rows().forEach(row -> stored.add(taken(row, addition)));
        } catch (final WireException e) {
            return CatalogResult.refused(
                    CatalogResult.Code.INVALID, index, "a row of the backup cannot be read: " + e.getMessage());
        }
        final String excess = addition.excess();
        if (!excess.isEmpty()) {
            return CatalogResult.refused(
                    CatalogResult.Code.INVALID,
                    index,
                    "the backup does not fit: a catalog holds " + excess + " at most; this cluster stays without one");
        }
        stored.forEach(Runnable::run);
        effects.add(addition::commit);
        return CatalogResult.done(index, 0);
    }

    /** True for the rows of a backup that belong into another cluster, too. */
    static boolean isRestored(final int section, final String key) {
        return section == CatalogSection.DEFINITION.id()
                || section == CatalogSection.DEFINITION_REVISION.id()
                || (section == CatalogSection.META.id() && DefinitionHistory.isRow(key))
                || section == CatalogSection.ACCOUNT.id()
                || section == CatalogSection.SIGNING_KEY.id();
    }

    /** What stores the row. */
    private Runnable taken(final RestoredRow row, final RestoreTally.Addition addition) {
        final CatalogSection section = isId(row.section()) ? CatalogSection.ofId((byte) row.section()) : null;
        byte[] value = row.value();
        if (section == CatalogSection.DEFINITION) {
            final Definition definition = RecordCodec.decodeDefinition(value);
            require(row, definition.id());
            if (!DefinitionHistory.isRevision(definition.revision())) {
                throw new WireException("a definition without a revision");
            }
            addition.count(section, row.key());
        } else if (section == CatalogSection.ACCOUNT) {
            require(row, RecordCodec.decodeAccount(value).slug());
            addition.count(section, row.key());
        } else if (section == CatalogSection.SIGNING_KEY) {
            final KeyRow key = elder(CatalogCodec.decodeKeyRow(value));
            require(row, key.key().id());
            value = CatalogCodec.encodeKeyRow(key);
            addition.count(section, row.key());
        } else if (section == CatalogSection.DEFINITION_REVISION) {
            DefinitionHistory.checkRevision(row.key(), value, addition::trail);
        } else if (section == CatalogSection.META && DefinitionHistory.isRow(row.key())) {
            value = DefinitionHistory.elder(row.key(), value, ELDER);
            if (DefinitionHistory.isTrail(row.key())) {
                addition.count(DefinitionHistory.idOf(row.key()), CatalogCodec.decodeTrail(value));
            }
        } else {
            throw new WireException("section " + row.section() + " is not restored");
        }
        final byte[] bytes = value;
        return () -> batch.put(section, row.key(), bytes);
    }

    private static boolean isId(final int section) {
        return section > 0 && section <= Byte.MAX_VALUE;
    }

    private static void require(final RestoredRow row, final String id) {
        if (!row.key().equals(id) || id.isEmpty()) {
            throw new WireException("its key is not its id");
        }
    }

    /** Verifies the tokens that were signed with it; new ones are signed with this cluster's own. */
    private static KeyRow elder(final KeyRow row) {
        return row.index() < 0 ? row : new KeyRow(row.key(), row.index() - ELDER);
    }

    private CatalogResult notUnderWay(final String restoreId) {
        return conflict("no restore of the backup with the checksum " + restoreId + " is under way; begin it first");
    }

    private CatalogResult conflict(final String message) {
        return CatalogResult.refused(CatalogResult.Code.CONFLICT, index, message);
    }
}
