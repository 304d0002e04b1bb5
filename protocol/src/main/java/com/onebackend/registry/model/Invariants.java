package com.onebackend.registry.model;

/** Always-on checks. A failed one is a programmer's error: it is thrown on the owner thread and stops the node. */
public final class Invariants {
    private Invariants() {}

    /** Throws {@link IllegalStateException} with {@code message} unless {@code condition} holds. */
    public static void check(final boolean condition, final String message) {
        if (!condition) {
            throw new IllegalStateException(message);
        }
    }
}
