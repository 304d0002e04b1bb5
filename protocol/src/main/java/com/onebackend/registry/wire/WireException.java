package com.onebackend.registry.wire;

/** Bytes that are not what they should be. The receiver drops them; its state is unchanged. */
public final class WireException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public WireException(final String message) {
        super(message);
    }

    public WireException(final String message, final Throwable cause) {
        super(message, cause);
    }
}
