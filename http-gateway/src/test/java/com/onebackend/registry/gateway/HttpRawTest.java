package com.onebackend.registry.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.onebackend.registry.gateway.http.GatewayLimits;
import com.onebackend.registry.model.Instance;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What comes over a socket that no well-behaved client would send. */
class HttpRawTest {
    private static final String GET = "GET /health HTTP/1.1\r\nHost: n1\r\n";
    private static final GatewayLimits SHORT = new GatewayLimits(
            8, 4, Duration.ofMillis(600), Duration.ofMillis(300), Duration.ofMillis(300), Duration.ofMillis(200));

    private TestGateway gateway = new TestGateway();

    @AfterEach
    void close() {
        gateway.close();
    }

    private void restart(final GatewayLimits limits) {
        gateway.close();
        gateway = new TestGateway(limits);
    }

    private static String putHead(final String token, final String extra) {
        return "PUT /registry-svc/instance HTTP/1.1\r\nHost: n1\r\nAuthorization: Bearer " + token + "\r\n" + extra;
    }

    /** A request hidden behind each of these must never be answered. */
    static List<String> smuggling() {
        final String hidden = "GET /health HTTP/1.1\r\nHost: n1\r\n\r\n";
        final List<String> corpus = new ArrayList<>();
        for (final String head : List.of(
                "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n",
                "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n",
                "Content-Length: 4\r\nContent-Length: 5\r\n",
                "Content-Length: 4\r\nContent-Length: 4\r\n",
                "Content-Length: 4, 4\r\n",
                "Content-Length: +4\r\n",
                "Content-Length: -4\r\n",
                "Content-Length: 0x4\r\n",
                "Content-Length: 4 4\r\n",
                "Content-Length:\r\n",
                "Content-Length: 99999999999999999999\r\n",
                "Content-Length : 4\r\n",
                " Content-Length: 4\r\n",
                "X: a\r\n Content-Length: 4\r\n",
                "X: a\r\n\tb\r\n",
                "X: a\nContent-Length: 4\r\n",
                "X: a\n",
                "X: a\rb: c\r\n",
                "X: a\u0000b\r\n",
                "X\u0000: a\r\n",
                "X Y: a\r\n",
                ": a\r\n",
                "X\r\n",
                "Transfer-Encoding: chunked, identity\r\n",
                "Transfer-Encoding: identity\r\n",
                "Transfer-Encoding: gzip, chunked\r\n",
                "Transfer-Encoding: xchunked\r\n",
                "Transfer-Encoding:\u000bchunked\r\n",
                "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
                "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
                "Transfer-Encoding : chunked\r\n",
                "Host: n2\r\n")) {
            for (final String method : List.of("GET", "POST", "PUT", "DELETE")) {
                corpus.add(method + " /health HTTP/1.1\r\nHost: n1\r\n" + head + "\r\n0\r\n\r\n" + hidden);
            }
        }
        for (final String first : List.of(
                "GET  /health HTTP/1.1",
                "GET /health",
                "GET /health HTTP/1.1 x",
                "GET /health HTTP/1.2",
                "GET /health HTTP/2.0",
                "GET /health HTTP/0.9",
                "GET /health HTTP/1.10",
                "GET /health http/1.1",
                "GET\t/health\tHTTP/1.1",
                "G\u0001T /health HTTP/1.1",
                " GET /health HTTP/1.1",
                "GET /hea\u0000lth HTTP/1.1",
                "GET http://n1/health HTTP/1.1",
                "GET health HTTP/1.1",
                "CONNECT n1:80 HTTP/1.1")) {
            corpus.add(first + "\r\nHost: n1\r\nConnection: close\r\n\r\n");
        }
        for (final String host : List.of("", "a b", "a/b", "user@n1", "n1,n2", "n1\\x", "http://n1")) {
            corpus.add("GET /health HTTP/1.1\r\nHost: " + host + "\r\n\r\n" + hidden);
        }
        corpus.add("GET /health HTTP/1.1\r\n\r\n" + hidden);
        corpus.add("POST /health HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + hidden);
        for (final String chunk : List.of("0x0", "-1", "zz", "", "0 0", "fffffffffffffffff", ";")) {
            corpus.add("POST /user-svc/login HTTP/1.1\r\nHost: n1\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk
                    + "\r\n\r\n" + hidden);
        }
        return corpus;
    }

    @ParameterizedTest
    @MethodSource("smuggling")
    void ambiguousRequestIsRefusedAndNothingBehindItIsAnswered(final String bytes) throws IOException {
        final String all = gateway.raw(bytes);
        assertThat(all.split("HTTP/1\\.1 [0-9]", -1)).as(all).hasSize(2);
        assertThat(all).matches("(?s)HTTP/1\\.1 (400|405|413) .*Connection: close.*\\{\"error\":\".*");
    }

    @Test
    void bodyBytesAreNotTakenForAHeadWhenTheyComeLater() throws Exception {
        try (Socket socket = gateway.connect()) {
            final String body = " \n{\"slug\":\"s\",\n\"url\":\"http://a\"}";
            final String head = putHead(gateway.admin(), "Content-Length: " + body.length() + "\r\n");
            for (final String part : List.of(head, "\r\n" + body.substring(0, 3), body.substring(3))) {
                socket.getOutputStream().write(part.getBytes(StandardCharsets.US_ASCII));
                TimeUnit.MILLISECONDS.sleep(30);
            }
            assertThat(TestGateway.readAnswer(socket)).startsWith("HTTP/1.1 201 ");
        }
    }

    @Test
    void oversizeIsRefusedByWhatIsTooLarge() throws IOException {
        assertThat(gateway.raw("GET /" + "x".repeat(9_000) + " HTTP/1.1\r\nHost: n1\r\n\r\n"))
                .startsWith("HTTP/1.1 414 ");
        assertThat(gateway.raw(GET + "X: " + "x".repeat(17_000) + "\r\n\r\n")).startsWith("HTTP/1.1 431 ");
        assertThat(gateway.raw(GET + "X: y\r\n".repeat(5_000) + "\r\n")).startsWith("HTTP/1.1 431 ");
        assertThat(gateway.raw(putHead("t", "Content-Length: 1048577\r\n\r\n"))).startsWith("HTTP/1.1 413 ");
        final String chunk = "10000\r\n" + "x".repeat(65_536) + "\r\n";
        assertThat(gateway.raw(putHead(gateway.admin(), "Transfer-Encoding: chunked\r\n\r\n") + chunk.repeat(17)))
                .startsWith("HTTP/1.1 413 ");
        assertThat(gateway.raw("GET /registry-svc/instances?" + "slug=a&".repeat(65) + " HTTP/1.1\r\nHost: n1\r\n"
                        + "Connection: close\r\n\r\n"))
                .startsWith("HTTP/1.1 400 ");
    }

    @Test
    void slowRequestIsEndedWith408() throws IOException {
        restart(SHORT);
        for (final String start : List.of("GET /hea", GET, putHead("t", "Content-Length: 10\r\n\r\n{"))) {
            try (Socket socket = gateway.connect()) {
                socket.getOutputStream().write(start.getBytes(StandardCharsets.US_ASCII));
                assertThat(TestGateway.readAll(socket))
                        .startsWith("HTTP/1.1 408 ")
                        .contains("Connection: close");
            }
        }
    }

    @Test
    void drippedBytesDoNotExtendTheDeadline() throws IOException {
        restart(SHORT);
        final long start = System.nanoTime();
        try (Socket socket = gateway.connect()) {
            for (int i = 0; i < 100; i++) {
                socket.getOutputStream().write('G');
                TimeUnit.MILLISECONDS.sleep(20);
            }
        } catch (IOException closedByServer) {
            assertThat(closedByServer).isNotNull();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofMillis(1_900));
    }

    @Test
    void idleConnectionIsClosedWithoutAWord() throws IOException {
        restart(SHORT);
        try (Socket socket = gateway.connect()) {
            socket.getOutputStream().write((GET + "\r\n").getBytes(StandardCharsets.US_ASCII));
            assertThat(TestGateway.readAnswer(socket)).startsWith("HTTP/1.1 200 ");
            assertThat(socket.getInputStream().read()).isEqualTo(-1);
        }
    }

    @Test
    void silentHandlerIsAnsweredForIt() throws IOException {
        restart(SHORT);
        gateway.registry.silent = true;
        final var write =
                gateway.send("PUT", "/registry-svc/instance", gateway.admin(), "{\"slug\":\"s\",\"url\":\"http://a\"}");
        assertThat(write.statusCode()).isEqualTo(503);
        assertThat(write.body()).contains("may have happened").contains("\"happened\":\"unknown\"");
        assertThat(write.headers().firstValue("Retry-After")).isEmpty();
        final var read = gateway.send("GET", "/registry-svc/definitions?consistency=strong", gateway.admin(), null);
        assertThat(read.statusCode()).isEqualTo(503);
        assertThat(read.body()).contains("\"happened\":\"no\"");
        assertThat(read.headers().firstValue("Retry-After")).contains("1");
    }

    @Test
    void connectionsOfOneAddressAreLimited() throws IOException {
        restart(SHORT);
        final List<Socket> sockets = new ArrayList<>();
        try {
            for (int i = 0; i < 4; i++) {
                sockets.add(gateway.connect());
            }
            await().until(() -> gateway.server.openConnections() == 4);
            assertThat(gateway.raw(GET + "\r\n")).startsWith("HTTP/1.1 429 ").contains("Retry-After");
        } finally {
            for (final Socket socket : sockets) {
                socket.close();
            }
        }
        await().until(() -> gateway.server.openConnections() == 0);
        assertThat(gateway.raw(GET + "Connection: close\r\n\r\n")).startsWith("HTTP/1.1 200 ");
    }

    @Test
    void pipelinedRequestsAreAnsweredInOrderAlsoWhenRepliesAreSlow() throws IOException {
        final ExecutorService slow = Executors.newFixedThreadPool(2);
        gateway.registry.replies = work -> slow.execute(() -> {
            try {
                TimeUnit.MILLISECONDS.sleep(5);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            work.run();
        });
        final String token = gateway.admin();
        final StringBuilder requests = new StringBuilder();
        for (int i = 0; i < 20; i++) {
            final String body = "{\"id\":\"i" + i + "\",\"slug\":\"s\",\"url\":\"http://a" + i + "\"}";
            requests.append(putHead(token, "Content-Length: " + body.length() + "\r\n\r\n"))
                    .append(body)
                    .append("GET /registry-svc/instances?id=i" + i + " HTTP/1.1\r\nHost: n1\r\n")
                    .append("Authorization: bearer " + token + "\r\n\r\n");
        }
        try (Socket socket = gateway.connect()) {
            socket.getOutputStream().write(requests.toString().getBytes(StandardCharsets.US_ASCII));
            for (int i = 0; i < 20; i++) {
                assertThat(TestGateway.readAnswer(socket))
                        .startsWith("HTTP/1.1 201 ")
                        .contains("\"i" + i + "\"");
                assertThat(TestGateway.readAnswer(socket))
                        .startsWith("HTTP/1.1 200 ")
                        .contains("\"i" + i + "\"");
            }
        } finally {
            slow.shutdownNow();
        }
    }

    @Test
    void clientThatReadsSlowlyGetsALargeAnswerWhole() throws Exception {
        final String url = "http://host.example/" + "x".repeat(900);
        for (int i = 0; i < 5_000; i++) {
            gateway.registry.directory.put(FakeRegistry.instance("i" + i, "s" + i % 10, url));
        }
        gateway.registry.directory.publish();
        final String request = "GET /registry-svc/instances HTTP/1.1\r\nHost: n1\r\nAuthorization: Bearer "
                + gateway.admin() + "\r\n\r\n";
        try (Socket socket = gateway.connect()) {
            socket.getOutputStream().write((request + request).getBytes(StandardCharsets.US_ASCII));
            TimeUnit.MILLISECONDS.sleep(200);
            for (int i = 0; i < 2; i++) {
                final String answer = TestGateway.readAnswer(socket);
                assertThat(TestGateway.json(answer.substring(answer.indexOf("\r\n\r\n") + 4))
                                .path("instances"))
                        .hasSize(5_000);
            }
        }
    }

    @Test
    void clientThatReadsNothingIsClosed() throws Exception {
        restart(SHORT);
        for (int i = 0; i < 20_000; i++) {
            final Instance instance = FakeRegistry.instance("i" + i, "s", "http://h/" + "x".repeat(1_000));
            gateway.registry.directory.put(instance);
        }
        gateway.registry.directory.publish();
        try (Socket socket = gateway.connect()) {
            socket.getOutputStream()
                    .write(("GET /registry-svc/instances?slug=s HTTP/1.1\r\nHost: n1\r\nAuthorization: Bearer "
                                    + gateway.admin() + "\r\n\r\n")
                            .getBytes(StandardCharsets.US_ASCII));
            await().until(() -> gateway.server.openConnections() == 1);
            await().atMost(5, TimeUnit.SECONDS).until(() -> gateway.server.openConnections() == 0);
        }
    }

    @Test
    void continueIsSaidOnlyWhenTheBodyIsWanted() throws IOException {
        final String body = "{\"slug\":\"s\",\"url\":\"http://a\"}";
        final String expect = "Expect: 100-continue\r\nContent-Length: " + body.length() + "\r\n\r\n";
        try (Socket socket = gateway.connect()) {
            socket.getOutputStream().write(putHead(gateway.admin(), expect).getBytes(StandardCharsets.US_ASCII));
            assertThat(TestGateway.readAnswer(socket)).isEqualTo("HTTP/1.1 100 Continue\r\n\r\n");
            socket.getOutputStream().write(body.getBytes(StandardCharsets.US_ASCII));
            assertThat(TestGateway.readAnswer(socket)).startsWith("HTTP/1.1 201 ");
        }
        assertThat(gateway.raw(putHead("bad", expect)))
                .startsWith("HTTP/1.1 401 ")
                .doesNotContain("100 Continue");
        assertThat(gateway.raw(GET + "Expect: tea\r\n\r\n")).startsWith("HTTP/1.1 417 ");
    }

    @Test
    void refusedRequestWithABodyLeavesTheConnectionUsable() throws IOException {
        try (Socket socket = gateway.connect()) {
            socket.getOutputStream()
                    .write((putHead("bad", "Content-Length: 3\r\n\r\n{}x") + GET + "\r\n")
                            .getBytes(StandardCharsets.US_ASCII));
            assertThat(TestGateway.readAnswer(socket))
                    .startsWith("HTTP/1.1 401 ")
                    .contains("WWW-Authenticate: Bearer");
            assertThat(TestGateway.readAnswer(socket)).startsWith("HTTP/1.1 200 ");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "Connection: keep-alive\r\n"})
    void http10IsClosedUnlessAskedToStay(final String connection) throws IOException {
        final String all = gateway.raw(("GET /health HTTP/1.0\r\n" + connection + "\r\n").repeat(2));
        assertThat(all.split("HTTP/1.1 200", -1)).hasSize(connection.isEmpty() ? 2 : 3);
        assertThat(all).contains(connection.isEmpty() ? "Connection: close" : "Connection: keep-alive");
    }

    @Test
    void requestUnderWayIsFinishedBeforeClosing() throws Exception {
        final ConcurrentLinkedQueue<Runnable> held = new ConcurrentLinkedQueue<>();
        gateway.registry.replies = held::add;
        final String body = "{\"slug\":\"s\",\"url\":\"http://a\"}";
        try (Socket socket = gateway.connect();
                Socket idle = gateway.connect()) {
            socket.getOutputStream()
                    .write((putHead(gateway.admin(), "Content-Length: " + body.length() + "\r\n\r\n") + body)
                            .getBytes(StandardCharsets.US_ASCII));
            await().until(() -> !held.isEmpty());
            final Thread closing = new Thread(gateway.server::close);
            closing.start();
            final InputStream in = idle.getInputStream();
            assertThat(in.read()).isEqualTo(-1);
            held.poll().run();
            assertThat(TestGateway.readAll(socket)).startsWith("HTTP/1.1 201 ").contains("Connection: close");
            closing.join(5_000);
            assertThat(closing.isAlive()).isFalse();
        }
    }

    @Test
    void takenPortIsNamed() {
        final GatewayConfig config = GatewayConfig.at("127.0.0.1", gateway.server.port());
        org.assertj.core.api.Assertions.assertThatThrownBy(() -> GatewayServer.start(
                        config,
                        gateway.registry,
                        new io.micrometer.prometheusmetrics.PrometheusMeterRegistry(
                                io.micrometer.prometheusmetrics.PrometheusConfig.DEFAULT)))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("port " + gateway.server.port() + " is in use");
    }
}
