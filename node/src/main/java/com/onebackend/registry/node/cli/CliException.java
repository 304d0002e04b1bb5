package com.onebackend.registry.node.cli;

/** Ends the command with a text for the person who typed it; carries no stack trace. */
final class CliException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int exitCode;

    private CliException(final int exitCode, final String message) {
        super(message, null, false, false);
        this.exitCode = exitCode;
    }

    /** The command was understood and failed. */
    static CliException failure(final String message) {
        return new CliException(Oo.EXIT_FAILURE, message);
    }

    /** The command was not understood; nothing was sent. */
    static CliException usage(final String message) {
        return new CliException(Oo.EXIT_USAGE, message);
    }

    int exitCode() {
        return exitCode;
    }
}
