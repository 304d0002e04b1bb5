package com.onebackend.registry.node.cli;

/** Ends the command with a text for the person who typed it; carries no stack trace. */
final class CliException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int exitCode;
    private final boolean passing;

    private CliException(final int exitCode, final boolean passing, final String message) {
        super(message, null, false, false);
        this.exitCode = exitCode;
        this.passing = passing;
    }

    /** The command was understood and failed. */
    static CliException failure(final String message) {
        return new CliException(Oo.EXIT_FAILURE, false, message);
    }

    /** The cluster could not do it now; a moment later it may. */
    static CliException passing(final String message) {
        return new CliException(Oo.EXIT_FAILURE, true, message);
    }

    /** The command was not understood; nothing was sent. */
    static CliException usage(final String message) {
        return new CliException(Oo.EXIT_USAGE, false, message);
    }

    /** True when the same request may be answered well a moment later. */
    boolean isPassing() {
        return passing;
    }

    int exitCode() {
        return exitCode;
    }
}
