package com.onebackend.registry.storage.rocksdb;

import java.util.ArrayDeque;
import java.util.Deque;
import org.rocksdb.AbstractNativeReference;

/** Native objects that must be freed in the reverse order of their making; RocksDB frees nothing by itself. */
final class NativeResources implements AutoCloseable {
    private final Deque<AbstractNativeReference> owned = new ArrayDeque<>();

    <T extends AbstractNativeReference> T own(final T resource) {
        owned.push(resource);
        return resource;
    }

    @Override
    public void close() {
        while (!owned.isEmpty()) {
            owned.pop().close();
        }
    }
}
