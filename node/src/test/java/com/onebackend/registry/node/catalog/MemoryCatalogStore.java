package com.onebackend.registry.node.catalog;

import com.onebackend.registry.storage.Applied;
import com.onebackend.registry.storage.CatalogBatch;
import com.onebackend.registry.storage.CatalogSection;
import com.onebackend.registry.storage.CatalogStore;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.BiConsumer;

/** The catalog's rows in memory; what a store over a disk keeps, this keeps as long as the object lives. */
final class MemoryCatalogStore implements CatalogStore {
    private Map<CatalogSection, SortedMap<String, byte[]>> rows = empty();
    private Applied applied = Applied.NONE;

    private static Map<CatalogSection, SortedMap<String, byte[]>> empty() {
        final Map<CatalogSection, SortedMap<String, byte[]>> rows = new EnumMap<>(CatalogSection.class);
        for (final CatalogSection section : CatalogSection.values()) {
            rows.put(section, new TreeMap<>());
        }
        return rows;
    }

    @Override
    public synchronized void apply(final CatalogBatch batch) {
        for (final CatalogBatch.Change change : batch.changes()) {
            if (change.value() == null) {
                rows.get(change.section()).remove(change.key());
            } else {
                rows.get(change.section()).put(change.key(), change.value());
            }
        }
        applied = batch.applied();
    }

    @Override
    public synchronized Applied lastApplied() {
        return applied;
    }

    @Override
    public synchronized byte[] read(final CatalogSection section, final String key) {
        return rows.get(section).get(key);
    }

    @Override
    public synchronized void scan(final CatalogSection section, final BiConsumer<String, byte[]> row) {
        new TreeMap<>(rows.get(section)).forEach(row);
    }

    @Override
    public synchronized Applied readAll(final RowReader reader) throws IOException {
        for (final CatalogSection section : CatalogSection.values()) {
            for (final Map.Entry<String, byte[]> row : rows.get(section).entrySet()) {
                reader.row(section, row.getKey(), row.getValue());
            }
        }
        return applied;
    }

    @Override
    public synchronized Applied exportTo(final OutputStream stream, final List<CatalogBatch.Change> changes)
            throws IOException {
        final MemoryCatalogStore changed = new MemoryCatalogStore();
        rows.forEach((section, of) -> changed.rows.get(section).putAll(of));
        final CatalogBatch batch = new CatalogBatch(applied);
        changes.forEach(change -> {
            if (change.value() == null) {
                batch.delete(change.section(), change.key());
            } else {
                batch.put(change.section(), change.key(), change.value());
            }
        });
        changed.apply(batch);
        return changed.write(stream);
    }

    private Applied write(final OutputStream stream) throws IOException {
        final DataOutputStream out = new DataOutputStream(stream);
        out.writeLong(applied.index());
        out.writeLong(applied.term());
        for (final CatalogSection section : CatalogSection.values()) {
            out.writeInt(rows.get(section).size());
            for (final Map.Entry<String, byte[]> row : rows.get(section).entrySet()) {
                out.writeUTF(row.getKey());
                out.writeInt(row.getValue().length);
                out.write(row.getValue());
            }
        }
        out.flush();
        return applied;
    }

    @Override
    public synchronized void replaceWith(final InputStream stream) throws IOException {
        final DataInputStream in = new DataInputStream(stream);
        final Applied newApplied = new Applied(in.readLong(), in.readLong());
        final Map<CatalogSection, SortedMap<String, byte[]>> newRows = empty();
        for (final CatalogSection section : CatalogSection.values()) {
            final int count = in.readInt();
            for (int i = 0; i < count; i++) {
                final String key = in.readUTF();
                newRows.get(section).put(key, in.readNBytes(in.readInt()));
            }
        }
        rows = newRows;
        applied = newApplied;
    }

    byte[] exported() throws IOException {
        final ByteArrayOutputStream out = new ByteArrayOutputStream();
        exportTo(out);
        return out.toByteArray();
    }

    static MemoryCatalogStore of(final byte[] exported) throws IOException {
        final MemoryCatalogStore store = new MemoryCatalogStore();
        store.replaceWith(new ByteArrayInputStream(exported));
        return store;
    }
}
