package com.onebackend.registry.node.cli;

import com.onebackend.registry.node.cli.CommandTree.Invocation;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** {@code oo nodes drain|undrain}. */
final class DrainCommands {
    /** How long {@code --wait} waits for each node. */
    static final Duration WAIT_MAX = Duration.ofSeconds(60);

    private static final long POLL_MILLIS = 300;
    /** Of so few voters none can be missed. */
    private static final int VOTERS_WITHOUT_SPARE = 2;

    private static final String PATH = "/registry-svc/node-drain";
    private static final String REASON = "--reason";
    private static final String WAIT = "--wait";
    private static final String NODES = "the URL or the id of a node";

    private DrainCommands() {}

    static void add(final CommandSpec nodes) {
        final CommandSpec drain = CommandTree.command(
                "drain",
                "Take nodes out of service, for planned work: they answer on, but are not ready, and do not lead.",
                DrainCommands::drain);
        drain.addOption(CommandTree.text("why; shown with the node", "TEXT", REASON));
        drain.addOption(OptionSpec.builder(WAIT)
                .type(boolean.class)
                .description("return when the node can be stopped, and say whether it still votes")
                .build());
        final CommandSpec undrain =
                CommandTree.command("undrain", "Take nodes back into service.", DrainCommands::undrain);
        nodes.addSubcommand("drain", CommandTree.words(drain, 1, CommandTree.ANY, "URL|ID", NODES));
        nodes.addSubcommand("undrain", CommandTree.words(undrain, 1, CommandTree.ANY, "URL|ID", NODES));
    }

    private static int drain(final Invocation call) {
        final Server server = call.server();
        return Removal.each(call, node -> {
            final String id = send(call.shell(), server, node, true, call.value(REASON));
            if (call.has(WAIT)) {
                call.shell().out().println(Table.printable(awaitLeft(server, id)));
            }
        });
    }

    private static int undrain(final Invocation call) {
        final Server server = call.server();
        return Removal.each(call, node -> send(call.shell(), server, node, false, ""));
    }

    /** Returns the node's id. */
    private static String send(
            final Shell shell, final Server server, final String node, final boolean drained, final String reason) {
        final Map<String, Object> body = new LinkedHashMap<>();
        body.put("node", node);
        body.put("drained", drained);
        if (!reason.isEmpty()) {
            body.put("reason", reason);
        }
        final String id = CatalogWrite.send(
                shell, server, "POST", PATH, body, (in, type) -> Json.text(Json.readObject(in), "id"));
        return id.isEmpty() ? node : id;
    }

    private static String awaitLeft(final Server server, final String id) {
        final long deadlineNanos = System.nanoTime() + WAIT_MAX.toNanos();
        while (true) {
            final Map<String, Object> cluster =
                    server.call("GET", "/registry-svc/cluster", null, (in, type) -> Json.readObject(in));
            final String leader = Json.text(cluster, "leader");
            final List<?> voters = Json.list(cluster.get("voters"));
            final boolean votes = voters.contains(id);
            final boolean isNeeded = votes && voters.size() <= VOTERS_WITHOUT_SPARE;
            if (!leader.isEmpty() && !leader.equals(id) && !isNeeded) {
                return left(id, votes, voters.size());
            }
            if (System.nanoTime() - deadlineNanos >= 0) {
                throw CliException.failure(stuck(id, leader, voters));
            }
            rest();
        }
    }

    private static String left(final String id, final boolean votes, final int voters) {
        return id + ": drained, and can be stopped; "
                + (votes
                        ? "it still votes, " + (voters / 2 + 1) + " of the " + voters + " voters must stay"
                        : "it does not vote");
    }

    private static String stuck(final String id, final String leader, final List<?> voters) {
        return id + " is drained, but after " + WAIT_MAX.toSeconds() + " s "
                + (leader.isEmpty()
                        ? "the catalog has no leader"
                        : leader.equals(id) ? "still leads the catalog" : "the catalog still needs its vote")
                + " (voters: " + voters + "): no other node in service takes over; see: oo nodes ls";
    }

    private static void rest() {
        try {
            TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
            throw CliException.failure("interrupted; the node stays drained");
        }
    }
}
