package com.onebackend.registry.node.cli;

import com.onebackend.registry.node.cli.CommandTree.Invocation;
import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import picocli.CommandLine.Model.CommandSpec;

/** {@code oo instances list|remove}. */
final class InstanceCommands {
    private InstanceCommands() {}

    static void add(final CommandSpec root) {
        final CommandSpec group = CommandTree.group("instances", "Service instances.", "instance", "i");
        final CommandSpec list =
                CommandTree.command("list", "List the instances you may see.", InstanceCommands::list, "ls");
        final CommandSpec remove = CommandTree.command(
                "remove", "Remove instances, on every node and for good.", InstanceCommands::remove, "rm", "delete");
        group.addSubcommand("list", list);
        group.addSubcommand("remove", CommandTree.words(remove, 1, CommandTree.ANY, "ID", "the id of an instance"));
        root.addSubcommand("instances", group);
    }

    private static int list(final Invocation call) {
        final Instant now = call.shell().clock().instant();
        final Table table = call.server().call("GET", "/registry-svc/instances", null, (in, type) -> table(in, now));
        table.print(call.shell().out());
        return Oo.EXIT_OK;
    }

    private static Table table(final InputStream answer, final Instant now) throws IOException {
        final Table table = new Table("INSTANCE ID", "URL", "STATUS", "OWNER SLUG", "LAST HEARTBEAT");
        Json.readListing(
                answer,
                "instances",
                instance -> table.add(
                        Json.text(instance, "id"),
                        Json.text(instance, "url"),
                        Json.text(instance, "status"),
                        Json.text(instance, "slug"),
                        Table.ago(Json.text(instance, "lastHeartbeat"), now)));
        return table;
    }

    private static int remove(final Invocation call) {
        final Server server = call.server();
        return Removal.each(call, id -> server.call("DELETE", "/registry-svc/instance/" + Uris.segment(id), null));
    }
}
