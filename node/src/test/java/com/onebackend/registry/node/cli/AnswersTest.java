package com.onebackend.registry.node.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.onebackend.registry.node.cli.CommandLineFixture.Outcome;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a command prints and how it ends, by what the server answers. */
class AnswersTest {
    @TempDir
    Path home;

    private FakeServer server;
    private CommandLineFixture oo;

    @BeforeEach
    void start() throws IOException {
        server = new FakeServer();
        oo = new CommandLineFixture(home).at(server);
    }

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void answerIsIndentedJsonWithEveryDigit() {
        server.on(
                "/x",
                200,
                "{\"a\":[{\"b\":1.50},{}],\"c\":[],\"d\":12345678901234567890,\"e\":\"é\\u0007\",\"f\":null}");

        final Outcome outcome = oo.run("get", "/x");

        assertThat(outcome.out()).isEqualTo("""
                {
                  "a": [
                    {
                      "b": 1.50
                    },
                    {}
                  ],
                  "c": [],
                  "d": 12345678901234567890,
                  "e": "é\\u0007",
                  "f": null
                }
                """);
        assertThat(outcome.err()).isEmpty();
        assertThat(outcome.exitCode()).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"get", "put", "post", "delete"})
    void emptyAnswerPrintsNothing(final String method) {
        server.on("/x", 204, "");

        assertThat(oo.run(method, "/x")).isEqualTo(new Outcome(0, "", ""));
    }

    @Test
    void answerOfAnotherTypeIsPrintedAsItIs() {
        server.on("/metrics", 200, "text/plain", "up 1\n# é");

        assertThat(oo.run("get", "/metrics").out()).isEqualTo("up 1\n# é");
    }

    @Test
    void brokenJsonFails() {
        server.on("/x", 200, "{\"a\":");

        final Outcome outcome = oo.run("get", "/x");

        assertThat(outcome.exitCode()).isEqualTo(1);
        assertThat(outcome.err()).startsWith("error: " + server.url() + " answered with broken JSON: ");
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "409 | {\"error\":\"the node is alive; use --force\"} | the node is alive; use --force",
                "500 | {\"error\":\"a\\u001b[31mb\"}                 | a?[31mb",
                "503 | {\"other\":1}                                 | {\"other\":1}",
                "502 | <html>Bad Gateway                             | <html>Bad Gateway",
                "404 | {broken                                       | {broken",
            })
    void refusalShowsTheServersMessage(final int status, final String body, final String message) {
        server.on("/x", status, body);

        final Outcome outcome = oo.run("put", "/x");

        assertThat(outcome).isEqualTo(new Outcome(1, "", "error: " + message + " (HTTP " + status + ")\n"));
    }

    @Test
    void refusalWithoutABodyShowsTheReason() {
        server.on("/x", 404, "");

        assertThat(oo.run("get", "/x").err()).isEqualTo("error: Not Found (HTTP 404)\n");
    }

    @Test
    void unauthorisedSaysHowToLogIn() {
        server.on("/x", 401, "{\"error\":\"the token has expired\"}");

        final Outcome outcome = oo.run("delete", "/x", "--a=1");

        assertThat(outcome.exitCode()).isEqualTo(1);
        assertThat(outcome.err())
                .startsWith("error: the token has expired (HTTP 401)\n")
                .contains("oo login");
    }

    @Test
    void redirectIsNotFollowed() {
        server.redirect("/x", server.url() + "/elsewhere");

        final Outcome outcome = oo.run("get", "/x");

        assertThat(outcome.exitCode()).isEqualTo(1);
        assertThat(outcome.err()).contains("/elsewhere").endsWith("(HTTP 302)\n");
        assertThat(server.requests()).hasSize(1);
    }

    @Test
    void deleteSendsItsFlagsAsBody() {
        assertThat(oo.run("delete", "/registry-svc/node", "http://x:11337", "--force")
                        .exitCode())
                .isZero();
        assertThat(server.only().line()).isEqualTo("DELETE /registry-svc/node/http%3A%2F%2Fx%3A11337 {\"force\":true}");
    }

    @Test
    void nothingListeningIsExplained() throws IOException {
        final int closed;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            closed = socket.getLocalPort();
        }
        oo.env.put("OB_SERVER_URL", "http://127.0.0.1:" + closed);

        final Outcome outcome = oo.run("get", "/x");

        assertThat(outcome.exitCode()).isEqualTo(1);
        assertThat(outcome.out()).isEmpty();
        assertThat(outcome.err())
                .startsWith("error: cannot reach http://127.0.0.1:" + closed + ": refused\n")
                .contains("OB_SERVER_URL");
    }

    @Test
    void unknownHostIsExplained() {
        oo.env.put("OB_SERVER_URL", "http://no-such-host.invalid:1");

        assertThat(oo.run("get", "/x").err())
                .startsWith("error: cannot reach http://no-such-host.invalid:1: unknown host\n");
    }

    @Test
    void answerWithoutEndIsCutOff() throws Exception {
        try (ServerSocket socket = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
            oo.env.put("OB_SERVER_URL", "http://127.0.0.1:" + socket.getLocalPort());
            final CompletableFuture<Outcome> running = CompletableFuture.supplyAsync(() -> oo.run("i", "ls"));
            try (Socket accepted = socket.accept();
                    OutputStream out = accepted.getOutputStream()) {
                out.write("HTTP/1.1 200 OK\r\n\r\n{\"instances\":[".getBytes(StandardCharsets.US_ASCII));
                final byte[] blanks = " ".repeat(1 << 20).getBytes(StandardCharsets.US_ASCII);
                for (int mebibytes = 0; mebibytes < 80 && !running.isDone(); mebibytes++) {
                    out.write(blanks);
                }
            } catch (IOException expected) {
                assertThat(expected).hasMessageMatching("(?s).*(reset|Broken pipe).*");
            }

            assertThat(running.get(20, TimeUnit.SECONDS).err()).contains("larger than 64 MiB");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "nodes",
                "nope",
                "nodes rm",
                "nodes ls extra",
                "nodes rm a --forse",
                "get",
                "get --a=1",
                "put http://x/y",
                "get /x stray --a=1 stray",
                "-e get",
                "env add a",
                "env select",
                "definitions save",
                "help nope",
                "get /x \uFFFD"
            })
    void misunderstoodCommandExitsWithTwoAndSendsNothing(final String line) {
        final Outcome outcome = oo.run(line.isEmpty() ? new String[0] : line.split(" ", -1));

        assertThat(outcome.exitCode()).isEqualTo(2);
        assertThat(outcome.out()).isEmpty();
        assertThat(outcome.err()).isNotEmpty();
        assertThat(server.requests()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "help",
                "--help",
                "-h",
                "-e x put /x --help",
                "help nodes",
                "help nodes rm",
                "nodes help",
                "nodes help rm",
                "nodes --help",
                "nodes rm --help",
                "def save -h",
                "get --help",
                "put -h",
                "put /x --a=1 --help",
                "login --help",
                "cluster status -h",
                "env add --help",
                "-e local nodes ls --help"
            })
    void helpGoesToStandardOutput(final String line) {
        final Outcome outcome = oo.run(line.split(" ", -1));

        assertThat(outcome.exitCode()).isZero();
        assertThat(outcome.out()).startsWith("Usage: oo").doesNotContain("\u001b");
        assertThat(outcome.err()).isEmpty();
        assertThat(server.requests()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--version",
                "-V",
                "nodes --version",
                "nodes ls -V",
                "get --version",
                "get /x --version",
                "-e x get /x -V"
            })
    void versionIsPrinted(final String line) {
        final Outcome outcome = oo.run(line.split(" ", -1));

        assertThat(outcome.exitCode()).isZero();
        assertThat(outcome.out()).startsWith("oo ").hasLineCount(1);
        assertThat(server.requests()).isEmpty();
    }

    @Test
    void tokenIsNeverShown() {
        oo.env.put("OB_TOKEN", "top secret");

        final Outcome outcome = oo.run("get", "/x");

        assertThat(outcome.exitCode()).isEqualTo(1);
        assertThat(outcome.err()).contains("the token holds blanks").doesNotContain("secret");
        assertThat(new Target("http://x", "secret", "").toString()).doesNotContain("secret");
    }
}
