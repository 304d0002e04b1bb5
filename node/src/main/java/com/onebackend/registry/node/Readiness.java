package com.onebackend.registry.node;

/**
 * Why this node does not answer in full yet.
 *
 * <p><i>Thread:</i> any.
 */
final class Readiness {
    private volatile String reason = "starting";

    /** One line for a person; empty when the node is ready. */
    String reason() {
        return reason;
    }

    boolean isReady() {
        return reason.isEmpty();
    }

    void waitsFor(final String why) {
        reason = why;
    }

    void ready() {
        reason = "";
    }
}
