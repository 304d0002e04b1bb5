package com.onebackend.registry.node.cli;

import java.io.ByteArrayOutputStream;
import java.io.Console;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Map;

/**
 * What surrounds one call of {@code oo}. Both streams write UTF-8, whatever the locale.
 *
 * @param home the folder that holds {@code .1backend}
 * @param folder what relative file names are relative to
 * @param terminal null when nobody sits in front of it
 */
record Shell(
        Map<String, String> env,
        Path home,
        Path folder,
        InputStream in,
        PrintStream out,
        PrintStream err,
        Terminal terminal,
        Clock clock) {
    private static final int LINE_BYTES_MAX = 4096;

    /** A person to ask. Both answers are null when the input ended. */
    interface Terminal {
        String line(String prompt);

        /** Asks without echo. */
        String password(String prompt);
    }

    @SuppressWarnings("SystemConsoleNull") // the property restores null for "no terminal", which JDK 22 took away
    static Shell ofProcess() {
        System.setProperty("jdk.console", "java.base");
        final String home = System.getenv("HOME");
        final Console console = System.console();
        return new Shell(
                System.getenv(),
                Path.of(home == null || home.isEmpty() ? System.getProperty("user.home") : home),
                Path.of(""),
                System.in,
                new PrintStream(new FileOutputStream(FileDescriptor.out), false, StandardCharsets.UTF_8),
                new PrintStream(new FileOutputStream(FileDescriptor.err), true, StandardCharsets.UTF_8),
                console == null ? null : new ConsoleTerminal(console),
                Clock.systemUTC());
    }

    /** The environment variable's value; empty when it is unset. */
    String variable(final String name) {
        return env.getOrDefault(name, "").strip();
    }

    /** Prints {@code error: message} on standard error. */
    void error(final String message) {
        err.println("error: " + message);
    }

    /** Prints {@code warning: message} on standard error. */
    void warn(final String message) {
        err.println("warning: " + message);
    }

    /** One line of standard input without its end; empty at the end of input. */
    String readLine() {
        final ByteArrayOutputStream line = new ByteArrayOutputStream();
        try {
            for (int next = in.read(); next >= 0 && next != '\n'; next = in.read()) {
                if (line.size() == LINE_BYTES_MAX) {
                    throw CliException.failure(
                            "the line on standard input is longer than " + LINE_BYTES_MAX + " bytes");
                }
                line.write(next);
            }
        } catch (IOException e) {
            throw CliException.failure("cannot read standard input: " + reason(e));
        }
        final String text = line.toString(StandardCharsets.UTF_8);
        return text.endsWith("\r") ? text.substring(0, text.length() - 1) : text;
    }

    /** Why a file could not be used, for a person, without repeating its name. */
    static String reason(final IOException e) {
        if (e instanceof NoSuchFileException) {
            return "no such file";
        }
        if (e instanceof AccessDeniedException) {
            return "permission denied";
        }
        if (e instanceof CharacterCodingException) {
            return "it is not UTF-8 text";
        }
        final String reason = e instanceof FileSystemException named ? named.getReason() : e.getMessage();
        return reason == null ? e.getClass().getSimpleName() : reason;
    }

    private record ConsoleTerminal(Console console) implements Terminal {
        @Override
        public String line(final String prompt) {
            return console.readLine("%s", prompt);
        }

        @Override
        public String password(final String prompt) {
            final char[] typed = console.readPassword("%s", prompt);
            return typed == null ? null : new String(typed);
        }
    }
}
