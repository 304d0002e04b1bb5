package com.onebackend.registry.node.cli;

import com.onebackend.registry.node.cli.CommandTree.Invocation;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.LinkedHashMap;
import java.util.Map;
import picocli.CommandLine.Model.CommandSpec;

/** {@code oo definitions get|history|rollback}: what a definition is and was. */
final class DefinitionHistoryCommands {
    private static final String REVISION = "--revision";
    private static final String OUTPUT = "--output";
    private static final String ID = "the id of a definition";

    private DefinitionHistoryCommands() {}

    static void add(final CommandSpec group) {
        final CommandSpec get = CommandTree.command(
                "get", "Print a definition, ready to be changed and saved.", DefinitionHistoryCommands::get);
        get.addOption(CommandTree.text("as it was at this revision, see oo definitions history", "N", REVISION));
        final CommandSpec history = CommandTree.command(
                "history",
                "List the last revisions of a definition, also of a removed one.",
                DefinitionHistoryCommands::history);
        history.addOption(CommandTree.text("table (the default) or json", "FORMAT", "-o", OUTPUT));
        final CommandSpec rollback = CommandTree.command(
                "rollback", "Save a definition as it was at an earlier revision.", DefinitionHistoryCommands::rollback);
        group.addSubcommand("get", CommandTree.words(get, 1, 1, "ID", ID));
        group.addSubcommand("history", CommandTree.words(history, 1, 1, "ID", ID));
        group.addSubcommand(
                "rollback", CommandTree.words(rollback, 2, 2, "ID REVISION", ID + ", and one of its revisions"));
    }

    private static int get(final Invocation call) {
        final String wanted = call.value(REVISION);
        final Map<String, Object> definition;
        if (wanted.isEmpty()) {
            final Map<String, Object> answer =
                    call.server().call("GET", path(call.word(0)), null, (body, contentType) -> Json.readObject(body));
            definition = new LinkedHashMap<>(Json.object(answer.get("definition")));
            // So that saving it finds out whether somebody else was quicker.
            definition.put("revision", answer.get("revision"));
        } else {
            definition = at(call.server(), call.word(0), DefinitionCommands.revision(wanted));
        }
        try {
            Json.indent(
                    new ByteArrayInputStream(Json.bytes(definition)),
                    call.shell().out());
        } catch (IOException e) {
            throw CliException.failure("cannot print the definition: " + Shell.reason(e));
        }
        return Oo.EXIT_OK;
    }

    private static int history(final Invocation call) {
        final String format = call.value(OUTPUT);
        if (!format.isEmpty() && !format.equals("table") && !format.equals("json")) {
            throw CliException.usage("'" + format + "' is no format; known are table and json");
        }
        final String path = path(call.word(0)) + "/history";
        if (format.equals("json")) {
            return call.server().call("GET", path, null, (answer, contentType) -> {
                Json.indent(answer, call.shell().out());
                return Oo.EXIT_OK;
            });
        }
        call.server()
                .call("GET", path, null, (answer, contentType) -> table(answer))
                .print(call.shell().out());
        return Oo.EXIT_OK;
    }

    private static Table table(final InputStream answer) throws IOException {
        final Table table = new Table("REVISION", "SAVED", "BY", "CHANGE");
        Json.readListing(
                answer,
                "revisions",
                revision -> table.add(
                        Json.text(revision, "revision"),
                        Json.text(revision, "at"),
                        Json.text(revision, "by"),
                        Json.text(revision, "change")));
        return table;
    }

    private static int rollback(final Invocation call) {
        final String id = call.word(0);
        final long wanted = DefinitionCommands.revision(call.word(1));
        final Server server = call.server();
        final long[] stored = {-1};
        server.call(
                "GET",
                path(id) + "/history?consistency=strong",
                null,
                (answer, contentType) -> Json.readListing(answer, "revisions", revision -> {
                    if (stored[0] < 0) { // the newest comes first
                        final boolean isThere = !Json.text(revision, "change").equals("deleted");
                        stored[0] = isThere ? DefinitionCommands.revision(Json.text(revision, "revision")) : 0;
                    }
                }));
        final Map<String, Object> definition = at(server, id, wanted);
        definition.put("revision", Math.max(0, stored[0]));
        CatalogWrite.send(call.shell(), server, "PUT", "/registry-svc/definition", Map.of("definition", definition));
        return Oo.EXIT_OK;
    }

    private static Map<String, Object> at(final Server server, final String id, final long revision) {
        final Map<String, Object> answer = server.call(
                "GET", path(id) + "/history?revision=" + revision, null, (body, contentType) -> Json.readObject(body));
        return new LinkedHashMap<>(Json.object(answer.get("definition")));
    }

    private static String path(final String id) {
        return "/registry-svc/definition/" + Uris.segment(id);
    }
}
