package com.onebackend.registry.node.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command in a process of its own. */
class OoProcessTest {
    @TempDir
    Path folder;

    @Test
    void processEndsWithTheExitCodeAndWritesUtf8InAnyLocale() throws Exception {
        try (FakeServer server = new FakeServer().on("/x", 200, "{\"a\":\"é\"}").on("/y", 409, "{\"error\":\"né\"}")) {
            assertThat(start(server, "get", "/x").waitFor(30, TimeUnit.SECONDS)).isTrue();
            assertThat(text("out")).isEqualTo("{\n  \"a\": \"é\"\n}\n");

            final Process refused = start(server, "get", "/y");
            assertThat(refused.waitFor(30, TimeUnit.SECONDS)).isTrue();
            assertThat(refused.exitValue()).isEqualTo(1);
            assertThat(text("out")).isEmpty();
            assertThat(text("err")).isEqualTo("error: né (HTTP 409)\n");

            final Process misunderstood = start(server, "nope");
            assertThat(misunderstood.waitFor(30, TimeUnit.SECONDS)).isTrue();
            assertThat(misunderstood.exitValue()).isEqualTo(2);
        }
    }

    @Test
    void requestLoadsNothingItDoesNotNeed() throws Exception {
        try (FakeServer server = new FakeServer()) {
            final Path loaded = folder.resolve("loaded");
            final List<String> options = List.of("-Xlog:class+load:file=" + loaded);

            assertThat(start(server, options, "put", "/x", "--tags=[\"a\"]").waitFor(30, TimeUnit.SECONDS))
                    .isTrue();

            assertThat(server.requests()).hasSize(1);
            assertThat(Files.readString(loaded))
                    .contains("com.onebackend.registry.node.cli.RequestCommands ")
                    .doesNotContain(" picocli.")
                    .doesNotContain(" com.fasterxml.jackson.databind.")
                    .doesNotContain(" org.snakeyaml.")
                    .doesNotContain(" org.slf4j.")
                    .doesNotContain(" ch.qos.logback.")
                    .doesNotContain(" java.net.http.");
        }
    }

    @Test
    void lostAnswerOfAPostIsToldAsUncertainAndNotRepeated() throws Exception {
        try (ServerSocket socket = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
            socket.setSoTimeout(30_000);
            final Process running = start("http://127.0.0.1:" + socket.getLocalPort(), List.of(), "post", "/x");
            try (Socket accepted = socket.accept()) {
                // Up to the end of its body: before that a repetition would be no second request.
                final StringBuilder request = new StringBuilder();
                while (request.indexOf("\r\n\r\n{}") < 0) {
                    request.append((char) accepted.getInputStream().read());
                }
            }
            assertThat(running.waitFor(30, TimeUnit.SECONDS)).isTrue();
            assertThat(running.exitValue()).isEqualTo(1);
            assertThat(text("err")).contains("broke").contains("it may have happened all the same");
            socket.setSoTimeout(1);
            assertThatThrownBy(socket::accept).isInstanceOf(SocketTimeoutException.class);
        }
    }

    @Test
    void changesOfTheConfigurationAtTheSameTimeAreNotLost() throws Exception {
        try (FakeServer server = new FakeServer()) {
            final List<Process> running = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                running.add(start(server, "env", "add", "e" + i, "http://e" + i));
            }
            for (final Process each : running) {
                assertThat(each.waitFor(30, TimeUnit.SECONDS)).isTrue();
                assertThat(each.exitValue()).isZero();
            }
        }
        final Path config = folder.resolve(".1backend/cliConfig.yaml");
        assertThat(Files.readString(config))
                .contains("url: http://e0", "url: http://e1", "url: http://e2", "url: http://e3", "  local:");
        try (Stream<Path> left = Files.list(config.getParent())) {
            assertThat(left.map(path -> path.getFileName().toString()))
                    .containsExactlyInAnyOrder("cliConfig.yaml", ".cliConfig.yaml.lock");
        }
    }

    private Process start(final FakeServer server, final String... words) throws IOException {
        return start(server, List.of(), words);
    }

    private Process start(final FakeServer server, final List<String> options, final String... words)
            throws IOException {
        return start(server.url(), options, words);
    }

    private Process start(final String url, final List<String> options, final String... words) throws IOException {
        final List<String> line = new ArrayList<>();
        line.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        line.addAll(options);
        line.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx128m"));
        line.addAll(List.of("-cp", System.getProperty("java.class.path"), Oo.class.getName()));
        line.addAll(List.of(words));
        final ProcessBuilder builder = new ProcessBuilder(line)
                .redirectOutput(folder.resolve("out").toFile())
                .redirectError(folder.resolve("err").toFile());
        builder.environment()
                .putAll(Map.of("OB_SERVER_URL", url, "OB_TOKEN", "t", "LC_ALL", "C", "HOME", folder.toString()));
        return builder.start();
    }

    private String text(final String file) throws IOException {
        return Files.readString(folder.resolve(file), StandardCharsets.UTF_8);
    }
}
