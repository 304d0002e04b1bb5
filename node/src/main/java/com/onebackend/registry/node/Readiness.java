package com.onebackend.registry.node;

import java.util.function.BooleanSupplier;

/**
 * How far this node is: it waits for something, it answers like the others, it ends. A node that was ready and has to
 * begin anew with what others have is not ready for that time.
 *
 * <p><i>Thread:</i> any.
 *
 * <p><i>Invariants:</i> a node that ends is never ready again, whatever is said later.
 */
final class Readiness {
    /** What a node says that reloads everything from the others. */
    static final String RELOADING = "catching up anew: this node was away for too long, or refused by the others";

    /** What a node says while a backup is brought into its cluster. */
    static final String RESTORING =
            "a backup is being restored into this cluster; repeat oo cluster restore if it" + " broke off";

    /** What a node says that is about to end, and still answers everybody. */
    static final String STOPPING = "stopping: use another node";

    private volatile Phase phase = new Phase("starting", false);
    private volatile BooleanSupplier isReloading = () -> false;
    private volatile BooleanSupplier isRestoring = () -> false;
    private volatile Leaving leaving = Leaving.NOT;

    /**
     * @param drained why an operator has taken it out of service; empty when nobody has
     * @param isStopping the process is to end
     * @param sinceNanos since when clients are sent elsewhere
     */
    private record Leaving(String drained, boolean isStopping, long sinceNanos) {
        static final Leaving NOT = new Leaving("", false, 0);

        String reason() {
            return isStopping ? STOPPING : drained;
        }
    }

    /** @param reason why it does not answer; empty when it does */
    private record Phase(String reason, boolean isFinal) {}

    /** One line for a person; empty when the node is ready. */
    String reason() {
        final String reason = phase.reason();
        if (reason.isEmpty() && isReloading.getAsBoolean()) {
            return RELOADING;
        }
        return reason.isEmpty() && isRestoring.getAsBoolean() ? RESTORING : reason;
    }

    boolean isReady() {
        return phase.reason().isEmpty() && !isReloading.getAsBoolean() && !isRestoring.getAsBoolean();
    }

    /** True when this process will not be ready again. */
    boolean isOver() {
        return phase.isFinal();
    }

    /** What is told to whom asks for what needs a ready node. */
    String refusal() {
        return isOver() ? reason() : "This node is not ready yet: " + reason();
    }

    void waitsFor(final String why) {
        enter(new Phase(why, false));
    }

    void ready() {
        enter(new Phase("", false));
    }

    /** For good: who watches the start may not have noticed yet. The first reason stays. */
    void ends(final String why) {
        enter(new Phase(why, true));
    }

    /** While this is true the node is not ready, whatever else is said; asked at every request. */
    void exceptWhile(final BooleanSupplier reloading) {
        isReloading = reloading;
    }

    /** While this is true what the node would show is a part of a backup; asked at every request. */
    void exceptWhileRestoring(final BooleanSupplier restoring) {
        isRestoring = restoring;
    }

    /** Why clients are to use other nodes, for a person; empty when they are not. The node answers all the same. */
    String leaving() {
        return leaving.reason();
    }

    /** An operator has taken this node out of service, or back when {@code why} is empty. */
    synchronized void drained(final String why) {
        if (!leaving.drained().equals(why)) {
            leaving = new Leaving(why, leaving.isStopping(), since(leaving.isStopping() || !why.isEmpty()));
        }
    }

    /** The process is to end, soon. Stays so. */
    synchronized void stops() {
        leaving = new Leaving(leaving.drained(), true, since(true));
    }

    private long since(final boolean leaves) {
        final boolean left = !leaving.reason().isEmpty();
        return leaves && !left ? System.nanoTime() : leaving.sinceNanos();
    }

    /** For how long clients have been sent elsewhere; 0 when they are not. */
    long leavingNanos() {
        final Leaving now = leaving;
        return now.reason().isEmpty() ? 0 : System.nanoTime() - now.sinceNanos();
    }

    private synchronized void enter(final Phase next) {
        if (!phase.isFinal()) {
            phase = next;
        }
    }
}
