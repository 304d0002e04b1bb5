package com.onebackend.registry.node.cli;

import com.onebackend.registry.node.cli.CommandTree.Invocation;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import picocli.CommandLine.Model.CommandSpec;

/** {@code oo definitions list|get|history|save|rollback|validate|remove}. */
final class DefinitionCommands {
    private static final String FILES = "YAML or JSON, one definition or several; - for standard input";

    private static final String REVISION = "--revision";
    private static final String ID = "the id of a definition";

    private DefinitionCommands() {}

    static void add(final CommandSpec root) {
        final CommandSpec group = CommandTree.group("definitions", "Service definitions.", "definition", "def");
        final CommandSpec list = CommandTree.command("list", "List the definitions.", DefinitionCommands::list, "ls");
        final CommandSpec save =
                CommandTree.command("save", "Check definitions, then save them all.", DefinitionCommands::save, "s");
        final CommandSpec validate =
                CommandTree.command("validate", "Check definitions without saving them.", DefinitionCommands::validate);
        final CommandSpec remove =
                CommandTree.command("remove", "Remove definitions.", DefinitionCommands::remove, "rm", "delete");
        save.addOption(
                CommandTree.text("save only if it is at this revision; 0 = it must not be there", "N", REVISION));
        remove.addOption(CommandTree.text("remove only if it is at this revision", "N", REVISION));
        group.addSubcommand("list", list);
        DefinitionHistoryCommands.add(group);
        group.addSubcommand("save", CommandTree.words(save, 1, CommandTree.ANY, "FILE", FILES));
        group.addSubcommand("validate", CommandTree.words(validate, 1, CommandTree.ANY, "FILE", FILES));
        group.addSubcommand("remove", CommandTree.words(remove, 1, CommandTree.ANY, "ID", ID));
        root.addSubcommand("definitions", group);
    }

    private static int list(final Invocation call) {
        final Table table = call.server().call("GET", "/registry-svc/definitions", null, (in, type) -> table(in));
        table.print(call.shell().out());
        return Oo.EXIT_OK;
    }

    private static Table table(final InputStream answer) throws IOException {
        final Table table =
                new Table("ID", "IMAGE NAME", "REPO URL", "REPO BUILD CONTEXT", "REPO CONTAINER FILE", "INTERNAL PORT");
        Json.readListing(answer, "definitions", definition -> {
            final Map<String, Object> image = Json.object(definition.get("image"));
            final Map<String, Object> repository = Json.object(definition.get("repository"));
            table.add(
                    Json.text(definition, "id"),
                    Json.text(image, "name"),
                    Json.text(repository, "url"),
                    Json.text(repository, "buildContext"),
                    Json.text(repository, "containerFile"),
                    internalPorts(definition, image, repository));
        });
        return table;
    }

    private static String internalPorts(
            final Map<String, Object> definition,
            final Map<String, Object> image,
            final Map<String, Object> repository) {
        final List<Object> ports = new ArrayList<>(Json.list(image.get("internalPorts")));
        ports.addAll(Json.list(repository.get("internalPorts")));
        if (ports.isEmpty()) {
            Json.list(definition.get("ports")).forEach(port -> ports.add(Json.text(Json.object(port), "internal")));
        }
        return ports.stream().map(String::valueOf).distinct().collect(Collectors.joining(","));
    }

    private static int save(final Invocation call) {
        final List<Map<String, Object>> definitions = new ArrayList<>();
        checked(call).forEach(file -> definitions.addAll(file.definitions()));
        if (!call.value(REVISION).isEmpty()) {
            if (definitions.size() != 1) {
                throw CliException.usage(REVISION + " is for one definition, and here are " + definitions.size()
                        + "; write the field revision into each of them instead");
            }
            definitions.get(0).put("revision", revision(call.value(REVISION)));
        }
        final Server server = call.server();
        for (int i = 0; i < definitions.size(); i++) {
            try {
                final Map<String, Object> body = Map.of("definition", definitions.get(i));
                CatalogWrite.send(call.shell(), server, "PUT", "/registry-svc/definition", body);
            } catch (CliException e) {
                if (definitions.size() == 1) {
                    throw e;
                }
                throw CliException.failure(Json.text(definitions.get(i), "id") + ": " + e.getMessage() + "\n  saved "
                        + i + " of " + definitions.size() + "; save again when it is corrected, that is safe");
            }
        }
        return Oo.EXIT_OK;
    }

    private static int validate(final Invocation call) {
        final List<DefinitionFile> files = checked(call);
        for (int i = 0; i < files.size(); i++) {
            call.shell()
                    .out()
                    .println(call.word(i) + ": valid: "
                            + String.join(", ", files.get(i).ids()));
        }
        return Oo.EXIT_OK;
    }

    /** The files; a failure that tells every problem of every file when there is one. */
    private static List<DefinitionFile> checked(final Invocation call) {
        final List<DefinitionFile> files = new ArrayList<>();
        final List<String> problems = new ArrayList<>();
        for (final String name : call.words()) {
            final DefinitionFile file = DefinitionFile.read(call.shell(), name);
            problems.addAll(file.problems());
            files.add(file);
        }
        if (!problems.isEmpty()) {
            throw CliException.failure(
                    problems.stream().map(Table::printable).collect(Collectors.joining("\nerror: ")));
        }
        return files;
    }

    private static int remove(final Invocation call) {
        final Server server = call.server();
        final String wanted = call.value(REVISION);
        if (!wanted.isEmpty() && call.words().size() != 1) {
            throw CliException.usage(REVISION + " is for one definition; remove them one by one");
        }
        final String query = wanted.isEmpty() ? "" : "?revision=" + revision(wanted);
        return Removal.each(
                call,
                id -> CatalogWrite.send(
                        call.shell(), server, "DELETE", "/registry-svc/definition/" + Uris.segment(id) + query, null));
    }

    /** A revision that was typed. */
    static long revision(final String typed) {
        if (!typed.matches("[0-9]{1,18}")) {
            throw CliException.usage("'" + typed + "' is no revision; see: oo definitions history ID");
        }
        return Long.parseLong(typed);
    }
}
