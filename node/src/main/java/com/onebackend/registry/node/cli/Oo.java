package com.onebackend.registry.node.cli;

import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.List;
import java.util.Properties;

/**
 * The command line {@code oo}.
 *
 * <p>Exit codes: 0 done, 1 refused or not reachable, 2 not understood. Standard output carries the answer only.
 */
public final class Oo {
    static final int EXIT_OK = 0;
    static final int EXIT_FAILURE = 1;
    static final int EXIT_USAGE = 2;

    private static final String POM = "/META-INF/maven/com.onebackend.registry/registry-node/pom.properties";

    private Oo() {}

    /** Runs one command and ends the process with its exit code. */
    public static void main(final String[] args) {
        System.exit(run(Shell.ofProcess(), args));
    }

    /** Runs one command. */
    static int run(final Shell shell, final String... args) {
        final List<String> words = Arrays.asList(args);
        int exitCode;
        try {
            refuseUnreadable(words);
            exitCode = dispatch(shell, words);
        } catch (CliException e) {
            shell.out().flush();
            shell.error(e.getMessage());
            exitCode = e.exitCode();
        }
        if (shell.out().checkError() && exitCode == EXIT_OK) {
            shell.error("cannot write to standard output");
            exitCode = EXIT_FAILURE;
        }
        return exitCode;
    }

    /** The version of the jar this runs from. */
    static String version() {
        final Properties pom = new Properties();
        try (InputStream in = Oo.class.getResourceAsStream(POM)) {
            if (in != null) {
                pom.load(in);
            }
        } catch (IOException e) {
            throw CliException.failure("cannot read the version: " + e.getMessage());
        }
        return "oo " + pom.getProperty("version", "(not packaged)");
    }

    /** The calls that scripts repeat go past picocli: loading it takes longer than all the rest of them. */
    private static int dispatch(final Shell shell, final List<String> words) {
        if (words.equals(List.of("--version")) || words.equals(List.of("-V"))) {
            shell.out().println(version());
            return EXIT_OK;
        }
        if (!words.isEmpty() && RequestCommands.METHODS.contains(words.get(0))) {
            final RequestLine line = RequestLine.parse(words.subList(1, words.size()));
            if (!line.asksForHelp() && !line.asksForVersion()) {
                return RequestCommands.run(shell, words.get(0), line);
            }
        }
        return CommandTree.execute(shell, words);
    }

    /** Java decodes arguments by the locale; in the C locale everything but ASCII is lost before it gets here. */
    private static void refuseUnreadable(final List<String> words) {
        for (final String word : words) {
            if (word.indexOf('\uFFFD') >= 0) {
                throw CliException.usage("'" + word + "' could not be read in this locale; set LC_ALL=C.UTF-8");
            }
        }
    }
}
