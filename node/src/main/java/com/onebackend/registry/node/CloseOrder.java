package com.onebackend.registry.node;

import java.util.ArrayDeque;
import java.util.Deque;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What was opened, closed in the reverse order; one that fails does not keep the others open.
 *
 * <p><i>Thread:</i> any, one at a time; closing twice is harmless.
 */
final class CloseOrder implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(CloseOrder.class);

    private final Deque<Part> parts = new ArrayDeque<>();

    private record Part(String name, AutoCloseable closeable) {}

    /** Remembers {@code part}; returns it. */
    synchronized <T extends AutoCloseable> T add(final String name, final T part) {
        parts.push(new Part(name, part));
        return part;
    }

    @Override
    public synchronized void close() {
        while (!parts.isEmpty()) {
            final Part part = parts.pop();
            try {
                part.closeable().close();
            } catch (final Exception e) {
                LOG.warn("closing {} failed", part.name(), e);
            }
        }
    }
}
