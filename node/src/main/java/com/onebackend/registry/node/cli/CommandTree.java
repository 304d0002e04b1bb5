package com.onebackend.registry.node.cli;

import java.util.List;
import java.util.Locale;
import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * The commands of {@code oo} for picocli, declared by its programming interface: reading annotations costs more than a
 * whole call.
 */
final class CommandTree {
    private static final String ENVIRONMENT = "--env";
    private static final String APP_HOST = "--app-host";
    /** No command lies deeper. */
    private static final int DEPTH_MAX = 2;
    /** As many words as a command line holds. */
    static final int ANY = Integer.MAX_VALUE;

    /** What a command does; returns the exit code. */
    interface Action {
        int run(Invocation call);
    }

    /** A parsed command in its surroundings. */
    record Invocation(Shell shell, ParseResult parsed) {
        /** The words after the command. */
        List<String> words() {
            return parsed.matchedPositionalValue(0, List.<String>of());
        }

        /** The word at this place; empty when fewer were given. */
        String word(final int at) {
            return at < words().size() ? words().get(at) : "";
        }

        boolean has(final String option) {
            return parsed.matchedOptionValue(option, false);
        }

        /** The option's value; empty when it was not given. */
        String value(final String option) {
            return parsed.matchedOptionValue(option, "");
        }

        /** The environment asked for anywhere in the line; empty for the selected one. */
        String environment() {
            return global(ENVIRONMENT);
        }

        /** The app host asked for anywhere in the line; empty for the selected one. */
        String appHost() {
            return global(APP_HOST);
        }

        ConfigFile configFile() {
            return new ConfigFile(shell);
        }

        Target target() {
            return Target.of(shell, configFile(), environment(), appHost());
        }

        Server server() {
            return new Server(target());
        }

        private String global(final String option) {
            String value = "";
            for (CommandSpec spec = parsed.commandSpec(); spec != null; spec = spec.parent()) {
                final String given = spec.findOption(option).getValue();
                value = value.isEmpty() && given != null ? given : value;
            }
            return value;
        }
    }

    /** How many words a command takes. */
    private record Count(int min, int max) {}

    private CommandTree() {}

    static int execute(final Shell shell, final List<String> words) {
        final CommandLine root = root();
        try {
            final ParseResult parsed = root.parseArgs(words.toArray(String[]::new));
            final ParseResult last = last(parsed);
            if (last.isUsageHelpRequested()) {
                last.commandSpec().commandLine().usage(shell.out(), Ansi.OFF);
                return Oo.EXIT_OK;
            }
            if (last.isVersionHelpRequested()) {
                shell.out().println(Oo.version());
                return Oo.EXIT_OK;
            }
            if (last.commandSpec().userObject() instanceof Action action) {
                final Invocation call = new Invocation(shell, last);
                checkCount(call);
                return action.run(call);
            }
            last.commandSpec().commandLine().usage(shell.err(), Ansi.OFF);
            return Oo.EXIT_USAGE;
        } catch (ParameterException e) {
            throw CliException.usage(explain(e));
        }
    }

    private static CommandLine root() {
        final CommandSpec root = group("oo", "The command line of Registry Svc.");
        root.usageMessage()
                .footer(
                        "",
                        "Server and token come from OB_SERVER_URL and OB_TOKEN, else from the",
                        "environment selected in $HOME/.1backend/cliConfig.yaml; --env chooses",
                        "another one for a call.",
                        "Exit codes: 0 done, 1 refused or not reachable, 2 not understood.");
        InstanceCommands.add(root);
        DefinitionCommands.add(root);
        NodeCommands.add(root);
        ClusterCommands.add(root);
        AccountCommands.add(root);
        EnvironmentCommands.add(root);
        for (final String method : RequestCommands.METHODS) {
            root.addSubcommand(method, request(method));
        }
        for (final CommandLine each : List.copyOf(root.subcommands().values())) {
            if (!(each.getCommandSpec().userObject() instanceof Action)
                    && !each.getSubcommands().containsKey("help")) {
                each.addSubcommand("help", help(true));
            }
        }
        root.addSubcommand("help", help(false));
        return new CommandLine(root)
                .setColorScheme(CommandLine.Help.defaultColorScheme(Ansi.OFF))
                .setAbbreviatedOptionsAllowed(false);
    }

    /** A command that only holds others. */
    static CommandSpec group(final String name, final String description, final String... aliases) {
        return described(CommandSpec.create(), name, description, aliases);
    }

    /** A command that does something. */
    static CommandSpec command(
            final String name, final String description, final Action action, final String... aliases) {
        return described(CommandSpec.wrapWithoutInspection(action), name, description, aliases);
    }

