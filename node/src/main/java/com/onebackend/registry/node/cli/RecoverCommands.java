package com.onebackend.registry.node.cli;

import com.onebackend.registry.node.cli.CommandTree.Invocation;
import java.util.LinkedHashMap;
import java.util.Map;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** {@code oo cluster recover}. */
final class RecoverCommands {
    private static final String YES = "--yes-i-accept-data-loss";
    private static final String HERE = "--here";
    private static final String WORD = "lose data";
    private static final long LONG_MILLIS = 60_000;

    private RecoverCommands() {}

    static CommandSpec recover() {
        final CommandSpec recover = CommandTree.command(
                "recover",
                "Go on without a majority that is lost for good. Acknowledged writes may be lost.",
                RecoverCommands::recover);
        recover.usageMessage()
                .footer(
                        "",
                        "Only when the lost voters will never come back: first try to start them. Ask it of",
                        "the node that has the newest catalog; another one refuses and names it. That node",
                        "becomes the only voter, the lost ones are removed, the others follow it. See the",
                        "operator's guide, 'The majority is gone'.");
        recover.addOption(OptionSpec.builder(YES)
                .type(boolean.class)
                .description("do not ask")
                .build());
        recover.addOption(OptionSpec.builder(HERE)
                .type(boolean.class)
                .description("from this node's catalog, although another one's is newer")
                .build());
        return CommandTree.words(
                recover, 1, CommandTree.ANY, "LOST-NODE-ID", "the ids of all voters that are lost for good");
    }

    private static int recover(final Invocation call) {
        final Server server = call.server();
        final Shell shell = call.shell();
        if (!call.has(YES)) {
            final Map<String, Object> status =
                    server.call("GET", "/registry-svc/cluster", null, (in, type) -> Json.readObject(in));
            shell.err()
                    .println("The catalog goes on from what " + Json.text(status, "nodeId") + " at " + server.url()
                            + " has: index " + Json.text(status, "appliedIndex")
                            + ".\nWhatever was acknowledged later is lost."
                            + " Lost for good, and removed from the cluster: "
                            + String.join(", ", call.words()));
            RestoreCommands.confirm(shell, "Go on?", WORD, YES);
        }
        final Map<String, Object> request = new LinkedHashMap<>();
        request.put("lost", call.words());
        request.put("acceptDataLoss", true);
        request.put("here", call.has(HERE));
        final Map<String, Object> done =
                server.upload("/registry-svc/cluster/recover", Json.bytes(request), (in, type) -> Json.readObject(in));
        shell.err()
                .println("recovered: the catalog goes on from index " + Json.text(done, "index") + " as epoch "
                        + Json.text(done, "epoch") + "; removed: " + String.join(", ", call.words()));
        final long ageMillis = done.get("ageMs") instanceof Number number ? number.longValue() : Long.MAX_VALUE;
        shell.err()
                .println(
                        ageMillis == Long.MAX_VALUE
                                ? "nobody knows how old it was: compare what your deployments expect"
                                : "lost is what was acknowledged in the "
                                        + (ageMillis < LONG_MILLIS ? ageMillis + " ms" : ageMillis / 1000 + " s")
                                        + " before, if anything was");
        return Oo.EXIT_OK;
    }
}
