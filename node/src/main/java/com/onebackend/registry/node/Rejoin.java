package com.onebackend.registry.node;

import com.onebackend.registry.node.catalog.CatalogService;
import com.onebackend.registry.storage.NodeIdentity;
import com.onebackend.registry.storage.RegistryStore;
import com.onebackend.registry.storage.StorageException;
import com.onebackend.registry.storage.StoreOptions;
import com.onebackend.registry.storage.rocksdb.RocksRegistryStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Opens the data folder; where the operator allows it, lets a node that has lost its place begin anew: as another data
 * folder and a later generation of the same node, which may only join.
 *
 * <p>What it had is set aside inside the folder, and only the last one of those is kept.
 *
 * <p><i>Invariants:</i> a crash at any step is continued by the next start, and leaves no folder behind that looks like
 * that of a node which never had a cluster: such a one might found a second.
 */
final class Rejoin {
    private static final Logger LOG = LoggerFactory.getLogger(Rejoin.class);
    private static final String ASIDE = "removed-";
    /** The store goes last: as long as it is in its place, nothing was begun. */
    private static final List<String> MOVED = List.of("raft", "raft-copies", "store");

    private static final DateTimeFormatter NAME =
            DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss", Locale.ROOT).withZone(ZoneOffset.UTC);

    private final Path folder;
    private final RejoinNote note;

    private Rejoin(final Path folder) {
        this.folder = folder;
        this.note = new RejoinNote(folder.resolve("rejoin.pending"));
    }

    /**
     * The store, perhaps a new one.
     *
     * @throws StorageException the folder cannot be used
     */
    static RegistryStore open(final NodeConfig config) {
        final Rejoin rejoin = new Rejoin(config.folder());
        try {
            rejoin.refuseLostStore();
            final RegistryStore store = rejoin.finish();
            rejoin.refuseLostIdentity(store);
            return config.rejoins() ? rejoin.anewIfLost(store) : store;
        } catch (final IOException e) {
            throw new StorageException(
                    config.folder() + ": what the node had cannot be set aside (" + e + "); make room and start it"
                            + " again, it goes on where it was",
                    e);
        }
    }

    /** Why the node has lost its place; empty when it has not. Pure. */
    static String reason(final NodeIdentity identity, final boolean raftFolderExists) {
        if (identity == null) {
            return "";
        }
        if (!identity.removed().isEmpty()) {
            return identity.removed();
        }
        return identity.everVoter() && !identity.clusterId().isEmpty() && !raftFolderExists
                ? "it has voted in cluster " + identity.clusterId() + ", but its Raft folder is gone"
                : "";
    }

    /** Before a new one is made in its place: a node without a store is new, and may found a cluster. */
    private void refuseLostStore() throws IOException {
        if (note.read() == null && !isFilled(folder.resolve("store")) && isFilled(folder.resolve("raft"))) {
            throw lost(folder.resolve("store") + " is gone");
        }
    }

    /** The store is there, but what it held is not. */
    private void refuseLostIdentity(final RegistryStore store) throws IOException {
        if (store.identity().load() == null && isFilled(folder.resolve("raft"))) {
            store.close();
            throw lost(folder.resolve("store") + " does not say any more which node this is");
        }
    }

    private StorageException lost(final String what) {
        return new StorageException(what + ", but " + folder.resolve("raft") + " is there, so this folder is no new"
                + " node's, and it founds and joins nothing: put the store back as it was; or start the node with an"
                + " empty OB_FOLDER and the nodes of its cluster in OB_PEERS, and it gets everything from them");
    }

    private static boolean isFilled(final Path folder) throws IOException {
        try (var files = Files.newDirectoryStream(folder)) {
            return files.iterator().hasNext();
        } catch (final NoSuchFileException e) {
            return false;
        }
    }

    private RegistryStore anewIfLost(final RegistryStore store) throws IOException {
        final NodeIdentity identity = store.identity().load();
        final String reason = reason(identity, identity != null && hasRaftFolder(identity, store));
        if (reason.isEmpty()) {
            return store;
        }
        store.close();
        final long nowMillis = System.currentTimeMillis();
        final String aside = ASIDE + NAME.format(Instant.ofEpochMilli(nowMillis));
        LOG.warn("this node begins anew, its data is set aside in {}: {}", folder.resolve(aside), reason);
        note.write(new RejoinNote.Plan(aside, NodeIdentities.anew(identity, nowMillis, new SecureRandom())));
        return finish();
    }

    private boolean hasRaftFolder(final NodeIdentity identity, final RegistryStore store) {
        return !identity.clusterId().isEmpty()
                && CatalogService.isStored(
                        folder.resolve("raft"), UUID.fromString(identity.clusterId()), store.catalog());
    }

    /** Does what is still to be done of a plan, if there is one. */
    private RegistryStore finish() throws IOException {
        final RejoinNote.Plan plan = note.read();
        if (plan == null) {
            return openStore();
        }
        final Path aside = Files.createDirectories(folder.resolve(plan.aside()));
        for (final String name : MOVED) {
            final Path from = folder.resolve(name);
            if (Files.exists(from) && !Files.exists(aside.resolve(name)) && !isDone(aside)) {
                Files.move(from, aside.resolve(name));
            }
        }
        RejoinNote.sync(aside);
        RejoinNote.sync(folder);
        final RegistryStore store = openStore();
        try {
            if (store.identity().load() == null) {
                store.identity().save(plan.identity());
            }
            note.delete();
            forgetOthers(aside);
            return store;
        } catch (final IOException | RuntimeException e) {
            store.close();
            throw e;
        }
    }

    /** What is in its place now is the new node's. */
    private static boolean isDone(final Path aside) {
        return Files.exists(aside.resolve("store"));
    }

    private RegistryStore openStore() {
        return RocksRegistryStore.open(folder, StoreOptions.defaults());
    }

    /** One former life is enough to look at. */
    private void forgetOthers(final Path kept) throws IOException {
        try (var entries = Files.newDirectoryStream(folder, ASIDE + "*")) {
            for (final Path entry : entries) {
                if (!entry.equals(kept)) {
                    RejoinNote.deleteTree(entry);
                }
            }
        }
    }
}
