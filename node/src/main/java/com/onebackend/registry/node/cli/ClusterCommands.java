package com.onebackend.registry.node.cli;

import com.onebackend.registry.node.cli.CommandTree.Invocation;
import java.io.PrintStream;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import picocli.CommandLine.Model.CommandSpec;

/** {@code oo cluster status|init|backup|restore|recover}. */
final class ClusterCommands {
    private ClusterCommands() {}

    static void add(final CommandSpec root) {
        final CommandSpec group = CommandTree.group("cluster", "The cluster as one node sees it.");
        group.addSubcommand(
                "status", CommandTree.command("status", "Show the cluster and its members.", ClusterCommands::status));
        group.addSubcommand("init", ClusterInitCommand.spec());
        group.addSubcommand("backup", BackupCommands.backup());
        group.addSubcommand("restore", RestoreCommands.restore());
        group.addSubcommand("recover", RecoverCommands.recover());
        root.addSubcommand("cluster", group);
    }

    private static int status(final Invocation call) {
        final Map<String, Object> cluster =
                call.server().call("GET", "/registry-svc/cluster", null, (in, type) -> Json.readObject(in));
        final PrintStream out = call.shell().out();
        head(cluster).print(out);
        if (cluster.get("members") instanceof List<?> members) {
            out.append('\n');
            members(cluster, members).print(out);
        }
        return Oo.EXIT_OK;
    }

    /** What is a single value, in the server's order and wording. */
    private static Table head(final Map<String, Object> cluster) {
        final Table table = new Table("FIELD", "VALUE");
        cluster.forEach((name, value) -> {
            if (value instanceof List<?> list && !name.equals("members")) {
                table.add(name, list.stream().map(ClusterCommands::plain).collect(Collectors.joining(", ")));
            } else if (!(value instanceof List)) {
                table.add(name, plain(value));
            }
        });
        return table;
    }

    private static Table members(final Map<String, Object> cluster, final List<?> members) {
        final String leader = Json.text(cluster, "leader");
        final List<?> voters = Json.list(cluster.get("voters"));
        final Table table = new Table("NODE ID", "URL", "STATE", "ROLE");
        for (final Object each : members) {
            final Map<String, Object> member = Json.object(each);
            final String id = nodeId(member);
            final String role =
                    !id.isEmpty() && id.equals(leader) ? "leader" : voters.contains(id) ? "voter" : "member";
            table.add(id, Json.text(member, "url"), Json.text(member, "state"), role);
        }
        return table;
    }

    /** A member's id is a text, or an object with its origin and generation beside the text. */
    private static String nodeId(final Map<String, Object> member) {
        final String nodeId = Json.text(member, "nodeId");
        if (!nodeId.isEmpty()) {
            return nodeId;
        }
        return member.get("id") instanceof Map<?, ?> id
                ? Json.text(Json.object(id), "nodeId")
                : Json.text(member, "id");
    }

    private static String plain(final Object value) {
        return value == null ? "" : value instanceof Map ? Json.text(value) : value.toString();
    }
}
