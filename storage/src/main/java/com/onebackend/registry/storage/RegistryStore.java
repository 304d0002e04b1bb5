package com.onebackend.registry.storage;

/**
 * Everything one node keeps on disk, in one data folder.
 *
 * <p><i>Thread:</i> any; each part says who may write to it. <i>Lifecycle:</i> opened first, closed last, after the
 * {@link GroupCommit} and the Raft server. <i>Errors:</i> every call throws {@link StorageException} once it is closed;
 * it never crashes the JVM.
 */
public interface RegistryStore extends AutoCloseable {
    /** The replicated parts of instances and how much of every origin's log is held. */
    InstanceLog instances();

    /** The state machine's data. */
    CatalogStore catalog();

    /** Who this node is. */
    IdentityStore identity();

    /** What the store takes on disk now, in bytes. */
    long sizeBytes();

    /**
     * Makes what was written durable, waits for running calls and releases the folder. Closing twice does nothing.
     *
     * @throws StorageException when a call is still running after the wait limit (the store stays open then), or when
     *     the last sync failed (it is closed then)
     */
    @Override
    void close();
}
