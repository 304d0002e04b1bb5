package com.onebackend.registry.storage.rocksdb;

import com.onebackend.registry.storage.StorageException;
import com.onebackend.registry.storage.StorageFullException;
import java.nio.file.Path;
import java.util.Locale;
import org.rocksdb.RocksDBException;
import org.rocksdb.Status;

/** What RocksDB reports, as what a person should do about it. */
final class RocksFailures {
    private RocksFailures() {}

    static StorageException of(final Path store, final RocksDBException e) {
        final Status status = e.getStatus();
        final Status.Code code = status == null ? Status.Code.Undefined : status.getCode();
        final String detail = e.getMessage() == null ? code.name() : e.getMessage();
        if (code == Status.Code.Corruption || code == Status.Code.InvalidArgument || code == Status.Code.NotFound) {
            return damaged(store, detail, e);
        }
        if (status != null && status.getSubCode() == Status.SubCode.NoSpace) {
            return new StorageFullException(
                    store + ": the disk is full (" + detail + "): free space, then start the node again", e);
        }
        if (detail.toLowerCase(Locale.ROOT).contains("lock")) {
            return new StorageException(
                    store + " is open in another process (" + detail + "): stop that process first", e);
        }
        return new StorageException(
                store + " cannot be read or written (" + detail
                        + "): check the disk, its free space and the permissions, then start the node again",
                e);
    }

    static StorageException damaged(final Path store, final String detail, final Exception cause) {
        return new StorageException(
                store + " is damaged (" + detail + "): the node does not run on it. Restore the data folder from a"
                        + " backup, or move the data folder away and start: the node joins as a new one and fetches"
                        + " what its peers have",
                cause);
    }
}
