package com.onebackend.registry.node;

import java.util.function.BooleanSupplier;

/**
 * How far this node is: it waits, it catches up and takes registrations, it answers in full. A node that was ready and
 * has to begin anew with what others have is not ready for that time.
 *
 * <p><i>Thread:</i> any.
 */
final class Readiness {
    /** What a node says that reloads everything from the others. */
    static final String RELOADING = "catching up anew: this node was away for too long, or refused by the others";

    private static final Phase READY = new Phase(true, "");

    private volatile Phase phase = new Phase(false, "starting");
    private volatile BooleanSupplier isReloading = () -> false;

    /**
     * @param isWritable what this node takes is not lost
     * @param reason why it does not answer in full; empty when it does
     */
    private record Phase(boolean isWritable, String reason) {}

    /** One line for a person; empty when the node is ready. */
    String reason() {
        final String reason = phase.reason();
        return reason.isEmpty() && isReloading.getAsBoolean() ? RELOADING : reason;
    }

    boolean isReady() {
        return phase.reason().isEmpty() && !isReloading.getAsBoolean();
    }

    /** True when this node takes registrations, also while it does not know yet what the others have. */
    boolean isWritable() {
        return phase.isWritable();
    }

    /** Neither reads nor writes. */
    void waitsFor(final String why) {
        phase = new Phase(false, why);
    }

    /** Takes registrations, answers no discovery. */
    void catchesUp(final String why) {
        phase = new Phase(true, why);
    }

    void ready() {
        phase = READY;
    }

    /** While this is true the node is not ready, whatever else is said; asked at every request. */
    void exceptWhile(final BooleanSupplier reloading) {
        isReloading = reloading;
    }
}
