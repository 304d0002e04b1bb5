package com.onebackend.registry.node.cli;

import java.util.UUID;
import java.util.concurrent.TimeUnit;

/**
 * Changes of the catalog, which need a majority: while there is none for a moment, as when a leader is replaced, they
 * are sent again. That is safe: each has a key, and the cluster applies a key once.
 */
final class CatalogWrite {
    private static final int SENDINGS_MAX = 5;
    private static final long PAUSE_MILLIS_MIN = 250;

    private CatalogWrite() {}

    static void send(
            final Shell shell, final Server server, final String method, final String path, final Object body) {
        send(shell, server, method, path, body, (answer, contentType) -> null);
    }

    static <T> T send(
            final Shell shell,
            final Server server,
            final String method,
            final String path,
            final Object body,
            final Server.Reader<T> reader) {
        final String key = UUID.randomUUID().toString();
        for (int sending = 1; ; sending++) {
            try {
                return server.call(method, path, body, key, reader);
            } catch (CliException e) {
                if (!e.isPassing() || sending == SENDINGS_MAX) {
                    throw e;
                }
                shell.warn(e.getMessage() + "\n  sending it again, which is safe (" + (sending + 1) + " of "
                        + SENDINGS_MAX + ")");
                rest(PAUSE_MILLIS_MIN << (sending - 1));
            }
        }
    }

    private static void rest(final long millis) {
        try {
            TimeUnit.MILLISECONDS.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw CliException.failure("interrupted; it may have happened: look before you repeat it");
        }
    }
}
