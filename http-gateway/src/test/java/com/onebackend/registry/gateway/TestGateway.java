package com.onebackend.registry.gateway;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.onebackend.registry.gateway.auth.Tokens;
import com.onebackend.registry.gateway.http.GatewayLimits;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;

/** A real gateway at a free port in front of a fake registry, and the means to talk to it. */
public final class TestGateway implements AutoCloseable {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final int SOCKET_MILLIS = 10_000;

    public final FakeRegistry registry = new FakeRegistry();
    public final GatewayServer server;
    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    public TestGateway() {
        this(GatewayLimits.DEFAULT);
    }

    public TestGateway(final GatewayLimits limits) {
        try {
            server = GatewayServer.start(
                    new GatewayConfig("127.0.0.1", 0, 2, Duration.ofHours(1), Duration.ofSeconds(2), limits),
                    registry,
                    new PrometheusMeterRegistry(PrometheusConfig.DEFAULT));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A token of this account, made without a login. */
    public String token(final String slug) {
        return new Tokens(registry, Duration.ofHours(1), Clock.systemUTC())
                .issue(registry.account(slug), "app_unnamed", "")
                .token();
    }

    public String admin() {
        return token("1backend");
    }

    public HttpResponse<String> send(final String method, final String path, final String token, final String body) {
        final HttpRequest.Builder request = HttpRequest.newBuilder(
                        URI.create("http://127.0.0.1:" + server.port() + path))
                .timeout(Duration.ofSeconds(20))
                .method(
                        method,
                        body == null ? HttpRequest.BodyPublishers.noBody() : HttpRequest.BodyPublishers.ofString(body));
        if (token != null) {
            request.header("Authorization", "Bearer " + token);
        }
        return send(request.build());
    }

    public HttpResponse<String> send(final HttpRequest request) {
        try {
            return client.send(request, HttpResponse.BodyHandlers.ofString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    public URI uri(final String path) {
        return URI.create("http://127.0.0.1:" + server.port() + path);
    }

    public static JsonNode json(final HttpResponse<String> response) {
        return json(response.body());
    }

    public static JsonNode json(final String text) {
        try {
            return MAPPER.readTree(text);
        } catch (IOException e) {
            throw new UncheckedIOException(text, e);
        }
    }

    public Socket connect() throws IOException {
        final Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port());
        socket.setSoTimeout(SOCKET_MILLIS);
        return socket;
    }

    /** Sends these bytes and reads whatever comes until the server closes. */
    public String raw(final String bytes) throws IOException {
        return raw(bytes.getBytes(StandardCharsets.ISO_8859_1));
    }

    public String raw(final byte[] bytes) throws IOException {
        try (Socket socket = connect()) {
            try {
                socket.getOutputStream().write(bytes);
                socket.shutdownOutput();
            } catch (SocketException closedAlready) {
                // The server may give the connection up before everything is sent; its answer is still there to read.
                assert closedAlready.getMessage() != null;
            }
            return readAll(socket);
        }
    }

    public static String readAll(final Socket socket) throws IOException {
        final ByteArrayOutputStream all = new ByteArrayOutputStream();
        final InputStream in = socket.getInputStream();
        final byte[] buffer = new byte[8192];
        for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
            all.write(buffer, 0, n);
        }
        return all.toString(StandardCharsets.ISO_8859_1);
    }

    /** Reads one answer that has a Content-Length, head and body. */
    public static String readAnswer(final Socket socket) throws IOException {
        final StringBuilder head = new StringBuilder();
        final InputStream in = socket.getInputStream();
        while (head.indexOf("\r\n\r\n") < 0) {
            final int c = in.read();
            if (c < 0) {
                return head.toString();
            }
            head.append((char) c);
        }
        final int at = head.indexOf("Content-Length: ");
        if (at < 0) {
            return head.toString();
        }
        final int length = Integer.parseInt(head.substring(at + 16, head.indexOf("\r\n", at)));
        return head + new String(in.readNBytes(length), StandardCharsets.ISO_8859_1);
    }

    @Override
    public void close() {
        server.close();
    }
}
