package com.onebackend.registry.node.catalog;

import com.onebackend.registry.model.Definition;
import com.onebackend.registry.model.DefinitionRevision;
import com.onebackend.registry.node.catalog.DefinitionTrails.Trail;
import com.onebackend.registry.storage.CatalogBatch;
import com.onebackend.registry.storage.CatalogSection;
import com.onebackend.registry.storage.CatalogStore;
import com.onebackend.registry.wire.RecordCodec;
import com.onebackend.registry.wire.WireException;
import com.onebackend.registry.wire.WireLimits;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;

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
    /**
     * Rows of all revisions together, each definition's last one excepted, which is as large as the definition. Beyond
     * it deleted definitions are forgotten, the one deleted first first, then the definition that is written keeps
     * fewer revisions.
     */
    static final long BYTES_MAX = 256L << 20;
    /** The highest revision a definition can have. */
    static final long REVISION_MAX = 999_999_999_999_999_999L;

    private static final String TRAIL_PREFIX = "trail/";
    private static final String FLOOR_KEY = "revision-floor";

    private final DefinitionTrails trails;
    private final CatalogBatch batch;
    private final Consumer<Runnable> effects;
    private final long bytesMax;
    /** In this entry; {@link #trails} has them still. */
    private final Set<String> forgotten = new HashSet<>();

    private long floor;
    private long forgottenBytes;

    /** @param effects takes what shall be shown to readers once the batch is stored */
    DefinitionHistory(final DefinitionTrails trails, final CatalogBatch batch, final Consumer<Runnable> effects) {
        this(trails, batch, effects, BYTES_MAX);
    }

    /** @param bytesMax instead of {@link #BYTES_MAX} */
    DefinitionHistory(
            final DefinitionTrails trails,
            final CatalogBatch batch,
            final Consumer<Runnable> effects,
            final long bytesMax) {
        this.trails = trails;
        this.batch = batch;
        this.effects = effects;
        this.bytesMax = bytesMax;
        this.floor = trails.floor();
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
            forget(trails.deleted().iterator().next());
        }
        note(id, new DefinitionRevision(revision, by.millis(), by.who(), null), null, index);
    }

    private void note(
            final String id, final DefinitionRevision revision, final byte[] definition, final long deletedAt) {
        final Trail before = trails.get(id);
        final byte[] row = CatalogCodec.encodeRevision(revision, definition);
        final Trail trail = bounded(id, before, Trail.after(before, revision.revision(), row.length, deletedAt));
        if (before != null) {
            deleteRows(id, before.first(), trail.first() - 1);
        }
        batch.put(CatalogSection.DEFINITION_REVISION, key(id, trail.last()), row);
        batch.put(CatalogSection.META, TRAIL_PREFIX + id, CatalogCodec.encodeTrail(trail));
        effects.accept(() -> trails.put(id, trail));
    }

    /** As many of the revisions as may be kept, the last one in any case. */
    private Trail bounded(final String id, final Trail before, final Trail after) {
        Trail trail = after;
        while (trail.last() - trail.first() >= REVISIONS_MAX) {
            trail = trail.withoutFirst();
        }
        final long others = trails.olderBytes() - (before == null ? 0 : before.olderBytes());
        forgetDeleted(id, others + trail.olderBytes() - bytesMax);
        while (trail.hasOlder() && others - forgottenBytes + trail.olderBytes() > bytesMax) {
            trail = trail.withoutFirst();
        }
        return trail;
    }

    /** Forgets deleted definitions, but {@code except}, until so many bytes are free or none is left. */
    private void forgetDeleted(final String except, final long bytes) {
        if (bytes <= forgottenBytes) {
            return;
        }
        for (final String id : trails.deleted()) {
            if (!id.equals(except) && !forgotten.contains(id)) {
                forget(id);
            }
            if (bytes <= forgottenBytes) {
                return;
            }
        }
    }

    private void forget(final String id) {
        final Trail trail = trails.get(id);
        deleteRows(id, trail.first(), trail.last());
        batch.delete(CatalogSection.META, TRAIL_PREFIX + id);
        forgotten.add(id);
        forgottenBytes += trail.olderBytes();
        effects.accept(() -> trails.remove(id));
        if (trail.last() > floor) {
            floor = trail.last();
            final byte[] row = ByteBuffer.allocate(Long.BYTES).putLong(floor).array();
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
        return isTrail(key) || key.equals(FLOOR_KEY);
    }

    /** True for the row of the META section that says which revisions there are of one definition. */
    static boolean isTrail(final String key) {
        return key.startsWith(TRAIL_PREFIX);
    }

    /** The definition of such a row. */
    static String idOf(final String trailKey) {
        return trailKey.substring(TRAIL_PREFIX.length());
    }

    /**
     * A row that comes from another cluster must be one that {@link #read} understands.
     *
     * @param trailOf what is known of a definition by now, or null
     * @throws WireException it is not
     */
    static void checkRevision(final String key, final byte[] row, final Function<String, Trail> trailOf) {
        final DefinitionRevision revision = CatalogCodec.decodeRevision(row);
        final int end = key.lastIndexOf('/');
        final String id = end > 0 ? key.substring(0, end) : "";
        final Trail trail = trailOf.apply(id);
        final long number = revision.revision();
        final boolean isRight = trail != null
                && key.equals(key(id, number))
                && number >= trail.first()
                && number <= trail.last()
                && row.length == trail.sizes()[(int) (number - trail.first())]
                && (revision.isDeletion() || revision.definition().id().equals(id));
        if (!isRight) {
            throw new WireException("a revision is not where its definition has one");
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
            if (row.length != Long.BYTES || !isRevision(ByteBuffer.wrap(row).getLong())) {
                throw new WireException("not a revision's number");
            }
            return row;
        }
        final String id = idOf(key);
        if (id.isEmpty() || id.length() > WireLimits.ID_CHARS_MAX) {
            throw new WireException("a definition's id is empty or too long");
        }
        final Trail trail = CatalogCodec.decodeTrail(row);
        if (!isRevision(trail.first())
                || !isRevision(trail.last())
                || trail.last() < trail.first()
                || trail.last() - trail.first() >= REVISIONS_MAX
                || trail.sizes().length != trail.last() - trail.first() + 1
                || Arrays.stream(trail.sizes()).anyMatch(size -> size < 0)) {
            throw new WireException("not the revisions of a definition");
        }
        return trail.deletedAt() <= 0
                ? row
                : CatalogCodec.encodeTrail(
                        new Trail(trail.first(), trail.last(), trail.deletedAt() - by, trail.sizes()));
    }

    /** True for a number that a definition's revision can have and that others can follow. */
    static boolean isRevision(final long number) {
        return number >= 1 && number < REVISION_MAX;
    }

    /** Takes a row of the META section, if it is one of these. */
    static void load(final DefinitionTrails trails, final String key, final byte[] row) {
        if (key.startsWith(TRAIL_PREFIX)) {
            trails.put(idOf(key), CatalogCodec.decodeTrail(row));
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
