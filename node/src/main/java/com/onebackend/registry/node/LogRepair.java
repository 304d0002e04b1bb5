package com.onebackend.registry.node;

import com.onebackend.registry.api.RegistryException;
import com.onebackend.registry.node.catalog.RaftLogRepair;
import com.onebackend.registry.storage.NodeIdentity;
import com.onebackend.registry.storage.RegistryStore;
import com.onebackend.registry.storage.StorageException;
import com.onebackend.registry.storage.StoreOptions;
import com.onebackend.registry.storage.rocksdb.RocksRegistryStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;

/** {@code bin/registry --repair-log}: maintenance of the folder of a node that does not run. */
final class LogRepair {
    static final String FLAG = "--repair-log";

    private LogRepair() {}

    /**
     * Returns what was done.
     *
     * @throws ConfigException nothing was, and why
     * @throws StorageException the folder is in use or cannot be used
     */
    static String run(final Path folder) {
        if (!Files.isDirectory(folder.resolve("store"))) {
            throw new ConfigException(folder + " is no node's data: name the folder with OB_FOLDER");
        }
        // Opening it is also what refuses a node that runs.
        try (RegistryStore store = RocksRegistryStore.open(folder, StoreOptions.defaults())) {
            final NodeIdentity identity = store.identity().load();
            if (identity == null || identity.clusterId().isEmpty()) {
                throw new ConfigException(folder + " is of a node that never belonged to a cluster: it has no log");
            }
            return RaftLogRepair.run(folder.resolve("raft"), UUID.fromString(identity.clusterId()), store.catalog());
        } catch (final RegistryException e) {
            throw new ConfigException(e.getMessage());
        } catch (final IOException e) {
            throw new StorageException(folder + " cannot be read or written: " + e, e);
        }
    }
}
