package com.onebackend.registry.storage;

/**
 * The disk, or what is on it, does not let the node go on. The message names the path and what to do.
 *
 * <p>When opening: the node cannot start. On a write: the node must stop, see {@link InstanceLog#write}.
 */
public class StorageException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public StorageException(final String message) {
        super(message);
    }

    public StorageException(final String message, final Throwable cause) {
        super(message, cause);
    }
}
