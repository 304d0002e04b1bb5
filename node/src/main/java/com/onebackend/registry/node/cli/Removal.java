package com.onebackend.registry.node.cli;

import com.onebackend.registry.node.cli.CommandTree.Invocation;
import java.util.function.Consumer;

/** Removing several things: each is tried, whatever became of the others. */
final class Removal {
    private Removal() {}

    static int each(final Invocation call, final Consumer<String> remove) {
        int exitCode = Oo.EXIT_OK;
        for (final String word : call.words()) {
            try {
                if (word.isBlank()) {
                    throw CliException.failure("an empty name removes nothing");
                }
                remove.accept(word);
            } catch (CliException e) {
                if (call.words().size() == 1) {
                    throw e;
                }
                call.shell().error(word + ": " + e.getMessage());
                exitCode = e.exitCode();
            }
        }
        return exitCode;
    }
}
