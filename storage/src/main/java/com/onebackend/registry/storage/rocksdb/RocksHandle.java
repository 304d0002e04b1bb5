package com.onebackend.registry.storage.rocksdb;

import com.onebackend.registry.model.Invariants;
import com.onebackend.registry.storage.StorageException;
import com.onebackend.registry.storage.StoreOptions;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.Cache;
import org.rocksdb.ColumnFamilyDescriptor;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.ColumnFamilyOptions;
import org.rocksdb.CompressionType;
import org.rocksdb.DBOptions;
import org.rocksdb.InfoLogLevel;
import org.rocksdb.LRUCache;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.Statistics;
import org.rocksdb.WALRecoveryMode;
import org.rocksdb.WriteBatch;
import org.rocksdb.WriteBufferManager;
import org.rocksdb.WriteOptions;

/**
 * The open database, guarded: RocksDB crashes the JVM when a closed handle is used, so every call holds a read lock
 * that {@link #close} must get exclusively.
 *
 * <p><i>Thread:</i> any. <i>Invariants:</i> after a failed write every later write is refused. RocksDB may recover from
 * a full disk by itself, and an fsync after a failed fsync may succeed without the lost pages; neither may lead to an
 * acknowledgement.
 */
final class RocksHandle implements AutoCloseable {
    /** How long {@link #close} waits for running calls. */
    static final long CLOSE_WAIT_SECONDS = 30;

    private static final int BACKGROUND_JOBS_MAX = 2;
    private static final long WAL_BYTES_MAX = 32L << 20;
    private static final int INFO_LOG_FILES_MAX = 2;
    private static final long INFO_LOG_FILE_BYTES_MAX = 4L << 20;

    private final Path store;
    private final NativeResources resources;
    private final RocksDB db;
    private final Map<Family, ColumnFamilyHandle> families;
    private final WriteOptions synced;
    private final WriteOptions unsynced;
    private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();
    private boolean closed;
    private volatile StorageException failure;

    private RocksHandle(
            final Path store,
            final NativeResources resources,
            final RocksDB db,
            final Map<Family, ColumnFamilyHandle> families) {
        this.store = store;
        this.resources = resources;
        this.db = db;
        this.families = families;
        synced = resources.own(new WriteOptions().setSync(true));
        unsynced = resources.own(new WriteOptions().setSync(false));
    }

    /**
     * Opens the database in a folder.
     *
     * @param create make a new one; otherwise it must be there and complete
     * @param statistics counters to fill, or null
     */
    static RocksHandle open(
            final Path store, final StoreOptions options, final boolean create, final Statistics statistics) {
        final NativeResources resources = new NativeResources();
        try {
            final DBOptions dbOptions = dbOptions(resources, options, create);
            if (statistics != null) {
                dbOptions.setStatistics(statistics);
            }
            final ColumnFamilyOptions familyOptions = familyOptions(resources, dbOptions, options);
            final List<ColumnFamilyDescriptor> descriptors = new ArrayList<>();
            for (final Family family : Family.values()) {
                descriptors.add(new ColumnFamilyDescriptor(family.nameBytes(), familyOptions));
            }
            final List<ColumnFamilyHandle> handles = new ArrayList<>();
            final RocksDB db = resources.own(RocksDB.open(dbOptions, store.toString(), descriptors, handles));
            final Map<Family, ColumnFamilyHandle> families = new EnumMap<>(Family.class);
            final Iterator<ColumnFamilyHandle> inOrder = handles.iterator();
            for (final Family family : Family.values()) {
                families.put(family, resources.own(inOrder.next()));
            }
            return new RocksHandle(store, resources, db, families);
        } catch (RocksDBException e) {
            resources.close();
            throw RocksFailures.of(store, e);
        } catch (RuntimeException e) {
            resources.close();
            throw e;
        }
    }

    static DBOptions dbOptions(final NativeResources resources, final StoreOptions options, final boolean create) {
        // Not in the Java API: a WAL that was synced must be there in full, and each WAL names the end of the one
        // before it, so that unsynced writes lost from the middle cannot leave a hole (RATIONALE.md).
        final Properties named = new Properties();
        named.setProperty("track_and_verify_wals_in_manifest", "true");
        named.setProperty("track_and_verify_wals", "true");
        final DBOptions dbOptions = DBOptions.getDBOptionsFromProps(named);
        Invariants.check(dbOptions != null, "this RocksDB does not know the options " + named.keySet());
        return resources
                .own(dbOptions)
                .setCreateIfMissing(create)
                .setCreateMissingColumnFamilies(create)
                .setErrorIfExists(create)
                .setParanoidChecks(true)
                .setWalRecoveryMode(WALRecoveryMode.TolerateCorruptedTailRecords)
                .setMaxOpenFiles(options.openFilesMax())
                .setMaxBackgroundJobs(BACKGROUND_JOBS_MAX)
                .setMaxTotalWalSize(WAL_BYTES_MAX)
                .setKeepLogFileNum(INFO_LOG_FILES_MAX)
                .setMaxLogFileSize(INFO_LOG_FILE_BYTES_MAX)
                .setInfoLogLevel(InfoLogLevel.WARN_LEVEL)
                .setStatsDumpPeriodSec(0)
                .setStatsPersistPeriodSec(0);
    }