    /** Gives the command its words, at least {@code min} and at most {@code max} of them. */
    static CommandSpec words(
            final CommandSpec command, final int min, final int max, final String label, final String description) {
        return command.addPositional(PositionalParamSpec.builder()
                .index("0..*")
                .type(List.class)
                .auxiliaryTypes(String.class)
                .paramLabel(label)
                .hideParamSyntax(true)
                .userObject(new Count(min, max))
                .description(description)
                .build());
    }

    private static void checkCount(final Invocation call) {
        final CommandSpec spec = call.parsed().commandSpec();
        final int given = call.words().size();
        for (final PositionalParamSpec words : spec.positionalParameters()) {
            final Count count = (Count) words.userObject();
            final String usage = "; write: " + spec.qualifiedName() + " " + words.paramLabel();
            if (given < count.min) {
                throw CliException.usage("there is a word missing" + usage);
            }
            if (given > count.max) {
                throw CliException.usage("'" + call.word(count.max) + "' is one word too many" + usage);
            }
        }
    }

    private static CommandSpec described(
            final CommandSpec spec, final String name, final String description, final String... aliases) {
        spec.name(name).aliases(aliases);
        spec.usageMessage().description(description).abbreviateSynopsis(true).commandListHeading("%nCommands:%n");
        spec.addOption(text("a host name of an app, for which another token may be stored", "HOST", "-a", APP_HOST));
        spec.addOption(text("the environment to use, see oo env ls", "NAME", "-e", ENVIRONMENT));
        spec.addOption(OptionSpec.builder("-h", "--help")
                .usageHelp(true)
                .description("show this help")
                .build());
        spec.addOption(OptionSpec.builder("-V", "--version")
                .versionHelp(true)
                .description("show the version")
                .build());
        return spec;
    }

    /** An option with a text. */
    static OptionSpec text(final String description, final String label, final String... names) {
        return OptionSpec.builder(names)
                .type(String.class)
                .paramLabel(label)
                .description(description)
                .build();
    }

    private static CommandSpec request(final String method) {
        final Action action = call -> {
            final RequestLine line = RequestLine.parse(call.words()).orElse(call.environment(), call.appHost());
            if (line.asksForHelp()) {
                call.parsed().commandSpec().commandLine().usage(call.shell().out(), Ansi.OFF);
                return Oo.EXIT_OK;
            }
            if (line.asksForVersion()) {
                call.shell().out().println(Oo.version());
                return Oo.EXIT_OK;
            }
            return RequestCommands.run(call.shell(), method, line);
        };
        final String name = method.toUpperCase(Locale.ROOT);
        final CommandSpec spec = command(method, "Send " + name + " PATH and print the answer.", action);
        words(spec, 1, ANY, "PATH [--key=value...]", "a path such as /registry-svc/instances, then fields");
        spec.parser().stopAtPositional(true);
        if (method.equals("get")) {
            spec.usageMessage()
                    .footer(
                            "",
                            "Each --key=value becomes a query parameter:",
                            "  oo get /registry-svc/instances --slug=user-svc");
        } else {
            spec.usageMessage()
                    .footer(
                            "",
                            "Each --key=value becomes a field of the JSON body. --a.b=x nests, a repeated",
                            "key makes a list, '[...]' and '{...}' are taken as JSON:",
                            "  oo put /registry-svc/instance --url=http://my-svc:8080 --tags='[\"dev\"]'");
        }
        return spec;
    }

    private static CommandSpec help(final boolean hidden) {
        final CommandSpec help = command("help", "Show the help of a command.", CommandTree::help);
        help.usageMessage().hidden(hidden);
        return words(help, 0, DEPTH_MAX, "[COMMAND...]", "for example: nodes rm");
    }

    private static int help(final Invocation call) {
        CommandLine at = call.parsed().commandSpec().parent().commandLine();
        for (final String word : call.words()) {
            final CommandLine next = at.getSubcommands().get(word);
            if (next == null) {
                throw CliException.usage("there is no command " + String.join(" ", call.words()) + "; see: oo help");
            }
            at = next;
        }
        at.usage(call.shell().out(), Ansi.OFF);
        return Oo.EXIT_OK;
    }

    private static ParseResult last(final ParseResult parsed) {
        ParseResult last = parsed;
        while (last.hasSubcommand()) {
            last = last.subcommand();
        }
        return last;
    }

    private static String explain(final ParameterException e) {
        final String command = e.getCommandLine().getCommandSpec().qualifiedName();
        if (e instanceof UnmatchedArgumentException unmatched) {
            final List<String> words = unmatched.getUnmatched();
            final List<String> like = unmatched.getSuggestions();
            final String guess = like.isEmpty() ? "" : "; did you mean " + String.join(", ", like) + "?";
            return "'" + String.join(" ", words) + "' is not understood" + guess + "\n  see: " + command + " --help";
        }
        return e.getMessage() + "\n  see: " + command + " --help";
    }
}
