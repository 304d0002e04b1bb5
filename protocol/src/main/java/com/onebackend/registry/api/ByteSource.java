package com.onebackend.registry.api;

import java.io.IOException;

/** Bytes that are too many for memory, read once from their beginning. <i>Thread:</i> one at a time. */
public interface ByteSource extends AutoCloseable {
    /**
     * Reads between 1 and {@code length} bytes to the beginning of {@code into}; -1 at the end.
     *
     * @throws IOException they cannot be read
     */
    int read(byte[] into, int length) throws IOException;

    /** Releases whatever holds the bytes; twice does nothing. */
    @Override
    void close();
}
