package com.onebackend.registry.storage;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.List;
import java.util.function.BiConsumer;

/**
 * The catalog as the Raft state machine keeps it: rows by section and key, and how far the Raft log has been applied.
 *
 * <p><i>Thread:</i> {@code apply} and {@code replaceWith} from the Raft updater; reads and {@code exportTo} from any
 * thread, each seeing one consistent state. <i>Invariants:</i> rows and applied index always move together.
 */
public interface CatalogStore {
    /**
     * Writes the changes and the applied index as one atomic write. It is not synced: the Raft log is, and what a power
     * cut takes from here is applied again from there, because the applied index went with it.
     *
     * @throws IllegalStateException the index or term is lower than the last applied
     * @throws StorageException the disk failed or is full; the node must stop, as for {@link InstanceLog#write}
     */
    void apply(CatalogBatch batch);

    /** The last applied batch's index and term; {@link Applied#NONE} when there was none. */
    Applied lastApplied();

    /** A row's value, or null when there is none. */
    byte[] read(CatalogSection section, String key);

    /** Every row of a section as it is at the call, by the key's UTF-8 bytes. It must not close the store. */
    void scan(CatalogSection section, BiConsumer<String, byte[]> row);

    /**
     * Every row of every section, all as they are at the call.
     *
     * @return the applied index they belong to
     * @throws IOException whatever {@code rows} throws
     */
    Applied readAll(RowReader rows) throws IOException;

    /** Takes one row after the other. It must not close the store. */
    interface RowReader {
        void row(CatalogSection section, String key, byte[] value) throws IOException;
    }

    /**
     * Writes the whole catalog as it is at the call, with its applied index, a format version and a checksum. The
     * stream is flushed, neither synced nor closed. The store cannot be closed while this runs.
     *
     * @return the applied index that was exported
     * @throws IOException the stream failed
     */
    default Applied exportTo(final OutputStream out) throws IOException {
        return exportTo(out, List.of());
    }

    /** As {@link #exportTo(OutputStream)}, of the catalog as it would be after {@code changes}; it stays as it is. */
    Applied exportTo(OutputStream out, List<CatalogBatch.Change> changes) throws IOException;

    /**
     * Replaces the whole catalog and its applied index by what {@link #exportTo} wrote, synced. All or nothing, also
     * over a crash: until the input has been read and checked to its end, everybody reads the old catalog.
     *
     * @throws SnapshotException the input is truncated, damaged or of an unknown format; nothing was changed
     * @throws IOException the stream failed; nothing was changed
     * @throws StorageException the disk failed or is full; the node must stop
     */
    void replaceWith(InputStream in) throws IOException;
}