    private static ColumnFamilyOptions familyOptions(
            final NativeResources resources, final DBOptions dbOptions, final StoreOptions options) {
        final Cache cache = resources.own(new LRUCache(options.cacheBytes()));
        dbOptions.setWriteBufferManager(resources.own(new WriteBufferManager(options.cacheBytes(), cache)));
        final BlockBasedTableConfig table =
                new BlockBasedTableConfig().setBlockCache(cache).setCacheIndexAndFilterBlocks(true);
        return resources
                .own(new ColumnFamilyOptions())
                .setTableFormatConfig(table)
                .setWriteBufferSize(options.writeBufferBytes())
                .setCompressionType(CompressionType.LZ4_COMPRESSION)
                .setForceConsistencyChecks(true)
                .setParanoidFileChecks(true);
    }

    /** Fills a batch. */
    interface Filler {
        void fill(WriteBatch batch) throws RocksDBException;
    }

    /** A family's native handle, for use inside a {@link Filler} only. */
    ColumnFamilyHandle family(final Family family) {
        return families.get(family);
    }

    /** Writes what {@code filler} puts, atomically; {@code sync}: on disk when this returns. */
    void write(final boolean sync, final Filler filler) {
        enter();
        try (WriteBatch batch = new WriteBatch()) {
            if (failure != null) {
                throw new StorageException(
                        store + ": nothing is written after a failed write: end this process", failure);
            }
            filler.fill(batch);
            if (batch.count() > 0) {
                db.write(sync ? synced : unsynced, batch);
            } else if (sync) {
                // Nothing new, but all that was written before must be safe.
                db.syncWal();
            }
        } catch (RocksDBException e) {
            failure = RocksFailures.of(store, e);
            throw failure;
        } finally {
            leave();
        }
    }

    /** The value of a key, or null. */
    byte[] read(final Family family, final byte[] key) {
        enter();
        try {
            return db.get(families.get(family), key);
        } catch (RocksDBException e) {
            throw RocksFailures.of(store, e);
        } finally {
            leave();
        }
    }

    /**
     * The rows from {@code lower} (inclusive) to {@code upper} (exclusive), as they are now. To be closed by the thread
     * that opened it; the database cannot be closed before.
     */
    RocksCursor cursor(final Family family, final byte[] lower, final byte[] upper) {
        enter();
        try {
            return new RocksCursor(db, families.get(family), store, lower, upper, this::leave);
        } catch (RuntimeException e) {
            leave();
            throw e;
        }
    }

    /** Reads every block of every table file and compares its checksum. */
    void verify() {
        enter();
        try {
            db.verifyChecksum();
        } catch (RocksDBException e) {
            throw RocksFailures.of(store, e);
        } finally {
            leave();
        }
    }

    /** Where the database is. */
    Path store() {
        return store;
    }

    /** Throws when it is closed. */
    void checkOpen() {
        enter();
        leave();
    }

    private void enter() {
        lock.readLock().lock();
        if (closed) {
            lock.readLock().unlock();
            throw new StorageException(store + " is closed: this node is stopping");
        }
    }

    private void leave() {
        lock.readLock().unlock();
    }

    @Override
    public void close() {
        close(() -> {});
    }

    /** Closes it once; {@code onClosed} runs after that, also when the last sync failed. */
    void close(final Runnable onClosed) {
        Invariants.check(lock.getReadHoldCount() == 0, "the store cannot be closed from within one of its calls");
        lockForClose();
        try {
            if (!closed) {
                closed = true;
                release(onClosed);
            }
        } finally {
            lock.writeLock().unlock();
        }
    }

    private void lockForClose() {
        try {
            if (!lock.writeLock().tryLock(CLOSE_WAIT_SECONDS, TimeUnit.SECONDS)) {
                throw new StorageException(
                        store + " is still in use after " + CLOSE_WAIT_SECONDS + " s and stays open: end this process");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StorageException(store + " stays open: interrupted while waiting for running calls", e);
        }
    }

    private void release(final Runnable onClosed) {
        try {
            if (failure == null) {
                db.flushWal(true);
            }
        } catch (RocksDBException e) {
            throw RocksFailures.of(store, e);
        } finally {
            resources.close();
            onClosed.run();
        }
    }
}
