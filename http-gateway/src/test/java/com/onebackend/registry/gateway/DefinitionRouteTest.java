package com.onebackend.registry.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.onebackend.registry.api.CatalogPosition;
import com.onebackend.registry.api.RequestMark;
import com.onebackend.registry.model.Definition;
import com.onebackend.registry.model.DefinitionRevision;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Revisions, history and repeated requests at the door. */
class DefinitionRouteTest {
    private static final String ONE = "/registry-svc/definition/d";
    private static final String SAVE = "/registry-svc/definition";

    private TestGateway gateway;
    private String admin;

    @BeforeEach
    void open() {
        gateway = new TestGateway();
        admin = gateway.admin();
    }

    @AfterEach
    void close() {
        gateway.close();
    }

    private HttpResponse<String> send(
            final String method, final String path, final String body, final String... headers) {
        return as(admin, method, path, body, headers);
    }

    private HttpResponse<String> as(
            final String token, final String method, final String path, final String body, final String... headers) {
        final HttpRequest.Builder request = HttpRequest.newBuilder(gateway.uri(path))
                .header("Authorization", "Bearer " + token)
                .method(
                        method,
                        body.isEmpty()
                                ? HttpRequest.BodyPublishers.noBody()
                                : HttpRequest.BodyPublishers.ofString(body));
        if (headers.length > 0) {
            request.headers(headers);
        }
        return gateway.send(request.build());
    }

    private static String body(final String more) {
        return "{\"definition\":{\"id\":\"d\",\"image\":{\"name\":\"x\"}" + more + "}}";
    }

    private static String header(final HttpResponse<String> answer, final String name) {
        return answer.headers().firstValue(name).orElse("none");
    }

    @Test
    void savedDefinitionAnswersItsRevisionInTheETagAndNothingMoreInTheBody() {
        final var first = send("PUT", SAVE, body(""));
        assertThat(first.statusCode()).isEqualTo(201);
        assertThat(first.body()).isEqualTo("{}");
        assertThat(header(first, "ETag")).isEqualTo("\"1\"");
        assertThat(header(send("PUT", SAVE, body("")), "ETag")).isEqualTo("\"2\"");
    }

    @Test
    void definitionIsReadWithItsRevisionBesideItAndUnchangedInTheList() {
        send("PUT", SAVE, body(""));
        final var answer = send("GET", ONE, "");
        assertThat(header(answer, "ETag")).isEqualTo("\"1\"");
        assertThat(answer.body())
                .isEqualTo("{\"definition\":{\"id\":\"d\",\"image\":{\"name\":\"x\",\"internalPorts\":[]},\"ports\":[],"
                        + "\"envars\":[],\"apiSpecs\":[],\"clients\":[]},\"revision\":1,\"savedBy\":\"1backend\","
                        + "\"savedAt\":\"2023-11-14T22:13:20.123Z\"}");
        // Generated clients refuse fields they do not know inside a definition.
        assertThat(send("GET", "/registry-svc/definitions", "").body()).doesNotContain("revision", "savedBy");
    }

