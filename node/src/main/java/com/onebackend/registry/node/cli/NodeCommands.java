package com.onebackend.registry.node.cli;

import com.onebackend.registry.node.cli.CommandTree.Invocation;
import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** {@code oo nodes list|remove|drain|undrain}. */
final class NodeCommands {
    private static final String FORCE = "--force";

    private NodeCommands() {}

    static void add(final CommandSpec root) {
        final CommandSpec group = CommandTree.group("nodes", "The nodes of the cluster.", "node", "n");
        final CommandSpec list = CommandTree.command("list", "List the nodes.", NodeCommands::list, "ls");
        final CommandSpec remove = CommandTree.command(
                "remove",
                "Remove nodes from the cluster, with the instances they look after.",
                NodeCommands::remove,
                "rm",
                "delete");
        remove.addOption(OptionSpec.builder(FORCE)
                .type(boolean.class)
                .description("remove a node also while it is alive: it is drained first, and its vote taken")
                .build());
        group.addSubcommand("list", list);
        group.addSubcommand(
                "remove", CommandTree.words(remove, 1, CommandTree.ANY, "URL|ID", "the URL or the id of a node"));
        DrainCommands.add(group);
        root.addSubcommand("nodes", group);
    }

    private static int list(final Invocation call) {
        final Instant now = call.shell().clock().instant();
        final Table table = call.server().call("POST", "/registry-svc/nodes", Map.of(), (in, type) -> table(in, now));
        table.print(call.shell().out());
        return Oo.EXIT_OK;
    }

    private static Table table(final InputStream answer, final Instant now) throws IOException {
        final List<String[]> rows = new ArrayList<>();
        final Map<String, Object> others = Json.readListing(
                answer,
                "nodes",
                node -> rows.add(new String[] {
                    Json.text(node, "id"), Json.text(node, "url"), Table.ago(Json.text(node, "lastHeartbeat"), now)
                }));
        final Map<String, Object> states = Json.object(others.get("states"));
        final Table table = new Table("NODE ID", "URL", "LAST HEARTBEAT", "STATE");
        final Map<String, Object> drained = Json.object(others.get("drained"));
        for (final String[] row : rows) {
            final String byId = Json.text(states, row[0]);
            final String state = byId.isEmpty() ? Json.text(states, row[1]) : byId;
            table.add(row[0], row[1], row[2], drained.containsKey(row[0]) ? state + ", drained" : state);
        }
        return table;
    }

    /** What was done to a node that was alive; nothing is said of a dead one. */
    private static List<?> steps(final InputStream answer, final String contentType) throws IOException {
        return contentType.startsWith("application/json")
                ? Json.list(Json.readObject(answer).get("steps"))
                : List.of();
    }

    private static int remove(final Invocation call) {
        final Server server = call.server();
        final String query = call.has(FORCE) ? "?force=true" : "";
        return Removal.each(call, node -> {
            final List<?> steps = CatalogWrite.send(
                    call.shell(),
                    server,
                    "DELETE",
                    "/registry-svc/node/" + Uris.segment(node) + query,
                    null,
                    NodeCommands::steps);
            steps.forEach(step -> call.shell().out().println(Table.printable(node + ": " + step)));
        });
    }
}
