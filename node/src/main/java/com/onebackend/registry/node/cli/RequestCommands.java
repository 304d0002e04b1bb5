package com.onebackend.registry.node.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.util.List;
import java.util.Locale;

/** {@code oo get|put|post|delete PATH [--key=value ...]}: any request, its answer indented on standard output. */
final class RequestCommands {
    static final List<String> METHODS = List.of("get", "put", "post", "delete");

    private static final int CHUNK_BYTES = 8192;

    private RequestCommands() {}

    static int run(final Shell shell, final String method, final RequestLine line) {
        final boolean get = method.equals("get");
        final String path = line.target(get);
        // A DELETE without flags has no body; PUT and POST always have one.
        final boolean bodiless = get || (method.equals("delete") && line.flags().isEmpty());
        final Object body = bodiless ? null : line.flags().object();
        final Target target = Target.of(shell, new ConfigFile(shell), line.environment(), line.appHost());
        final Server server = new Server(target);
        final String verb = method.toUpperCase(Locale.ROOT);
        final Server.Reader<Void> reader = (answer, contentType) -> {
            print(answer, contentType, shell.out());
            return null;
        };
        if (!get && CatalogWrite.isKeyed(path)) {
            CatalogWrite.send(shell, server, verb, path, body, reader);
        } else {
            server.call(verb, path, body, reader);
        }
        return Oo.EXIT_OK;
    }

    private static void print(final InputStream answer, final String contentType, final PrintStream out)
            throws IOException {
        if (contentType.contains("json")) {
            Json.indent(answer, out);
            return;
        }
        // Metrics, pages, event streams: as they come.
        final byte[] chunk = new byte[CHUNK_BYTES];
        for (int count = answer.read(chunk); count >= 0; count = answer.read(chunk)) {
            out.write(chunk, 0, count);
            out.flush();
        }
    }
}
