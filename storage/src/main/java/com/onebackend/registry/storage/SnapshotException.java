package com.onebackend.registry.storage;

/**
 * An exported catalog is truncated, damaged or of an unknown format. The store was not changed and works on: get the
 * export again.
 */
public final class SnapshotException extends StorageException {
    private static final long serialVersionUID = 1L;

    public SnapshotException(final String message) {
        super(message);
    }
}
