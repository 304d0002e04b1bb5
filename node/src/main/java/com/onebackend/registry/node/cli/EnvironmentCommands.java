package com.onebackend.registry.node.cli;

import com.onebackend.registry.node.cli.CommandTree.Invocation;
import picocli.CommandLine.Model.CommandSpec;

/** {@code oo env list|add|select|current|remove}. */
final class EnvironmentCommands {
    private static final String DESCRIPTION = "--description";

    private EnvironmentCommands() {}

    static void add(final CommandSpec root) {
        final CommandSpec group = CommandTree.group("env", "The servers this command line knows.", "e");
        group.addSubcommand(
                "list", CommandTree.command("list", "List the environments.", EnvironmentCommands::list, "ls"));
        final CommandSpec add = CommandTree.command(
                "add", "Add an environment, or replace it with its logins.", EnvironmentCommands::create);
        add.addOption(CommandTree.text("what it is", "TEXT", DESCRIPTION));
        group.addSubcommand("add", CommandTree.words(add, 2, 2, "NAME URL", "for example: prod http://node1:11337"));
        final CommandSpec select =
                CommandTree.command("select", "Use an environment from now on.", EnvironmentCommands::select, "s");
        group.addSubcommand("select", CommandTree.words(select, 1, 1, "NAME", "its name"));
        group.addSubcommand(
                "current",
                CommandTree.command("current", "Print the selected environment.", EnvironmentCommands::current, "c"));
        final CommandSpec remove = CommandTree.command(
                "remove", "Forget an environment and its logins.", EnvironmentCommands::remove, "rm", "delete");
        group.addSubcommand("remove", CommandTree.words(remove, 1, 1, "NAME", "its name"));
        root.addSubcommand("env", group);
    }

    private static int list(final Invocation call) {
        final Config config = call.configFile().load();
        final Table table = new Table("ENV NAME", "SELECTED", "URL", "DESCRIPTION");
        for (final Config.Environment environment : config.environments()) {
            final boolean selected = environment.name().equals(config.selectedName());
            table.add(environment.name(), selected ? "yes" : "", environment.url(), environment.description());
        }
        table.print(call.shell().out());
        return Oo.EXIT_OK;
    }

    private static int create(final Invocation call) {
        final String name = call.word(0);
        if (name.isBlank()) {
            throw CliException.usage("an environment needs a name");
        }
        final String url = Target.normalise(call.word(1));
        call.configFile().update(config -> config.add(name, url, call.value(DESCRIPTION)));
        return Oo.EXIT_OK;
    }

    private static int select(final Invocation call) {
        call.configFile().update(config -> config.select(call.word(0)));
        if (!call.shell().variable(Target.SERVER_URL).isEmpty()) {
            call.shell().warn(Target.SERVER_URL + " is set and is used instead; unset it");
        }
        return Oo.EXIT_OK;
    }

    private static int current(final Invocation call) {
        call.shell().out().println(call.configFile().load().selectedName());
        return Oo.EXIT_OK;
    }

    private static int remove(final Invocation call) {
        call.configFile().update(config -> config.remove(call.word(0)));
        return Oo.EXIT_OK;
    }
}