    @Test
    void listShowsEachChangeAtOnce() {
        for (int i = 0; i < 5; i++) {
            send("PUT", SAVE, body("").replace("\"d\"", "\"d" + i + "\""));
            assertThat(TestGateway.json(send("GET", "/registry-svc/definitions", ""))
                            .path("definitions"))
                    .hasSize(i + 1);
        }
        send("DELETE", "/registry-svc/definition/d0", "");
        assertThat(TestGateway.json(send("GET", "/registry-svc/definitions", ""))
                        .at("/definitions/0/id")
                        .asText())
                .isEqualTo("d1");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                ",\"revision\":0||201",
                ",\"revision\":1||409",
                ",\"revision\":\"0\"||201",
                ",\"revision\":null||201",
                "|If-None-Match: *|201",
                "|If-Match: \"1\"|409",
                ",\"revision\":0|If-None-Match: *|201",
                ",\"revision\":1|If-None-Match: *|400",
                ",\"revision\":1|If-Match: \"2\"|400",
                ",\"revision\":-1||400",
                ",\"revision\":1.5||400",
                ",\"revision\":true||400",
                ",\"revision\":99999999999999999999||400",
                "|If-Match: *|400",
                "|If-Match: 1|400",
                "|If-Match: W/\"1\"|400",
                "|If-Match: \"1\", \"2\"|400",
                "|If-Match: \"|400",
                "|If-None-Match: \"1\"|400",
            })
    void firstSaveObeysWhatItExpects(final String more, final String condition, final int status) {
        final String[] headers = condition == null ? new String[0] : condition.split(": ", 2);
        final var answer = send("PUT", SAVE, body(more == null ? "" : more), headers);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
        assertThat(gateway.registry.definitions).hasSize(status == 201 ? 1 : 0);
    }

    @Test
    void laterSaveAndDeletionAreRefusedAtAnotherRevision() {
        send("PUT", SAVE, body(""));
        assertThat(send("PUT", SAVE, body(""), "If-None-Match", "*").statusCode())
                .isEqualTo(409);
        assertThat(send("PUT", SAVE, body(",\"revision\":1")).statusCode()).isEqualTo(201);
        assertThat(send("DELETE", ONE + "?revision=1", "").statusCode()).isEqualTo(409);
        assertThat(send("DELETE", ONE, "", "If-Match", "\"1\"").statusCode()).isEqualTo(409);
        assertThat(send("DELETE", ONE + "?revision=x", "").statusCode()).isEqualTo(400);
        assertThat(send("DELETE", ONE + "?revision=", "").statusCode()).isEqualTo(400);
        assertThat(send("DELETE", ONE, "", "If-None-Match", "*").statusCode()).isEqualTo(400);
        assertThat(send("DELETE", ONE + "?revision=2", "").statusCode()).isEqualTo(204);
    }

    @Test
    void historyTellsEachRevisionAndOneOfThemInFull() {
        final Definition content = new Definition(
                "d",
                new Definition.Image("old", List.of()),
                List.of(),
                List.of(),
                null,
                List.of(),
                List.of(),
                4,
                "alice",
                1_700_000_000_123L);
        gateway.registry.history.put(
                "d",
                List.of(
                        new DefinitionRevision(5, 1_700_000_000_999L, "bob", null),
                        new DefinitionRevision(4, 1_700_000_000_123L, "alice", content)));

        final var answer = send("GET", ONE + "/history", "");
        assertThat(answer.body())
                .isEqualTo("{\"id\":\"d\",\"revisions\":[{\"revision\":5,\"at\":\"2023-11-14T22:13:20.999Z\","
                        + "\"by\":\"bob\",\"change\":\"deleted\"},{\"revision\":4,\"at\":\"2023-11-14T22:13:20.123Z\","
                        + "\"by\":\"alice\",\"change\":\"saved\"}]}");
        assertThat(header(answer, "X-Catalog-Index")).isEqualTo("7");
        assertThat(gateway.registry.historyThread).startsWith("gateway-worker");

        final var old = send("GET", ONE + "/history?revision=4&consistency=strong", "");
        final JsonNode json = TestGateway.json(old);
        assertThat(json.at("/definition/image/name").asText()).isEqualTo("old");
        assertThat(json.path("savedBy").asText()).isEqualTo("alice");
        assertThat(header(old, "ETag")).isEqualTo("\"4\"");
        assertThat(header(old, "X-Catalog-Age-Millis")).isEqualTo("0");
        assertThat(send("GET", ONE + "/history?revision=5", "").body()).contains("deleted");
        assertThat(send("GET", ONE + "/history?revision=5", "").statusCode()).isEqualTo(404);
        assertThat(send("GET", ONE + "/history?revision=3", "").body()).contains("kept are 4 to 5");
        assertThat(send("GET", ONE + "/history?revision=x", "").statusCode()).isEqualTo(400);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "/history", "/history?revision=1"})
    void whatIsNotThereIsNotFound(final String path) {
        final var answer = send("GET", ONE + path, "");
        assertThat(answer.statusCode()).isEqualTo(404);
        assertThat(answer.body()).contains("'d'");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/registry-svc/definitions", ONE, "/registry-svc/nodes"})
    void readsTellTheIndexAndAgeOfWhatTheyShow(final String path) {
        send("PUT", SAVE, body(""));
        final var fresh = send("GET", path, "");
        assertThat(header(fresh, "X-Catalog-Index")).isEqualTo("7");
        assertThat(header(fresh, "X-Catalog-Age-Millis")).isEqualTo("12");
        assertThat(header(fresh, "X-Catalog-Stale")).isEqualTo("none");

        gateway.registry.position = new CatalogPosition(9, CatalogPosition.STALE_MILLIS + 1);
        final var stale = send("GET", path, "");
        assertThat(header(stale, "X-Catalog-Index")).isEqualTo("9");
        assertThat(header(stale, "X-Catalog-Age-Millis")).isEqualTo("5001");
        assertThat(header(stale, "X-Catalog-Stale")).isEqualTo("true");

        gateway.registry.position = CatalogPosition.NONE;
        final var never = send("GET", path, "");
        assertThat(header(never, "X-Catalog-Age-Millis")).isEqualTo("none");
        assertThat(header(never, "X-Catalog-Stale")).isEqualTo("true");

        final var strong = send("GET", path + "?consistency=strong", "");
        assertThat(header(strong, "X-Catalog-Index")).isEqualTo("1");
        assertThat(header(strong, "X-Catalog-Age-Millis")).isEqualTo("0");
        assertThat(header(strong, "X-Catalog-Stale")).isEqualTo("none");
    }

    private RequestMark mark(final String token, final String method, final String path, final String... how) {
        gateway.registry.marks.clear();
        final String[] headers = new String[how.length - 1];
        System.arraycopy(how, 1, headers, 0, headers.length);
        as(token, method, path, how[0], headers);
        return gateway.registry.marks.get(0).orElse(null);
    }

    @Test
    void idempotencyKeyMarksTheSameRequestOfTheSameCaller() {
        gateway.registry.account("other-admin", "user-svc:admin");
        final String key = "Idempotency-Key";
        final RequestMark mark = mark(admin, "PUT", SAVE, body(""), key, "k1");
        assertThat(mark(admin, "PUT", SAVE, body(""), key, "k1")).isEqualTo(mark);

        // Another request.
        assertThat(mark(admin, "PUT", SAVE, body(""), key, "k2").id()).isNotEqualTo(mark.id());
        final RequestMark others = mark(gateway.token("other-admin"), "PUT", SAVE, body(""), key, "k1");
        assertThat(others.id()).isNotEqualTo(mark.id());
        final RequestMark deletion = mark(admin, "DELETE", ONE, "", key, "k1");
        assertThat(deletion.id()).isNotEqualTo(mark.id());
        assertThat(mark(admin, "DELETE", ONE + "e", "", key, "k1").id()).isNotEqualTo(deletion.id());

        // The same one with another content.
        final RequestMark more = mark(admin, "PUT", SAVE, body(",\"ports\":[]"), key, "k1");
        final RequestMark conditional = mark(admin, "PUT", SAVE, body(""), key, "k1", "If-Match", "\"9\"");
        final RequestMark queried = mark(admin, "DELETE", ONE + "?revision=3", "", key, "k1");
        assertThat(more.id()).isEqualTo(mark.id());
        assertThat(conditional.id()).isEqualTo(mark.id());
        assertThat(queried.id()).isEqualTo(deletion.id());
        assertThat(List.of(more.contentHash(), conditional.contentHash(), mark.contentHash()))
                .doesNotHaveDuplicates();
        assertThat(queried.contentHash()).isNotEqualTo(deletion.contentHash());
    }

    @Test
    void requestWithoutAKeyHasNoMark() {
        send("PUT", SAVE, body(""));
        assertThat(gateway.registry.marks).containsExactly(Optional.empty());
    }

    @Test
    void keyHasALimitedLength() {
        assertThat(send("PUT", SAVE, body(""), "Idempotency-Key", "k".repeat(129))
                        .statusCode())
                .isEqualTo(400);
        assertThat(send("PUT", SAVE, body(""), "Idempotency-Key", "k".repeat(128))
                        .statusCode())
                .isEqualTo(201);
    }

    @ParameterizedTest
    @ValueSource(strings = {"a b", "a\tb", "", "x,y z"})
    void keyThatIsNoneIsRefused(final String key) {
        final var answer = send("PUT", SAVE, body(""), "Idempotency-Key", key);
        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(gateway.registry.definitions).isEmpty();
    }
}
