package com.onebackend.registry.node.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The command line of the distribution that was just built, as the administrator of a cluster types it. */
final class OoCommand {
    private static final Path OO = Path.of(System.getProperty("registry.distribution", "target/registry"), "bin/oo");

    private final ProcessCluster cluster;
    private final Path folder;

    /** What it answered; {@code text} is both of its outputs. */
    record Outcome(int status, String text) {}

    /** @param folder for what it writes */
    OoCommand(final ProcessCluster cluster, final Path folder) {
        this.cluster = cluster;
        this.folder = folder;
    }

    /** Runs one command at a node. */
    Outcome run(final int node, final String... words) throws IOException, InterruptedException {
        final List<String> command = new ArrayList<>(List.of(OO.toAbsolutePath().toString()));
        command.addAll(List.of(words));
        final Path out = Files.createTempFile(folder, "oo", ".out");
        final ProcessBuilder builder =
                new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(out.toFile());
        builder.environment().put("OB_SERVER_URL", cluster.url(node));
        builder.environment().put("OB_TOKEN", cluster.token());
        builder.environment().put("HOME", folder.toString());
        final Process process = builder.start();
        assertThat(process.waitFor(180, TimeUnit.SECONDS)).isTrue();
        return new Outcome(process.exitValue(), Files.readString(out, StandardCharsets.UTF_8));
    }
}
