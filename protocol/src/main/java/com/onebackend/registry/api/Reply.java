package com.onebackend.registry.api;

/**
 * Where an answer goes that is not there at once. Exactly one method is called, exactly once, on any thread; it
 * must not
 * block.
 */
public interface Reply<T> {
    /** It happened, and is durable. */
    void success(T value);

    /** It was refused; the code tells whether it may have happened. */
    void failure(RegistryError error);
}
