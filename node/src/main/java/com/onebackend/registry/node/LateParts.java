package com.onebackend.registry.node;

/**
 * Parts opened while the node is starting, and perhaps already being closed: what is opened too late is closed at once.
 *
 * <p><i>Thread:</i> any.
 */
final class LateParts implements AutoCloseable {
    private final CloseOrder closing = new CloseOrder();
    private volatile boolean isClosed;

    /**
     * Remembers {@code part}; returns it.
     *
     * @throws IllegalStateException the node is being closed, and {@code part} with it
     */
    synchronized <T extends AutoCloseable> T opened(final String name, final T part) {
        closing.add(name, part);
        if (isClosed) {
            closing.close();
            throw new IllegalStateException("closed while starting");
        }
        return part;
    }

    /** From now on nothing stays open that is opened; what is open goes on until {@link #close}. */
    void refuse() {
        isClosed = true;
    }

    /** True once the node is being closed. */
    boolean isClosed() {
        return isClosed;
    }

    @Override
    public void close() {
        isClosed = true;
        synchronized (this) {
            closing.close();
        }
    }
}
