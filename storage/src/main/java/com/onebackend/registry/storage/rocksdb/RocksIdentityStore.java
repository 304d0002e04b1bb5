package com.onebackend.registry.storage.rocksdb;

import com.onebackend.registry.storage.IdentityStore;
import com.onebackend.registry.storage.NodeIdentity;
import java.nio.charset.StandardCharsets;

/** The one identity record of the folder. */
final class RocksIdentityStore implements IdentityStore {
    private static final byte[] KEY = "node".getBytes(StandardCharsets.UTF_8);

    private final RocksHandle handle;

    RocksIdentityStore(final RocksHandle handle) {
        this.handle = handle;
    }

    @Override
    public NodeIdentity load() {
        final byte[] value = handle.read(Family.IDENTITY, KEY);
        return value == null ? null : IdentityFormat.decode(value, handle.store());
    }

    @Override
    public void save(final NodeIdentity identity) {
        final byte[] value = IdentityFormat.encode(identity);
        handle.write(true, batch -> batch.put(handle.family(Family.IDENTITY), KEY, value));
    }
}
