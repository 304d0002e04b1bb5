package com.onebackend.registry.storage;

/** Where a node keeps who it is. <i>Thread:</i> {@code save} from one thread at a time; {@code load} from any. */
public interface IdentityStore {
    /**
     * What was saved last, or null in a new folder. Whether the folder is this node's is for the caller to compare.
     *
     * @throws StorageException the record is damaged or of an unknown format
     */
    NodeIdentity load();

    /**
     * Replaces the identity; on disk (fsync) when this returns.
     *
     * @throws StorageException the disk failed or is full; the node must stop
     */
    void save(NodeIdentity identity);
}
