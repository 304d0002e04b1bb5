package com.onebackend.registry.storage;

/** The disk is full. Unlike with other storage failures, the node can be started again when there is space. */
public class StorageFullException extends StorageException {
    private static final long serialVersionUID = 1L;

    public StorageFullException(final String message) {
        super(message);
    }

    public StorageFullException(final String message, final Throwable cause) {
        super(message, cause);
    }
}
