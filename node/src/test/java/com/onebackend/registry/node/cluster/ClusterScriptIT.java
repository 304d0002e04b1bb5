package com.onebackend.registry.node.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code scripts/cluster} and {@code scripts/oo} as a person types them, from any folder. */
class ClusterScriptIT {
    private static final Path SCRIPTS =
            Path.of("..", "scripts").toAbsolutePath().normalize();
    private static final int COMMAND_SECONDS_MAX = 150;

    @TempDir
    Path folder;

    private final int basePort = freePorts();
    private int run;

    @AfterEach
    void reset() throws Exception {
        script("cluster", "reset");
    }

    @Test
    void aPersonsFirstSessionWorksLiterally() throws Exception {
        assertThat(script("cluster", "up", "--nodes", "2").status()).isZero();
        final List<String> urls = script("cluster", "urls").lines();
        assertThat(urls).hasSize(2).allMatch(url -> url.startsWith("http://127.0.0.1:"));
        final String token = script("cluster", "token").lines().get(0);
        assertThat(token.split("\\.", -1)).as("a JWT").hasSize(3);
        assertThat(script("cluster", "status").out()).contains("node-1", "node-2", "running", "true");

        final Map<String, String> first = Map.of("OB_SERVER_URL", urls.get(0), "OB_TOKEN", token);
        final Map<String, String> second = Map.of("OB_SERVER_URL", urls.get(1), "OB_TOKEN", token);
        final Result put = script(
                first, "oo", "put", "/registry-svc/instance", "--id=inst_1", "--slug=a", "--url=http://198.18.0.1:80");
        assertThat(put.status()).as(put.err()).isZero();
        assertThat(script(first, "oo", "instances", "ls").out()).contains("INSTANCE ID", "inst_1");
        final Path definition = Files.writeString(folder.resolve("d.yaml"), "id: d\nimage:\n  name: nginx\n");
        assertThat(script(second, "oo", "definitions", "save", definition.toString())
                        .status())
                .isZero();
        assertThat(script(second, "oo", "def", "ls").out()).contains("nginx");
        assertThat(script(second, "oo", "nodes", "ls").out()).contains("NODE ID", "node-1", "node-2");
        assertThat(script(second, "oo", "i", "rm", "no-such-instance").status()).isEqualTo(1);

        assertThat(script("cluster", "pause", "2").status()).isZero();
        assertThat(script("cluster", "status").out()).containsPattern("node-2 .* paused ");
        final Result startOfAPausedOne = script("cluster", "start", "2");
        assertThat(startOfAPausedOne.status()).isNotZero();
        assertThat(startOfAPausedOne.err()).contains("paused", "scripts/cluster resume 2");
        assertThat(script("cluster", "resume", "2").status()).isZero();
        assertThat(script("cluster", "status").out()).doesNotContain("paused");
        assertThat(script("cluster", "kill", "2").status()).isZero();
        assertThat(script("cluster", "status").out()).contains("stopped");
        final Result pauseOfNobody = script("cluster", "pause", "2");
        assertThat(pauseOfNobody.status()).isNotZero();
        assertThat(pauseOfNobody.err()).contains("scripts/cluster start 2");
        assertThat(script("cluster", "start", "2").status()).isZero();
        // A frozen node can be stopped all the same.
        assertThat(script("cluster", "pause", "2").status()).isZero();
        assertThat(script("cluster", "stop", "2").status()).isZero();
        assertThat(script("cluster", "down").status()).isZero();
        assertThat(script("cluster", "up").status()).isZero();
        assertThat(script(first, "oo", "i", "ls").out()).contains("inst_1");
        assertThat(script("cluster", "logs", "1").out()).contains("ready after");
    }

    @Test
    void aWrongCommandSaysWhatIsRight() throws Exception {
        assertThat(script("cluster").status()).isEqualTo(2);
        assertThat(script("cluster", "kill", "1").err()).contains("scripts/cluster up");
        assertThat(script("cluster", "up", "--nodes", "none").err()).contains("--nodes needs a number");
        assertThat(script("cluster", "fly").err()).contains("there is no command fly");
    }

    /** The first of two nodes' ports, ten apart, each with two successors. */
    private static int freePorts() {
        for (int port = 16_337; port < 24_000; port += 100) {
            if (isFree(port) && isFree(port + 1) && isFree(port + 2) && isFree(port + 10)) {
                return port;
            }
        }
        throw new IllegalStateException("no free ports");
    }

    private static boolean isFree(final int port) {
        try (ServerSocket probe = new ServerSocket(port)) {
            return probe.isBound();
        } catch (final IOException inUse) {
            return false;
        }
    }

    private record Result(int status, String out, String err) {
        List<String> lines() {
            return out.lines().toList();
        }
    }

    private Result script(final String name, final String... arguments) throws Exception {
        return script(Map.of(), name, arguments);
    }

    private Result script(final Map<String, String> environment, final String name, final String... arguments)
            throws IOException, InterruptedException {
        final List<String> command = new ArrayList<>();
        command.add(SCRIPTS.resolve(name).toString());
        command.addAll(List.of(arguments));
        final Path out = folder.resolve("out-" + ++run);
        final Path err = folder.resolve("err-" + run);
        final ProcessBuilder builder = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectOutput(out.toFile())
                .redirectError(err.toFile());
        builder.environment().keySet().removeIf(variable -> variable.startsWith("OB_"));
        builder.environment().put("CLUSTER_HOME", folder.resolve("cluster").toString());
        builder.environment().put("CLUSTER_BASE_PORT", Integer.toString(basePort));
        builder.environment().put("HOME", folder.toString());
        builder.environment().putAll(environment);
        final Process process = builder.start();
        if (!process.waitFor(COMMAND_SECONDS_MAX, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new IllegalStateException(command + " takes too long: " + Files.readString(err));
        }
        return new Result(
                process.exitValue(),
                Files.readString(out, StandardCharsets.UTF_8),
                Files.readString(err, StandardCharsets.UTF_8));
    }
}
