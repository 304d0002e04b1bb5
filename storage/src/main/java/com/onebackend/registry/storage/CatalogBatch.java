package com.onebackend.registry.storage;

import com.onebackend.registry.model.Invariants;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * What applying Raft entries up to one index changes in the catalog. Changes take effect in the order they were added.
 *
 * <p><i>Thread:</i> one. <i>Lifecycle:</i> filled, given to {@link CatalogStore#apply} once, thrown away. The values
 * are not copied: do not change them afterwards.
 */
public final class CatalogBatch {
    /** The longest key, in bytes of UTF-8. */
    public static final int KEY_BYTES_MAX = 4096;
    /** The largest value. */
    public static final int VALUE_BYTES_MAX = 16 << 20;

    private final Applied applied;
    private final List<Change> changes = new ArrayList<>();

    /** An empty batch; applying it only moves the applied index, as an entry without effect does. */
    public CatalogBatch(final Applied applied) {
        this.applied = applied;
    }

    /**
     * Sets a row.
     *
     * @throws IllegalStateException the key or value is larger than the limits above
     */
    public CatalogBatch put(final CatalogSection section, final String key, final byte[] value) {
        Invariants.check(value.length <= VALUE_BYTES_MAX, "catalog value is too large");
        return add(new Change(section, key, value));
    }

    /** Deletes a row; one that is not there is no error. */
    public CatalogBatch delete(final CatalogSection section, final String key) {
        return add(new Change(section, key, null));
    }

    private CatalogBatch add(final Change change) {
        Invariants.check(
                change.key.getBytes(StandardCharsets.UTF_8).length <= KEY_BYTES_MAX, "catalog key is too long");
        changes.add(change);
        return this;
    }

    /** Where the Raft log stands after this batch. */
    public Applied applied() {
        return applied;
    }

    /** What was added, in order. */
    public List<Change> changes() {
        return Collections.unmodifiableList(changes);
    }

    /** One row set or deleted. */
    public static final class Change {
        private final CatalogSection section;
        private final String key;
        private final byte[] value;

        private Change(final CatalogSection section, final String key, final byte[] value) {
            this.section = section;
            this.key = key;
            this.value = value;
        }

        /** The kind of row. */
        public CatalogSection section() {
            return section;
        }

        /** The row's key within its section. */
        public String key() {
            return key;
        }

        /** The new value; null = deleted. */
        public byte[] value() {
            return value;
        }
    }
}
