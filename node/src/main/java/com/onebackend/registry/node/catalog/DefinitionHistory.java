package com.onebackend.registry.node.catalog;

import com.onebackend.registry.model.Definition;
import com.onebackend.registry.model.DefinitionRevision;
import com.onebackend.registry.node.catalog.DefinitionTrails.Trail;
import com.onebackend.registry.storage.CatalogBatch;
import com.onebackend.registry.storage.CatalogSection;
import com.onebackend.registry.storage.CatalogStore;
import com.onebackend.registry.wire.RecordCodec;
import com.onebackend.registry.wire.WireException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Consumer;

/**
 * Keeps the last revisions of every definition, also of those that were deleted, and numbers them: a definition that is
 * deleted and made anew counts on, so that no number ever stands for two contents.
 *
 * <p><i>Thread:</i> whoever applies; {@code read} from any. <i>Lifecycle:</i> one entry.
 */
final class DefinitionHistory {
    /** Revisions kept of one definition, its deletion counted. */
    static final int REVISIONS_MAX = 10;
    /** Deleted definitions whose revisions are kept; the one deleted first goes first. */
    static final int DELETED_MAX = 4_096;

    private static final String TRAIL_PREFIX = "trail/";
    private static final String FLOOR_KEY = "revision-floor";

    private final DefinitionTrails trails;
    private final CatalogBatch batch;
    private final Consumer<Runnable> effects;

    /** @param effects takes what shall be shown to readers once the batch is stored */
    DefinitionHistory(final DefinitionTrails trails, final CatalogBatch batch, final Consumer<Runnable> effects) {
        this.trails = trails;
        this.batch = batch;
        this.effects = effects;
    }

    /** The number of the next revision of {@code id}; {@code stored} is the definition as it is, or null. */
    long next(final String id, final Definition stored) {
        final Trail trail = trails.get(id);
        // A store written before revisions were kept has the definition only.
        final long last = Math.max(trail == null ? 0 : trail.last(), stored == null ? 0 : stored.revision());
        return (last == 0 ? trails.floor() : last) + 1;
    }

    /** That there is no such definition, and what is known of its end. */
    String absent(final String id) {
        final Trail trail = trails.get(id);
        return "there is no definition " + id + (trail == null ? "" : " (revision " + trail.last() + " deleted it)");
    }

    /** @param row the definition, encoded */
    void saved(final Definition saved, final byte[] row) {
        final DefinitionRevision revision =
                new DefinitionRevision(saved.revision(), saved.updatedMillis(), saved.owner(), saved);
        note(saved.id(), revision, row, 0);
    }

    void deleted(final String id, final long revision, final CatalogCommand.Proposal by, final long index) {
        if (trails.deletedCount() >= DELETED_MAX) {
            forget(trails.eldestDeleted());
        }
        note(id, new DefinitionRevision(revision, by.millis(), by.who(), null), null, index);
    }

    private void note(
            final String id, final DefinitionRevision revision, final byte[] definition, final long deletedAt) {
        final Trail before = trails.get(id);
        final long last = revision.revision();
        final long first = before == null ? last : Math.max(before.first(), last - REVISIONS_MAX + 1);
        if (before != null) {
            deleteRows(id, before.first(), first - 1);
        }
        final Trail trail = new Trail(first, last, deletedAt);
        batch.put(CatalogSection.DEFINITION_REVISION, key(id, last), CatalogCodec.encodeRevision(revision, definition));
        batch.put(CatalogSection.META, TRAIL_PREFIX + id, CatalogCodec.encodeTrail(trail));
        effects.accept(() -> trails.put(id, trail));
    }

    private void forget(final String id) {
        final Trail trail = trails.get(id);
        deleteRows(id, trail.first(), trail.last());
        batch.delete(CatalogSection.META, TRAIL_PREFIX + id);
        effects.accept(() -> trails.remove(id));
        if (trail.last() > trails.floor()) {
            final byte[] row =
                    ByteBuffer.allocate(Long.BYTES).putLong(trail.last()).array();
            batch.put(CatalogSection.META, FLOOR_KEY, row);
            effects.accept(() -> trails.raiseFloor(trail.last()));
        }
    }

    private void deleteRows(final String id, final long from, final long upTo) {
        for (long revision = from; revision <= upTo; revision++) {
            batch.delete(CatalogSection.DEFINITION_REVISION, key(id, revision));
        }
    }

    /** Of fixed width behind the id, so that the key of one id is never that of another. */
    private static String key(final String id, final long revision) {
        return id + "/" + HexFormat.of().toHexDigits(revision);
    }

    /** True for the rows of the META section that are of these. */
    static boolean isRow(final String key) {
        return key.startsWith(TRAIL_PREFIX) || key.equals(FLOOR_KEY);
    }

    /**
     * A row that comes from another cluster must be one that {@link #read} understands.
     *
     * @throws WireException it is not
     */
    static void checkRevision(final String key, final byte[] row) {
        final DefinitionRevision revision = CatalogCodec.decodeRevision(row);
        final int end = key.lastIndexOf('/');
        final boolean isRight = end > 0
                && key.equals(key(key.substring(0, end), revision.revision()))
                && (revision.isDeletion() || revision.definition().id().equals(key.substring(0, end)));
        if (!isRight) {
            throw new WireException("the key of a revision is not its own");
        }
    }

    /**
     * A row of the META section as another cluster may take it over: there, the index of a deletion says nothing.
     *
     * @param by how much lower indexes become; those that are lowered already stay
     * @throws WireException it cannot be read
     */
    static byte[] elder(final String key, final byte[] row, final long by) {
        if (key.equals(FLOOR_KEY)) {
            if (row.length != Long.BYTES) {
                throw new WireException("not a revision's number");
            }
            return row;
        }
        final Trail trail = CatalogCodec.decodeTrail(row);
        if (trail.first() < 1 || trail.last() < trail.first() || trail.last() - trail.first() >= REVISIONS_MAX) {
            throw new WireException("not the revisions of a definition");
        }
        return trail.deletedAt() <= 0
                ? row
                : CatalogCodec.encodeTrail(new Trail(trail.first(), trail.last(), trail.deletedAt() - by));
    }

    /** Takes a row of the META section, if it is one of these. */
    static void load(final DefinitionTrails trails, final String key, final byte[] row) {
        if (key.startsWith(TRAIL_PREFIX)) {
            trails.put(key.substring(TRAIL_PREFIX.length()), CatalogCodec.decodeTrail(row));
        } else if (key.equals(FLOOR_KEY)) {
            trails.raiseFloor(ByteBuffer.wrap(row).getLong());
        }
    }

    /** The revisions kept of {@code id}, the newest first. Reads the disk. */
    static List<DefinitionRevision> read(final CatalogStore store, final DefinitionTrails trails, final String id) {
        final Trail trail = trails.get(id);
        final List<DefinitionRevision> revisions = new ArrayList<>();
        if (trail == null) {
            final byte[] row = store.read(CatalogSection.DEFINITION, id);
            if (row != null) {
                final Definition only = RecordCodec.decodeDefinition(row);
                revisions.add(new DefinitionRevision(only.revision(), only.updatedMillis(), only.owner(), only));
            }
            return revisions;
        }
        for (long revision = trail.last(); revision >= trail.first(); revision--) {
            final byte[] row = store.read(CatalogSection.DEFINITION_REVISION, key(id, revision));
            if (row != null) { // else it was forgotten since the trail was looked at
                revisions.add(CatalogCodec.decodeRevision(row));
            }
        }
        return revisions;
    }
}
