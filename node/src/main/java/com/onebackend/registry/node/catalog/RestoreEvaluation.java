package com.onebackend.registry.node.catalog;

import com.onebackend.registry.model.Account;
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
import java.util.Map;

/**
 * What the commands of a restore do. Rows go to their place at once, since a catalog may be larger than one entry or
 * the
 * memory; that they are not all there yet is what the mark says, and no node is ready while it stands.
 *
 * <p>A restored row is read before it is stored: one that nobody can read would keep every node from starting.
 *
 * <p><i>Thread:</i> Raft's updater. <i>Lifecycle:</i> one entry.
 */
final class RestoreEvaluation {
    /** What a new cluster makes itself: the administrator's account. */
    static final int ACCOUNTS_BORN = 1;
    /** Restored signing keys are elder than any key made here: this much lower than their own index. */
    private static final long ELDER = 1L << 62;

    private final CatalogState.Tables tables;
    private final long index;
    private final CatalogBatch batch;
    private final List<Runnable> effects;

    RestoreEvaluation(
            final CatalogState.Tables tables,
            final long index,
            final CatalogBatch batch,
            final List<Runnable> effects) {
        this.tables = tables;
        this.index = index;
        this.batch = batch;
        this.effects = effects;
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
        if (!tables.definitions.isEmpty() || tables.accounts.size() > ACCOUNTS_BORN) {
            return conflict("a backup goes into a new cluster only, and this one has " + tables.definitions.size()
                    + " definitions and " + tables.accounts.size() + " accounts");
        }
        mark(new RestoreMark(restoreId, false));
        return CatalogResult.done(index, 0);
    }

    private CatalogResult end(final String restoreId) {
        if (!tables.restore.restoreId().equals(restoreId)) {
            return notUnderWay(restoreId);
        }
        mark(new RestoreMark(restoreId, true));
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
        if (isTooMuch(command.rows(), CatalogSection.DEFINITION, tables.definitions)
                || isTooMuch(command.rows(), CatalogSection.ACCOUNT, tables.accounts)) {
            return conflict("the backup has more than " + CatalogEvaluation.ROWS_MAX + " definitions or accounts");
        }
        final List<Runnable> shown = new ArrayList<>();
        final List<Runnable> stored = new ArrayList<>();
        try {
            command.rows().forEach(row -> take(row, stored, shown));
        } catch (final WireException e) {
            return CatalogResult.refused(
                    CatalogResult.Code.INVALID, index, "a row of the backup cannot be read: " + e.getMessage());
        }
        stored.forEach(Runnable::run);
        effects.addAll(shown);
        return CatalogResult.done(index, 0);
    }

    private static boolean isTooMuch(
            final List<RestoredRow> rows, final CatalogSection section, final Map<String, ?> known) {
        final long more = rows.stream()
                .filter(row -> row.section() == section.id() && !known.containsKey(row.key()))
                .count();
        return more > 0 && known.size() + more > CatalogEvaluation.ROWS_MAX;
    }

    private void take(final RestoredRow row, final List<Runnable> stored, final List<Runnable> shown) {
        final CatalogSection section = isId(row.section()) ? CatalogSection.ofId((byte) row.section()) : null;
        if (section == CatalogSection.DEFINITION) {
            final Definition definition = RecordCodec.decodeDefinition(row.value());
            require(row, definition.id());
            shown.add(() -> tables.definitions.put(row.key(), definition));
        } else if (section == CatalogSection.ACCOUNT) {
            final Account account = RecordCodec.decodeAccount(row.value());
            require(row, account.slug());
            shown.add(() -> tables.accounts.put(row.key(), account));
        } else if (section == CatalogSection.SIGNING_KEY) {
            final KeyRow key = elder(CatalogCodec.decodeKeyRow(row.value()));
            require(row, key.key().id());
            stored.add(() -> batch.put(section, row.key(), CatalogCodec.encodeKeyRow(key)));
            shown.add(() -> tables.keys.put(row.key(), key));
            return;
        } else {
            throw new WireException("section " + row.section() + " is not restored");
        }
        stored.add(() -> batch.put(section, row.key(), row.value()));
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
