package com.onebackend.registry.storage.rocksdb;

import com.onebackend.registry.storage.CatalogStore;
import com.onebackend.registry.storage.IdentityStore;
import com.onebackend.registry.storage.InstanceLog;
import com.onebackend.registry.storage.RegistryStore;
import com.onebackend.registry.storage.StorageException;
import com.onebackend.registry.storage.StoreOptions;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.rocksdb.Options;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.Statistics;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The store as one RocksDB database in {@code <data folder>/store}.
 *
 * <p>The native library is taken from {@code java.library.path} when it is there (the distribution's launcher sees to
 * it), else unpacked from the jar into the temporary folder at every start.
 */
public final class RocksRegistryStore implements RegistryStore {
    static final int FORMAT = 1;
    static final byte[] FORMAT_KEY = "format".getBytes(StandardCharsets.UTF_8);

    private static final Logger LOG = LoggerFactory.getLogger(RocksRegistryStore.class);

    private final StoreFolder folder;
    private final RocksHandle handle;
    private final RocksInstanceLog instances;
    private final RocksCatalogStore catalog;
    private final RocksIdentityStore identity;

    private RocksRegistryStore(final StoreFolder folder, final RocksHandle handle) {
        this.folder = folder;
        this.handle = handle;
        instances = new RocksInstanceLog(handle);
        catalog = new RocksCatalogStore(handle);
        identity = new RocksIdentityStore(handle);
    }

    /**
     * Opens a data folder's store, making both if they are not there, and reads every table file once to check it.
     *
     * @throws StorageException the folder is in use, not writable, damaged, or of an unknown format; the native library
     *     cannot be loaded. The message names the path and what to do; nothing is held open
     */
    public static RegistryStore open(final Path dataFolder, final StoreOptions options) {
        return open(dataFolder, options, null);
    }

    static RocksRegistryStore open(final Path dataFolder, final StoreOptions options, final Statistics statistics) {
        loadLibrary();
        final StoreFolder folder = StoreFolder.claim(dataFolder);
        try {
            if (!folder.hasStore()) {
                create(folder, options);
            }
            folder.protectStore();
            checkFamilies(folder.store());
            return openChecked(folder, options, statistics);
        } catch (RuntimeException e) {
            folder.close();
            throw e;
        }
    }

    private static void loadLibrary() {
        try {
            RocksDB.loadLibrary();
        } catch (RuntimeException | LinkageError e) {
            throw new StorageException(
                    "RocksDB's native library cannot be loaded (" + e + "): start with the distribution's launcher, or"
                            + " put the library for this platform on -Djava.library.path",
                    e);
        }
    }

    private static void create(final StoreFolder folder, final StoreOptions options) {
        try (RocksHandle handle = RocksHandle.open(folder.freshStore(), options, true, null)) {
            final byte[] format =
                    ByteBuffer.allocate(Integer.BYTES).putInt(FORMAT).array();
            handle.write(true, batch -> batch.put(handle.family(Family.DEFAULT), FORMAT_KEY, format));
        }
        folder.publishFreshStore();
        LOG.info("store created path={} format={}", folder.store(), FORMAT);
    }

    /** RocksDB opens only with exactly the column families that are there, and says less clearly what differs. */
    private static void checkFamilies(final Path store) {
        final List<byte[]> names;
        try (Options options = new Options()) {
            names = RocksDB.listColumnFamilies(options, store.toString());
        } catch (RocksDBException e) {
            throw RocksFailures.of(store, e);
        }
        final Set<String> found = names.stream()
                .map(name -> new String(name, StandardCharsets.UTF_8))
                .collect(Collectors.toSet());
        final Set<String> known = Stream.of(Family.values()).map(Family::label).collect(Collectors.toSet());
        if (!known.containsAll(found)) {
            throw unknownFormat(store, "with column families " + found);
        }
        if (!found.containsAll(known)) {
            throw RocksFailures.damaged(store, "of its column families only " + found + " are there", null);
        }
    }

    private static RocksRegistryStore openChecked(
            final StoreFolder folder, final StoreOptions options, final Statistics statistics) {
        final RocksHandle handle = RocksHandle.open(folder.store(), options, false, statistics);
        try {
            final byte[] format = handle.read(Family.DEFAULT, FORMAT_KEY);
            if (format == null || format.length != Integer.BYTES) {
                throw RocksFailures.damaged(folder.store(), "its format version is missing", null);
            }
            final int version = ByteBuffer.wrap(format).getInt();
            if (version != FORMAT) {
                throw unknownFormat(folder.store(), "number " + version);
            }
            handle.verify();
            final RocksRegistryStore store = new RocksRegistryStore(folder, handle);
            LOG.info("store opened path={} bytes={}", folder.store(), folder.sizeBytes());
            return store;
        } catch (RuntimeException e) {
            try {
                handle.close();
            } catch (StorageException onClose) {
                e.addSuppressed(onClose);
            }
            throw e;
        }
    }

    private static StorageException unknownFormat(final Path store, final String which) {
        return new StorageException(store + " has a format this version does not know, " + which + " (known: " + FORMAT
                + "): start the version that wrote it, or a newer one, or name another data folder (OB_FOLDER)");
    }

    @Override
    public InstanceLog instances() {
        return instances;
    }

    @Override
    public CatalogStore catalog() {
        return catalog;
    }

    @Override
    public IdentityStore identity() {
        return identity;
    }

    @Override
    public long sizeBytes() {
        handle.checkOpen();
        return folder.sizeBytes();
    }

    @Override
    public void close() {
        handle.close(folder::close);
    }
}
