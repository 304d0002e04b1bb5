package com.onebackend.registry.storage;

import com.onebackend.registry.model.Invariants;

/**
 * How much of the machine the store may take.
 *
 * @param cacheBytes memory for cached blocks and unflushed writes together
 * @param writeBufferBytes unflushed writes of one column family, after which they go to a file
 * @param openFilesMax table files kept open
 */
public record StoreOptions(long cacheBytes, long writeBufferBytes, int openFilesMax) {
    public StoreOptions {
        Invariants.check(
                cacheBytes > 0 && writeBufferBytes > 0 && writeBufferBytes <= cacheBytes && openFilesMax > 0,
                "store options must be positive, and a write buffer must fit into the cache");
    }

    /** 16 MiB of memory: enough for tens of thousands of instances, as their working set is the node's heap. */
    public static StoreOptions defaults() {
        return new StoreOptions(16L << 20, 4L << 20, 256);
    }
}
