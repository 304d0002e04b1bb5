package com.onebackend.registry.storage.rocksdb;

import java.nio.file.Path;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.Slice;

/** A walk over a range of rows as they were when it was made. <i>Thread:</i> one, which also closes it. */
final class RocksCursor implements AutoCloseable {
    private static final long READAHEAD_BYTES = 1L << 20;

    private final Path store;
    private final NativeResources resources = new NativeResources();
    private final RocksIterator rows;
    private final Runnable onClose;
    private boolean started;

    RocksCursor(
            final RocksDB db,
            final ColumnFamilyHandle family,
            final Path store,
            final byte[] lower,
            final byte[] upper,
            final Runnable onClose) {
        this.store = store;
        this.onClose = onClose;
        final ReadOptions options = resources.own(new ReadOptions());
        options.setIterateLowerBound(resources.own(new Slice(lower)))
                .setIterateUpperBound(resources.own(new Slice(upper)))
                .setReadaheadSize(READAHEAD_BYTES)
                .setFillCache(false);
        rows = resources.own(db.newIterator(family, options));
    }

    /** Goes to the first row, then to the next ones; false after the last. */
    boolean next() {
        if (started) {
            rows.next();
        } else {
            rows.seekToFirst();
            started = true;
        }
        if (rows.isValid()) {
            return true;
        }
        try {
            rows.status();
            return false;
        } catch (RocksDBException e) {
            throw RocksFailures.of(store, e);
        }
    }

    /** True while {@link #next} has not answered false. */
    boolean isValid() {
        return started && rows.isValid();
    }

    byte[] key() {
        return rows.key();
    }

    byte[] value() {
        return rows.value();
    }

    @Override
    public void close() {
        resources.close();
        onClose.run();
    }
}
