package com.onebackend.registry.node.cli;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.CopyOnWriteArrayList;

/** A server that records what it is asked and answers as told; an unknown path is answered with an empty object. */
final class FakeServer implements AutoCloseable {
    /** One request; {@code body} is empty when there was none. */
    record Request(String method, String target, String body, Map<String, List<String>> headers) {
        /** Method, target and body as one line. */
        String line() {
            return method + " " + target + (body.isEmpty() ? "" : " " + body);
        }

        String authorization() {
            final List<String> values = headers.get("Authorization");
            return values == null ? "" : values.get(0);
        }
    }

    private record Answer(int status, String contentType, String body, String location) {}

    private final HttpServer http;
    private final List<Request> requests = new CopyOnWriteArrayList<>();
    private final Map<String, Answer> answers = new ConcurrentHashMap<>();
    private final Map<String, Deque<Answer>> firstAnswers = new ConcurrentHashMap<>();

    FakeServer() throws IOException {
        http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        http.createContext("/", this::answer);
        http.start();
    }

    String url() {
        return "http://127.0.0.1:" + http.getAddress().getPort();
    }

    int port() {
        return http.getAddress().getPort();
    }

    List<Request> requests() {
        return requests;
    }

    Request only() {
        if (requests.size() != 1) {
            throw new AssertionError("not one request: " + requests);
        }
        return requests.get(0);
    }

    /** From now on answers this path with JSON. */
    FakeServer on(final String path, final int status, final String json) {
        return on(path, status, "application/json", json);
    }

    /** From now on answers this path so; no content type when it is empty. */
    FakeServer on(final String path, final int status, final String contentType, final String body) {
        answers.put(path, new Answer(status, contentType, body, ""));
        return this;
    }

    /** Answers this path so once, before anything else that it is told to answer; several come in their order. */
    FakeServer once(final String path, final int status, final String json) {
        firstAnswers
                .computeIfAbsent(path, any -> new ConcurrentLinkedDeque<>())
                .add(new Answer(status, "application/json", json, ""));
        return this;
    }

    /** From now on redirects this path. */
    FakeServer redirect(final String path, final String location) {
        answers.put(path, new Answer(302, "", "", location));
        return this;
    }

    private void answer(final HttpExchange exchange) throws IOException {
        try (exchange) {
            final String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
            final String target = exchange.getRequestURI().toString();
            requests.add(
                    new Request(exchange.getRequestMethod(), target, body, Map.copyOf(exchange.getRequestHeaders())));
            final String path = exchange.getRequestURI().getRawPath();
            final Deque<Answer> first = firstAnswers.get(path);
            final Answer once = first == null ? null : first.poll();
            final Answer answer =
                    once != null ? once : answers.getOrDefault(path, new Answer(200, "application/json", "{}", ""));
            if (!answer.contentType.isEmpty()) {
                exchange.getResponseHeaders().set("Content-Type", answer.contentType);
            }
            if (!answer.location.isEmpty()) {
                exchange.getResponseHeaders().set("Location", answer.location);
            }
            // The JVM of the tests may have read its settings before the command line could switch off keep-alive.
            exchange.getResponseHeaders().set("Connection", "close");
            final byte[] bytes = answer.body.getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(answer.status, bytes.length == 0 ? -1 : bytes.length);
            if (bytes.length > 0) {
                try (OutputStream out = exchange.getResponseBody()) {
                    out.write(bytes);
                }
            }
        }
    }

    @Override
    public void close() {
        http.stop(0);
    }
}
