package com.onebackend.registry.node.cli;

import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Changes of the catalog, which need a majority: while there is none for a moment, as when a leader is replaced, they
 * are sent again. That is safe: each has a key, and the cluster applies a key once.
 */
final class CatalogWrite {
    private static final int SENDINGS_MAX = 5;
    private static final long PAUSE_MILLIS_MIN = 250;
    private static final List<String> KEYED =
            List.of("/registry-svc/definition", "/registry-svc/node", "/registry-svc/node-drain");

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
        return untilItPasses(shell, () -> server.call(method, path, body, key, reader));
    }

    /** True for a path whose changes have effect once under one key. */
    static boolean isKeyed(final String path) {
        final int query = path.indexOf('?');
        final String plain = query < 0 ? path : path.substring(0, query);
        return KEYED.stream().anyMatch(prefix -> plain.equals(prefix) || plain.startsWith(prefix + "/"));
    }

    /** Sends what may be sent several times, until it is answered for good. */
    static <T> T untilItPasses(final Shell shell, final Supplier<T> request) {
        for (int sending = 1; ; sending++) {
            try {
                return request.get();
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
