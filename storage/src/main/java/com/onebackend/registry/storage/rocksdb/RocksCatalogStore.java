package com.onebackend.registry.storage.rocksdb;

import com.onebackend.registry.model.Invariants;
import com.onebackend.registry.storage.Applied;
import com.onebackend.registry.storage.CatalogBatch;
import com.onebackend.registry.storage.CatalogSection;
import com.onebackend.registry.storage.CatalogStore;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.function.BiConsumer;
import org.rocksdb.ColumnFamilyHandle;

/**
 * The catalog in one column family, in epochs: {@link #replaceWith} brings the new catalog in under the next epoch, row
 * by row and so without a limit on its size, and makes it the current one by a single synced row.
 *
 * <p><i>Thread:</i> writers are serialised here; readers take no lock: they look at the epoch again after they have got
 * their view, as an epoch's rows are deleted only after another one has become current.
 */
final class RocksCatalogStore implements CatalogStore {
    private static final int APPLIED_BYTES = 2 * Long.BYTES;

    private final RocksHandle handle;
    private volatile int epoch;
    private volatile Applied applied;

    /** Reads where the catalog stands and deletes what an interrupted {@link #replaceWith} has left. */
    RocksCatalogStore(final RocksHandle handle) {
        this.handle = handle;
        epoch = currentEpoch();
        applied = decodeApplied(handle.read(Family.CATALOG, CatalogKeys.applied(epoch)));
        deleteRange(CatalogKeys.epoch(CatalogKeys.EPOCH_FIRST), CatalogKeys.epoch(epoch));
        deleteRange(CatalogKeys.epoch(epoch + 1), StoreKeys.afterAll());
    }

    private int currentEpoch() {
        final byte[] value = handle.read(Family.CATALOG, CatalogKeys.current());
        if (value == null) {
            return CatalogKeys.EPOCH_FIRST;
        }
        final int current =
                value.length == Integer.BYTES ? ByteBuffer.wrap(value).getInt() : 0;
        if (current < CatalogKeys.EPOCH_FIRST) {
            throw RocksFailures.damaged(handle.store(), "the catalog's epoch cannot be read", null);
        }
        return current;
    }

    @Override
    public synchronized void apply(final CatalogBatch batch) {
        final Applied to = batch.applied();
        Invariants.check(
                to.index() >= applied.index() && to.term() >= applied.term(),
                "the catalog would go back from " + applied + " to " + to);
        final ColumnFamilyHandle family = handle.family(Family.CATALOG);
        handle.write(false, rows -> {
            for (final CatalogBatch.Change change : batch.changes()) {
                final byte[] row = CatalogKeys.row(epoch, change.section(), change.key());
                if (change.value() == null) {
                    rows.delete(family, row);
                } else {
                    rows.put(family, row, change.value());
                }
            }
            rows.put(family, CatalogKeys.applied(epoch), encode(to));
        });
        applied = to;
    }

    @Override
    public Applied lastApplied() {
        handle.checkOpen();
        return applied;
    }

    @Override
    public byte[] read(final CatalogSection section, final String key) {
        while (true) {
            final int seen = epoch;
            final byte[] value = handle.read(Family.CATALOG, CatalogKeys.row(seen, section, key));
            if (seen == epoch) {
                return value;
            }
        }
    }

    @Override
    public void scan(final CatalogSection section, final BiConsumer<String, byte[]> row) {
        try (RocksCursor rows = cursor(section.id(), section.id() + 1)) {
            while (rows.next()) {
                row.accept(CatalogKeys.textOf(rows.key()), rows.value());
            }
        }
    }

    @Override
    public Applied exportTo(final OutputStream out, final List<CatalogBatch.Change> changes) throws IOException {
        try (RocksCursor rows = cursor(CatalogKeys.APPLIED, Byte.MAX_VALUE)) {
            final Applied exported = appliedAt(rows);
            final CatalogSnapshotWriter writer = new CatalogSnapshotWriter(out, exported);
            for (; rows.isValid(); rows.next()) {
                final byte[] row = rows.key();
                if (changes.stream().noneMatch(change -> isRow(change, row))) {
                    writer.row(CatalogKeys.sectionOf(row), CatalogKeys.keyOf(row), rows.value());
                }
            }
            for (final CatalogBatch.Change change : changes) {
                if (change.value() != null) {
                    writer.row(change.section().id(), StoreKeys.utf8(change.key()), change.value());
                }
            }
            writer.finish();
            return exported;
        }
    }

