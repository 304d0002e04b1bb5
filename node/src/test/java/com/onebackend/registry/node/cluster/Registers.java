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
 * nobody knows; does nothing twice by itself.
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

    /** @param isStrong whether reads ask for consistency; without it a node answers with what it has */
    Registers(final ProcessCluster cluster, final boolean isStrong) {
        this.cluster = cluster;
        this.isStrong = isStrong;
    }

    /** The answer tells of no revision. */
    static final long NOT_TOLD = -1;

    /**
     * What an operation came to.
     *
     * @param observed what was there, or is there now; empty for nothing
     * @param revision of that, 0 for nothing; {@link #NOT_TOLD}
     */
    record Told(Outcome outcome, String observed, long revision) {
        static Told of(final Outcome outcome) {
            return new Told(outcome, Operation.ABSENT, NOT_TOLD);
        }
    }

    List<String> wrongAnswers() {
        return List.copyOf(wrong);
    }

    private String consistency() {
        return isStrong ? "?consistency=strong" : "?consistency=local";
    }

    /** Asks for the one definition. */
    Told read(final int node, final String key) throws InterruptedException {
        final HttpResponse<String> answer = get(node, DEFINITION + "/" + key, 200, 404);
        if (answer == null) {
            return Told.of(Outcome.REFUSED);
        }
        if (answer.statusCode() == 404) {
            return new Told(Outcome.OK, Operation.ABSENT, 0);
        }
        final JsonNode told = json(answer);
        final long revision = told.path("revision").asLong();
        if (revision < 1 || !tag(answer).equals("\"" + revision + "\"")) {
            wrong.add("GET " + key + " at node " + node + " tells of no revision, or of two: " + answer.body());
        }
        return new Told(Outcome.OK, told.at("/definition/image/name").asText(), revision);
    }

    /** Asks for all definitions, which is answered in another way; tells of no revision. */
    Told readList(final int node, final String key) throws InterruptedException {
        final HttpResponse<String> answer = get(node, DEFINITION + "s", 200);
        if (answer == null) {
            return Told.of(Outcome.REFUSED);
        }
        for (final JsonNode definition : json(answer).path("definitions")) {
            if (definition.path("id").asText().equals(key)) {
                return new Told(Outcome.OK, definition.at("/image/name").asText(), NOT_TOLD);
            }
        }
        return new Told(Outcome.OK, Operation.ABSENT, 0);
    }

    /** The answer, if it has one of these statuses; null when there is none. */
    private HttpResponse<String> get(final int node, final String path, final Integer... statuses)
            throws InterruptedException {
        final HttpResponse<String> answer;
        try {
            answer = send(node, "GET", path + consistency(), null, "");
        } catch (final IOException e) {
            return null;
        }
        if (List.of(statuses).contains(answer.statusCode())) {
            return answer;
        }
        expect(answer, 503, 429);
        return null;
    }

    private static String tag(final HttpResponse<String> answer) {
        return answer.headers().firstValue("ETag").orElse("");
    }

    Told write(final int node, final String key, final String value) throws InterruptedException {
        return write(node, key, value, "");
    }

    /** @param mark the Idempotency-Key: however often it is sent, it happens once; empty for none */
    Told write(final int node, final String key, final String value, final String mark) throws InterruptedException {
        return saved(value, change(node, "PUT", DEFINITION, body(key, value, ""), mark, 201));
    }

    /** Writes if the register still holds what had this revision; 0 = if it holds nothing. */
    Told compareAndSet(final int node, final String key, final long revision, final String value, final String mark)
            throws InterruptedException {
        final String body = body(key, value, ",\"revision\":" + revision);
        return saved(value, change(node, "PUT", DEFINITION, body, mark, 201, 409));
    }

    private Told saved(final String value, final Change change) {
        if (change.outcome != Outcome.OK) {
            return Told.of(change.outcome);
        }
        final String tag = tag(change.answer);
        if (!tag.matches("\"[1-9][0-9]*\"")) {
            wrong.add("a save was answered without its revision: ETag " + tag);
            return Told.of(Outcome.OK);
        }
        return new Told(Outcome.OK, value, Long.parseLong(tag.substring(1, tag.length() - 1)));
    }

    Told delete(final int node, final String key, final String mark) throws InterruptedException {
        return deleted(change(node, "DELETE", DEFINITION + "/" + key, null, mark, 204, 404));
    }

    /** Deletes if the register still holds what had this revision. */
    Told compareAndDelete(final int node, final String key, final long revision, final String mark)
            throws InterruptedException {
        final String path = DEFINITION + "/" + key + "?revision=" + revision;
        return deleted(change(node, "DELETE", path, null, mark, 204, 409, 404));
    }

    private static Told deleted(final Change change) {
        return new Told(change.outcome, Operation.ABSENT, change.outcome == Outcome.OK ? 0 : NOT_TOLD);
    }

    private record Change(Outcome outcome, HttpResponse<String> answer) {}

    private static String body(final String key, final String value, final String more) {
        return "{\"definition\":{\"id\":\"" + key + "\",\"image\":{\"name\":\"" + value + "\"}" + more + "}}";
    }

    /** @param expected the status of what happened, then those of what was compared in vain */
    private Change change(
            final int node,
            final String method,
            final String path,
            final String body,
            final String mark,
            final int... expected)
            throws InterruptedException {
        final HttpResponse<String> answer;
        try {
            answer = send(node, method, path, body, mark);
        } catch (final ConnectException | HttpConnectTimeoutException e) {
            return new Change(Outcome.REFUSED, null);
        } catch (final IOException e) {
            return new Change(Outcome.UNKNOWN, null);
        }
        final int status = answer.statusCode();
        for (int i = 0; i < expected.length; i++) {
            if (status == expected[i]) {
                return new Change(i == 0 ? Outcome.OK : Outcome.CONFLICT, answer);
            }
        }
        expect(answer, 503, 429);
        if (status == 429) {
            return new Change(Outcome.REFUSED, answer);
        }
        final String happened = json(answer).path("happened").asText();
        if (!happened.equals("no") && !happened.equals("unknown")) {
            wrong.add(method + " " + path + " at node " + node + " does not say whether it happened: " + answer.body());
        }
        return new Change(happened.equals("no") ? Outcome.REFUSED : Outcome.UNKNOWN, answer);
    }

    private void expect(final HttpResponse<String> answer, final int... statuses) {
        for (final int status : statuses) {
            if (answer.statusCode() == status) {
                return;
            }
        }
        wrong.add(answer.request().method() + " " + answer.uri() + ": " + answer.statusCode() + " " + answer.body());
    }

    private HttpResponse<String> send(
            final int node, final String method, final String path, final String body, final String mark)
            throws IOException, InterruptedException {
        final HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(cluster.url(node) + path))
                .timeout(REQUEST_TIMEOUT)
                .header("Authorization", "Bearer " + cluster.token())
                .method(
                        method,
                        body == null ? HttpRequest.BodyPublishers.noBody() : HttpRequest.BodyPublishers.ofString(body));
        if (!mark.isEmpty()) {
            request.header("Idempotency-Key", mark);
        }
        return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    private static JsonNode json(final HttpResponse<String> answer) {
        return new ProcessCluster.Answer(answer.statusCode(), answer.body()).json();
    }
}
