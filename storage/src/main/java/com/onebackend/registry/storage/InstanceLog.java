package com.onebackend.registry.storage;

import com.onebackend.registry.replication.Digest;
import com.onebackend.registry.replication.LogBatch;
import com.onebackend.registry.replication.LogEntry;
import java.util.List;
import java.util.function.Consumer;

/**
 * The winning entry of every part of every instance, and the head of every origin's log.
 *
 * <p><i>Thread:</i> {@code write} from one thread, usually {@link GroupCommit}'s.
 * <i>Invariants:</i> a write is on disk as a whole or not at all; after a crash the writes that are there are the first
 * ones, without a gap, and include every synced one.
 */
public interface InstanceLog {
    /**
     * Writes all batches as one atomic write, in their order: a later batch wins over an earlier one.
     *
     * @param sync true: on disk (fsync) when this returns, with everything written before; false: survives the death
     *     of the process, not of the machine
     * @throws StorageException the disk failed or is full. What was written is unknown until the store is opened
     *     again, every later write is refused, and the node must stop: after a failed fsync nothing can be promised
     */
    void write(List<LogBatch> batches, boolean sync);

    /** As {@link #write(List, boolean)}, of one batch. */
    default void write(final LogBatch batch, final boolean sync) {
        write(List.of(batch), sync);
    }

    /**
     * Reads everything, entries by instance id and part, heads by origin (unsigned). On any thread, also while others
     * write: the entries are those of one moment.
     *
     * @throws StorageException a record cannot be read; what was passed on before it is to be thrown away
     */
    void load(Consumer<LogEntry> entries, Consumer<Digest.Head> heads);
}
