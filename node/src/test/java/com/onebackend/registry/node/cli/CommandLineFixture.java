package com.onebackend.registry.node.cli;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.Map;

/** Runs {@code oo} in this JVM, with a home folder, variables, input and clock of its own. */
final class CommandLineFixture {
    /** What a command left behind. */
    record Outcome(int exitCode, String out, String err) {}

    static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");

    final Map<String, String> env = new HashMap<>();
    final Path home;
    Path folder;
    String input = "";
    Shell.Terminal terminal;

    CommandLineFixture(final Path home) {
        this.home = home;
        this.folder = home;
    }

    /** With a server and a token, as scripts have it. */
    CommandLineFixture at(final FakeServer server) {
        env.put("OB_SERVER_URL", server.url());
        env.put("OB_TOKEN", "secret-token");
        return this;
    }

    Outcome run(final String... args) {
        final ByteArrayOutputStream out = new ByteArrayOutputStream();
        final ByteArrayOutputStream err = new ByteArrayOutputStream();
        final Shell shell = new Shell(
                env,
                home,
                folder,
                new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)),
                new PrintStream(out, false, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8),
                terminal,
                Clock.fixed(NOW, ZoneOffset.UTC));
        final int exitCode = Oo.run(shell, args);
        return new Outcome(exitCode, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }

    /** A person who answers every question about a login. */
    static Shell.Terminal typing(final String slug, final String password) {
        return new Shell.Terminal() {
            @Override
            public String line(final String prompt) {
                return slug;
            }

            @Override
            public String password(final String prompt) {
                return password;
            }
        };
    }
}