    private static boolean isRow(final CatalogBatch.Change change, final byte[] row) {
        return change.section().id() == CatalogKeys.sectionOf(row)
                && change.key().equals(CatalogKeys.textOf(row));
    }

    @Override
    public Applied readAll(final RowReader reader) throws IOException {
        try (RocksCursor rows = cursor(CatalogKeys.APPLIED, Byte.MAX_VALUE)) {
            final Applied read = appliedAt(rows);
            for (; rows.isValid(); rows.next()) {
                final CatalogSection section = CatalogSection.ofId(CatalogKeys.sectionOf(rows.key()));
                reader.row(section, CatalogKeys.textOf(rows.key()), rows.value());
            }
            return read;
        }
    }

    /** The applied index, which is the first row; the cursor is at the one after it. */
    private Applied appliedAt(final RocksCursor rows) {
        if (!rows.next() || CatalogKeys.sectionOf(rows.key()) != CatalogKeys.APPLIED) {
            return Applied.NONE;
        }
        final Applied read = decodeApplied(rows.value());
        rows.next();
        return read;
    }

    /** The current epoch's rows from one section id to before another, as they are now. */
    private RocksCursor cursor(final int fromSection, final int toSection) {
        while (true) {
            final int seen = epoch;
            final RocksCursor rows = handle.cursor(
                    Family.CATALOG, CatalogKeys.section(seen, fromSection), CatalogKeys.section(seen, toSection));
            if (seen == epoch) {
                return rows;
            }
            rows.close();
        }
    }

    @Override
    public synchronized void replaceWith(final InputStream in) throws IOException {
        final int next = epoch + 1;
        deleteRange(CatalogKeys.epoch(next), CatalogKeys.epoch(next + 1)); // what a refused input has left
        final Applied to = bringIn(next, in);
        final ColumnFamilyHandle family = handle.family(Family.CATALOG);
        handle.write(true, rows -> {
            rows.put(family, CatalogKeys.applied(next), encode(to));
            rows.put(family, CatalogKeys.current(), CatalogKeys.epoch(next));
        });
        final int last = epoch;
        epoch = next;
        applied = to;
        deleteRange(CatalogKeys.epoch(last), CatalogKeys.epoch(next));
    }

    private Applied bringIn(final int next, final InputStream in) throws IOException {
        final ColumnFamilyHandle family = handle.family(Family.CATALOG);
        final CatalogSnapshotReader reader = new CatalogSnapshotReader(in);
        while (reader.next()) {
            final byte[] row = CatalogKeys.row(next, reader.section(), reader.key());
            final byte[] value = reader.value();
            handle.write(false, rows -> rows.put(family, row, value));
        }
        return reader.applied();
    }

    private void deleteRange(final byte[] lower, final byte[] upper) {
        try (RocksCursor rows = handle.cursor(Family.CATALOG, lower, upper)) {
            if (!rows.next()) {
                return;
            }
        }
        handle.write(false, rows -> rows.deleteRange(handle.family(Family.CATALOG), lower, upper));
    }

    private static byte[] encode(final Applied applied) {
        return ByteBuffer.allocate(APPLIED_BYTES)
                .putLong(applied.index())
                .putLong(applied.term())
                .array();
    }

    private Applied decodeApplied(final byte[] value) {
        if (value == null) {
            return Applied.NONE;
        }
        if (value.length != APPLIED_BYTES) {
            throw RocksFailures.damaged(handle.store(), "the catalog's applied index cannot be read", null);
        }
        final ByteBuffer fields = ByteBuffer.wrap(value);
        return new Applied(fields.getLong(), fields.getLong());
    }
}
