package com.onebackend.registry.node.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import com.onebackend.registry.node.history.Operation;
import com.onebackend.registry.node.history.Operation.Outcome;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * Definitions used as registers: the value is the image's name. Tells apart what happened, what did not, and what
 * nobody knows; does nothing twice.
 *
 * <p><i>Thread:</i> any.
 */
final class Registers {
    static final String DEFINITION = "/registry-svc/definition";

    /** Longer than a node may take to say that it could not. */
    private static final Duration REQUEST_TIMEOUT = Duration.ofSeconds(6);

    private final HttpClient http =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(1)).build();
    private final ProcessCluster cluster;
    private final boolean isStrong;
    /** Answers that no node may give. */
    private final Queue<String> wrong = new ConcurrentLinkedQueue<>();

    private volatile boolean hasRevisions;

    /** @param isStrong whether reads ask for consistency; without it a node answers with what it has */
    Registers(final ProcessCluster cluster, final boolean isStrong) {
        this.cluster = cluster;
        this.isStrong = isStrong;
    }

    /** What an operation came to; {@code revision} 0 = nothing there, or not told. */
    record Told(Outcome outcome, String observed, long revision) {
        static Told of(final Outcome outcome) {
            return new Told(outcome, Operation.ABSENT, 0);
        }
    }

    List<String> wrongAnswers() {
        return List.copyOf(wrong);
    }

    /** Finds out, once, whether this server compares revisions. */
    void probe(final int node) throws InterruptedException {
        final String key = "probe-of-revisions";
        if (write(node, key, "first").outcome() != Outcome.OK) {
            throw new IllegalStateException("node " + node + " takes no definitions: " + wrong);
        }
        hasRevisions = read(node, key).revision() > 0;
        delete(node, key);
    }

    boolean hasRevisions() {
        return hasRevisions;
    }

    Told read(final int node, final String key) throws InterruptedException {
        final String consistency = isStrong ? "?consistency=strong" : "?consistency=local";
        final HttpResponse<String> answer;
        try {
            answer = send(node, "GET", DEFINITION + "s" + consistency, null);
        } catch (final IOException e) {
            return Told.of(Outcome.REFUSED);
        }
        if (answer.statusCode() != 200) {
            expect(answer, 503, 429);
            return Told.of(Outcome.REFUSED);
        }
        for (final JsonNode definition : json(answer).path("definitions")) {
            if (definition.path("id").asText().equals(key)) {
                return new Told(
                        Outcome.OK,
                        definition.at("/image/name").asText(),
                        definition.path("revision").asLong());
            }
        }
        return Told.of(Outcome.OK);
    }

    Told write(final int node, final String key, final String value) throws InterruptedException {
        return change(node, "PUT", DEFINITION, body(key, value, ""), 201);
    }

    /** Writes if the register still holds what had this revision; 0 = if it holds nothing. */
    Told compareAndSet(final int node, final String key, final long revision, final String value)
            throws InterruptedException {
        return change(node, "PUT", DEFINITION, body(key, value, ",\"revision\":" + revision), 201, 409);
    }

    Told delete(final int node, final String key) throws InterruptedException {
        return change(node, "DELETE", DEFINITION + "/" + key, null, 204, 404);
    }

    private static String body(final String key, final String value, final String more) {
        return "{\"definition\":{\"id\":\"" + key + "\",\"image\":{\"name\":\"" + value + "\"}" + more + "}}";
    }

    private Told change(
            final int node, final String method, final String path, final String body, final int... expected)
            throws InterruptedException {
        final HttpResponse<String> answer;
        try {
            answer = send(node, method, path, body);
        } catch (final ConnectException | HttpConnectTimeoutException e) {
            return Told.of(Outcome.REFUSED);
        } catch (final IOException e) {
            return Told.of(Outcome.UNKNOWN);
        }
        final int status = answer.statusCode();
        if (status == expected[0]) {
            return Told.of(Outcome.OK);
        }
        if (expected.length > 1 && status == expected[1]) {
            return Told.of(Outcome.CONFLICT);
        }
        expect(answer, 503, 429);
        if (status == 429) {
            return Told.of(Outcome.REFUSED);
        }
        final String happened = json(answer).path("happened").asText();
        if (!happened.equals("no") && !happened.equals("unknown")) {
            wrong.add(method + " " + path + " at node " + node + " does not say whether it happened: " + answer.body());
        }
        return Told.of(happened.equals("no") ? Outcome.REFUSED : Outcome.UNKNOWN);
    }

    private void expect(final HttpResponse<String> answer, final int... statuses) {
        for (final int status : statuses) {
            if (answer.statusCode() == status) {
                return;
            }
        }
        wrong.add(answer.request().method() + " " + answer.uri() + ": " + answer.statusCode() + " " + answer.body());
    }

    private HttpResponse<String> send(final int node, final String method, final String path, final String body)
            throws IOException, InterruptedException {
        final HttpRequest request = HttpRequest.newBuilder(URI.create(cluster.url(node) + path))
                .timeout(REQUEST_TIMEOUT)
                .header("Authorization", "Bearer " + cluster.token())
                .method(
                        method,
                        body == null ? HttpRequest.BodyPublishers.noBody() : HttpRequest.BodyPublishers.ofString(body))
                .build();
        return http.send(request, HttpResponse.BodyHandlers.ofString());
    }

    private static JsonNode json(final HttpResponse<String> answer) {
        return new ProcessCluster.Answer(answer.statusCode(), answer.body()).json();
    }
}
