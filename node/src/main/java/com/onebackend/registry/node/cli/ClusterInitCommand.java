package com.onebackend.registry.node.cli;

import com.onebackend.registry.node.cli.CommandTree.Invocation;
import com.onebackend.registry.node.gossip.ClusterKeys;
import com.onebackend.registry.node.gossip.OperatorProof;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Map;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * {@code oo cluster init}: founds a cluster without the peers that are missing. There are no accounts yet, so it proves
 * that it has the cluster secret, which is never sent.
 */
final class ClusterInitCommand {
    private static final String FORCE = "--force";
    private static final String SECRET_FILE = "--secret-file";
    private static final String SECRET = "OB_CLUSTER_SECRET";
    private static final String PATH = "/registry-svc/cluster/init";
    private static final int SECRET_FILE_BYTES_MAX = 64 << 10;

    private ClusterInitCommand() {}

    static CommandSpec spec() {
        final CommandSpec spec = CommandTree.command(
                "init",
                "Say what founding the cluster without the missing peers would do; with --force, do it.",
                ClusterInitCommand::run);
        spec.addOption(OptionSpec.builder(FORCE)
                .type(boolean.class)
                .description("found it with the peers that answer now")
                .build());
        spec.addOption(CommandTree.text("the file that holds the cluster secret", "FILE", SECRET_FILE));
        spec.usageMessage()
                .footer(
                        "",
                        "Only for the first start of a cluster, at a node that waits for a peer which",
                        "is gone for good. The cluster secret is taken from OB_CLUSTER_SECRET or from",
                        "the file. A peer that comes later joins; one that has founded a cluster of its",
                        "own refuses, as clusters never merge.");
        return spec;
    }

    private static int run(final Invocation call) {
        final ClusterKeys keys = keys(call);
        final boolean force = call.has(FORCE);
        final Map<String, Object> body = Map.of("force", force);
        // The proof is for this one node only, under the URL that it gives itself.
        final Map<String, Object> cluster =
                call.server().callAs("", "GET", "/registry-svc/cluster", null, (in, type) -> Json.readObject(in));
        final byte[] nonce = new byte[OperatorProof.NONCE_BYTES];
        new SecureRandom().nextBytes(nonce);
        final OperatorProof proof = OperatorProof.of(
                keys,
                new OperatorProof.Request(
                        "POST", PATH, Json.text(cluster, "url"), OperatorProof.digest(Json.bytes(body))),
                call.shell().clock().millis(),
                nonce);
        final Map<String, Object> done =
                call.server().callAs(proof.header(), "POST", PATH, body, (in, type) -> Json.readObject(in));
        final PrintStream out = call.shell().out();
        out.println(Json.text(done, "message"));
        return Oo.EXIT_OK;
    }

    private static ClusterKeys keys(final Invocation call) {
        try {
            return ClusterKeys.derive(secret(call));
        } catch (final IllegalArgumentException e) {
            throw CliException.failure(e.getMessage());
        }
    }

    private static String secret(final Invocation call) {
        final String file = call.value(SECRET_FILE);
        if (file.isEmpty()) {
            final String secret = call.shell().variable(SECRET);
            if (secret.isEmpty()) {
                throw CliException.failure(
                        "the cluster secret is needed: set " + SECRET + ", or name its file with " + SECRET_FILE);
            }
            return secret;
        }
        final Path path = call.shell().folder().resolve(file);
        try {
            if (Files.size(path) > SECRET_FILE_BYTES_MAX) {
                throw CliException.failure(path + " is too large to be a cluster secret");
            }
            return Files.readString(path).strip();
        } catch (final IOException e) {
            throw CliException.failure("cannot read " + path + ": " + Shell.reason(e));
        }
    }
}
