package com.onebackend.registry.node.cli;

import com.onebackend.registry.node.cli.CommandTree.Invocation;
import java.util.Map;
import picocli.CommandLine.Model.CommandSpec;

/** {@code oo cluster status|init}. */
final class ClusterCommands {
    private ClusterCommands() {}

    static void add(final CommandSpec root) {
        final CommandSpec group = CommandTree.group("cluster", "The cluster as one node sees it.");
        group.addSubcommand(
                "status", CommandTree.command("status", "Show the cluster and its members.", ClusterCommands::status));
        group.addSubcommand("init", ClusterInitCommand.spec());
        root.addSubcommand("cluster", group);
    }

    private static int status(final Invocation call) {
        final Map<String, Object> cluster =
                call.server().call("GET", "/registry-svc/cluster", null, (in, type) -> Json.readObject(in));
        ClusterTables.print(
                cluster, call.shell().clock().instant(), call.shell().out());
        return Oo.EXIT_OK;
    }
}
