package com.onebackend.registry.node.catalog;

/** Told, once or more and on any thread, that this node cannot go on. It ends the process; it must not block. */
@FunctionalInterface
public interface FatalHandler {
    /**
     * The catalog cannot go on in this process.
     *
     * @param why one line for the operator
     * @param cause what was thrown; null when nothing was
     */
    void onFatal(String why, Throwable cause);
}
