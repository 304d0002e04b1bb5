package com.onebackend.registry.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.onebackend.registry.api.ErrorCode;
import com.onebackend.registry.api.RegistryError;
import com.onebackend.registry.model.InstanceStatus;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class RestTest {
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

    private HttpResponse<String> get(final String path) {
        return gateway.send("GET", path, admin, null);
    }

    private HttpResponse<String> put(final String path, final String body) {
        return gateway.send("PUT", path, admin, body);
    }

    private static String error(final HttpResponse<String> response) {
        return TestGateway.json(response).path("error").asText();
    }

    @Test
    void emptyListsAreListsAndNeverOmitted() {
        gateway.registry.nodes.clear();
        assertThat(get("/registry-svc/instances").body()).isEqualTo("{\"instances\":[]}");
        assertThat(get("/registry-svc/instances?slug=nobody").body()).isEqualTo("{\"instances\":[]}");
        assertThat(get("/registry-svc/definitions").body()).isEqualTo("{\"definitions\":[]}");
        assertThat(TestGateway.json(get("/registry-svc/nodes")).path("nodes").isArray())
                .isTrue();
    }

    @Test
    void registeredInstanceIsListedInTheWireShape() {
        final var answer = put(
                "/registry-svc/instance",
                "{\"id\":123,\"slug\":\"user-svc\",\"url\":\"http://u:8080\",\"port\":\"8080\",\"scheme\":\"http\","
                        + "\"host\":\"u\",\"tags\":\"[\\\"a\\\",\\\"b\\\"]\",\"status\":\"Healthy\"}");
        assertThat(answer.statusCode()).isEqualTo(201);
        assertThat(TestGateway.json(answer).at("/instance/id").asText()).isEqualTo("123");

        final JsonNode instance =
                TestGateway.json(get("/registry-svc/instances?slug=user-svc")).at("/instances/0");
        assertThat(instance.toString())
                .isEqualTo("{\"id\":\"123\",\"url\":\"http://u:8080\",\"slug\":\"user-svc\",\"status\":\"Healthy\","
                        + "\"scheme\":\"http\",\"host\":\"u\",\"port\":8080,\"nodeUrl\":\"http://n1.test:11337\","
                        + "\"tags\":[\"a\",\"b\"],\"lastHeartbeat\":\"2023-11-14T22:13:20.123Z\"}");
    }

    @Test
    void absentSlugIsLeftOutAndLastHeartbeatHasMilliseconds() {
        gateway.registry.put(FakeRegistry.instance("i1", "", "http://x").withLastHeartbeat(1_700_000_000_000L));
        final JsonNode instance =
                TestGateway.json(get("/registry-svc/instances")).at("/instances/0");
        assertThat(instance.has("slug")).isFalse();
        assertThat(instance.path("lastHeartbeat").asText()).isEqualTo("2023-11-14T22:13:20.000Z");
        assertThat(instance.path("tags").isArray()).isTrue();
    }

    @Test
    void changedInstanceIsRenderedAnew() {
        put("/registry-svc/instance", "{\"id\":\"a\",\"slug\":\"s\",\"url\":\"http://a\"}");
        assertThat(get("/registry-svc/instances?slug=s").body()).contains("Unknown");
        put("/registry-svc/instance", "{\"id\":\"a\",\"slug\":\"s\",\"url\":\"http://a\",\"status\":\"Stopping\"}");
        assertThat(get("/registry-svc/instances?slug=s").body())
                .contains("Stopping")
                .doesNotContain("Unknown");
    }

    @Test
    void filtersCombineAndTagsRepeat() {
        put("/registry-svc/instance", "{\"id\":\"a\",\"slug\":\"s\",\"url\":\"http://a\",\"tags\":[\"x\",\"y\"]}");
        put("/registry-svc/instance", "{\"id\":\"b\",\"slug\":\"s\",\"url\":\"http://b\",\"tags\":[\"x\"]}");
        assertThat(get("/registry-svc/instances?slug=s&tag=x").body()).contains("\"a\"", "\"b\"");
        assertThat(get("/registry-svc/instances?slug=s&tag=x&tag=y").body())
                .contains("\"id\":\"a\"")
                .doesNotContain("\"id\":\"b\"");
        assertThat(get("/registry-svc/instances?nodeUrl=http://n1.test:11337&id=b")
                        .body())
                .contains("\"id\":\"b\"");
        assertThat(get("/registry-svc/instances?status=Healthy").body()).isEqualTo("{\"instances\":[]}");
    }

    @Test
    void nodeUrlFilterTakesTheNodeIdAsWell() {
        put("/registry-svc/instance", "{\"id\":\"a\",\"slug\":\"s\",\"url\":\"http://a\"}");
        assertThat(get("/registry-svc/instances?nodeUrl=n1").body()).contains("\"id\":\"a\"");
        assertThat(get("/registry-svc/instances?nodeUrl=n2").body()).isEqualTo("{\"instances\":[]}");
        assertThat(get("/registry-svc/instances?nodeUrl=n9").body()).isEqualTo("{\"instances\":[]}");
    }

    @Test
    void unknownFilterIsRefusedByName() {
        final var answer = get("/registry-svc/instances?slug=s&slugg=x");
        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(error(answer)).contains("'slugg'").contains("deploymentId");
        assertThat(error(get("/registry-svc/instances?slug=a&slug=b"))).contains("twice");
        assertThat(error(get("/registry-svc/instances?port=99999"))).contains("'port'");
        assertThat(error(get("/registry-svc/instances?status=Fine"))).contains("status");
    }

    @Test
    void othersSeeOnlyTheirOwnSlug() {
        put("/registry-svc/instance", "{\"id\":\"a\",\"slug\":\"user-service\",\"url\":\"http://a\"}");
        put("/registry-svc/instance", "{\"id\":\"b\",\"slug\":\"secret-service\",\"url\":\"http://canary\"}");
        final String user = gateway.token("user-service");
        for (final String path : List.of(
                "/registry-svc/instances",
                "/registry-svc/instances?slug=secret-service",
                "/registry-svc/instances?id=b",
                "/registry-svc/instances?slug=user-service")) {
            final var answer = gateway.send("GET", path, user, null);
            assertThat(answer.statusCode()).isEqualTo(200);
            assertThat(answer.body()).doesNotContain("canary");
        }
        assertThat(gateway.send("GET", "/registry-svc/instances", user, null).body())
                .contains("\"id\":\"a\"");
    }

    @ParameterizedTest
    @CsvSource({
        "Degraded,HEALTHY,Reported as Degraded",
        "Unreachable,UNHEALTHY,Reported as Unreachable",
        "error,UNHEALTHY,Reported as error",
        "healthy,HEALTHY,''",
        "Starting,STARTING,''"
    })
    void upstreamStatusesAreTranslated(final String given, final InstanceStatus status, final String details) {
        put("/registry-svc/instance", "{\"slug\":\"s\",\"url\":\"http://a\",\"status\":\"" + given + "\"}");
        final var request = gateway.registry.registrations.get(0);
        assertThat(request.status()).isEqualTo(status);
        assertThat(request.details()).isEqualTo(details);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"slug\":[]}|slug",
                "{\"slug\":true}|slug",
                "{\"port\":\"http\"}|port",
                "{\"port\":70000}|port",
                "{\"port\":1.5}|port",
                "{\"tags\":{}}|tags",
                "{\"tags\":[[]]}|tags",
                "{\"tags\":\"[\"}|tags",
                "{\"status\":\"Fine\"}|status",
                "{\"url\":\"http://a\\u0000\"}|url",
                "{\"url\":\"\\ud800\"}|url",
                "{\"deploymentID\":\"d\"}|deploymentID",
                "{\"script\":\"rm\"}|script",
                "{\"slug\":\"a\",\"slug\":\"b\"}|JSON",
                "[]|object",
                "nope|JSON",
                "{}{}|JSON"
            })
    void wrongRegistrationIsRefusedByField(final String body, final String named) {
        final var answer = put("/registry-svc/instance", body);
        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(error(answer)).contains(named);
    }

    @Test
    void deepAndLongJsonIsRefused() {
        assertThat(put("/registry-svc/instance", "{\"a\":" + "[".repeat(40) + "]".repeat(40) + "}")
                        .statusCode())
                .isEqualTo(400);
        assertThat(put("/registry-svc/instance", "{\"url\":\"" + "x".repeat(300_000) + "\"}")
                        .statusCode())
                .isEqualTo(400);
        assertThat(put("/registry-svc/instance", "{\"slug\":\"" + "x".repeat(129) + "\"}")
                        .statusCode())
                .isEqualTo(400);
    }

    @Test
    void jsonBeyondALimitIsNotCalledInvalid() {
        final var deep = put("/registry-svc/instance", "{\"a\":" + "[".repeat(40) + "]".repeat(40) + "}");
        assertThat(error(deep)).contains("deeper than 32").doesNotContain("not valid");
    }

    @ParameterizedTest
    @ValueSource(strings = {"C0AF", "FF", "EDA080"})
    void bodyThatIsNotUtf8IsRefused(final String hex) throws IOException {
        final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        bytes.write("{\"url\":\"http://a".getBytes(StandardCharsets.UTF_8));
        bytes.write(HexFormat.of().parseHex(hex));
        bytes.write("b\"}".getBytes(StandardCharsets.UTF_8));
        final var answer = gateway.send(HttpRequest.newBuilder(gateway.uri("/registry-svc/instance"))
                .header("Authorization", "Bearer " + admin)
                .PUT(HttpRequest.BodyPublishers.ofByteArray(bytes.toByteArray()))
                .build());
        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(error(answer)).contains("UTF-8");
    }

    @Test
    void deregisteringIs204AndThen404() {
        put("/registry-svc/instance", "{\"id\":\"a/b\",\"slug\":\"s\",\"url\":\"http://a\"}");
        assertThat(gateway.send("DELETE", "/registry-svc/instance/a%2Fb", admin, null)
                        .statusCode())
                .isEqualTo(204);
        assertThat(gateway.send("DELETE", "/registry-svc/instance/a%2Fb", admin, null)
                        .statusCode())
                .isEqualTo(404);
    }

    @Test
    void definitionRoundTrip() {
        final String definition = "{\"id\":\"user-svc\",\"image\":{\"name\":\"nginx:alpine\",\"internalPorts\":[80]},"
                + "\"ports\":[{\"internal\":80,\"host\":8080}],\"envars\":[{\"key\":\"A\",\"value\":1}],"
                + "\"apiSpecs\":[{\"url\":\"/openapi.json\",\"protocolType\":\"OpenAPI\",\"version\":\"3.0.0\","
                + "\"metadata\":{\"title\":\"T\"}}],\"clients\":[{\"language\":\"javascript\",\"url\":\"u\"},"
                + "{\"language\":\"cobol\",\"url\":\"v\"}]}";
        final var saved = put("/registry-svc/definition", "{\"definition\":" + definition + "}");
        assertThat(saved.statusCode()).isEqualTo(201);
        assertThat(saved.body()).isEqualTo("{}");
        assertThat(TestGateway.json(get("/registry-svc/definitions"))
                        .at("/definitions/0")
                        .toString())
                .isEqualTo("{\"id\":\"user-svc\",\"image\":{\"name\":\"nginx:alpine\",\"internalPorts\":[80]},"
                        + "\"ports\":[{\"internal\":80,\"host\":8080}],\"envars\":[{\"key\":\"A\",\"value\":\"1\"}],"
                        + "\"apiSpecs\":[{\"url\":\"/openapi.json\",\"protocolType\":\"OpenAPI\","
                        + "\"version\":\"3.0.0\",\"metadata\":{\"title\":\"T\"}}],"
                        + "\"clients\":[{\"language\":\"JavaScript\",\"url\":\"u\"},"
                        + "{\"language\":\"cobol\",\"url\":\"v\"}]}");
        assertThat(gateway.send("DELETE", "/registry-svc/definition/user-svc", admin, null)
                        .statusCode())
                .isEqualTo(204);
        assertThat(gateway.send("DELETE", "/registry-svc/definition/user-svc", admin, null)
                        .statusCode())
                .isEqualTo(404);
    }

    @Test
    void definitionInsideAStringIsTheSame() {
        final var saved = put(
                "/registry-svc/definition",
                "{\"definition\":\"{\\\"id\\\":\\\"d\\\",\\\"repository\\\":{\\\"url\\\":\\\"https://git\\\"}}\"}");
        assertThat(saved.statusCode()).isEqualTo(201);
        assertThat(gateway.registry.definitions.get("d").repository().url()).isEqualTo("https://git");
        assertThat(gateway.registry.definitions.get("d").image()).isNull();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{}|definition",
                "{\"definition\":7}|definition",
                "{\"definition\":{}}|definition.id",
                "{\"definition\":{\"id\":\"d\"}}|definition.image.name",
                "{\"definition\":{\"id\":\"d\",\"image\":{}}}|definition.image.name",
                "{\"definition\":{\"id\":\"d\",\"image\":{\"name\":\" \"}}}|definition.image.name",
                "{\"definition\":{\"id\":\"a/b\",\"image\":{\"name\":\"x\"}}}|definition.id",
                "{\"definition\":{\"id\":\"d\",\"image\":{\"nam\":\"x\"}}}|definition.image.nam",
                "{\"definition\":{\"id\":\"d\",\"image\":{\"name\":\"x\"},\"ports\":[{\"host\":\"a\"}]}}"
                        + "|definition.ports[0].host",
                "{\"definition\":{\"id\":\"d\",\"image\":{\"name\":\"x\"},\"envars\":[{}]}}|definition.envars[0].key"
            })
    void wrongDefinitionIsRefusedByField(final String body, final String named) {
        final var answer = put("/registry-svc/definition", body);
        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(error(answer)).contains("'" + named + "'");
    }

    @ParameterizedTest
    @ValueSource(strings = {"GET ", "POST ", "POST {}"})
    void nodesAreListedWithAndWithoutABody(final String how) {
        final String[] parts = how.split(" ", 2);
        final var answer = gateway.send(parts[0], "/registry-svc/nodes", admin, parts[1].isEmpty() ? null : parts[1]);
        final JsonNode body = TestGateway.json(answer);
        assertThat(body.path("nodes")).hasSize(2);
        assertThat(body.path("states").toString()).isEqualTo("{\"n1\":\"alive\",\"n2\":\"suspect\"}");
        assertThat(body.at("/nodes/0/gpus/0/gpuUtilization").asDouble()).isEqualTo(12.35);
        assertThat(body.at("/nodes/0/gpus/0/id").asText()).isEqualTo("http://n1.test:11337:0");
        assertThat(body.at("/nodes/0/usage/memory/percent").asDouble()).isEqualTo(25);
        assertThat(body.at("/nodes/1/gpus").isArray()).isTrue();
        assertThat(body.at("/nodes/1/usage/disk/percent").isNumber()).isTrue();
        assertThat(body.at("/hosts/n1/cores").asInt()).isEqualTo(8);
    }

    @Test
    void nodeListIsNarrowedByIds() {
        final var answer = gateway.send("POST", "/registry-svc/nodes", admin, "{\"ids\":[\"n2\",\"n9\"]}");
        assertThat(TestGateway.json(answer).path("nodes")).hasSize(1);
    }

    @Test
    void strongReadWaitsForTheCatalog() {
        assertThat(get("/registry-svc/definitions?consistency=strong").statusCode())
                .isEqualTo(200);
        assertThat(get("/registry-svc/nodes?consistency=strong").statusCode()).isEqualTo(200);
        assertThat(gateway.registry.awaited).hasValue(2);
        assertThat(get("/registry-svc/nodes?consistency=maybe").statusCode()).isEqualTo(400);
        gateway.registry.nextFailure = new RegistryError(ErrorCode.UNAVAILABLE, "no majority");
        final var answer = get("/registry-svc/definitions?consistency=strong");
        assertThat(answer.statusCode()).isEqualTo(503);
        assertThat(answer.headers().firstValue("Retry-After")).contains("1");
    }

    @Test
    void nodeSelfShowsLittleToAnybodyAndAllToAdmins() {
        assertThat(gateway.send("GET", "/registry-svc/node/self", null, null).body())
                .isEqualTo("{\"node\":{\"id\":\"n1\",\"url\":\"http://n1.test:11337\",\"gpus\":[]}}");
        assertThat(gateway.send("GET", "/registry-svc/node/self", "bad", null).statusCode())
                .isEqualTo(401);
        assertThat(get("/registry-svc/node/self").body()).contains("A100", "\"region\":\"eu\"");
        final var forbidden = gateway.send("GET", "/registry-svc/node/self", gateway.token("user-service"), null);
        assertThat(forbidden.statusCode()).isEqualTo(403);
        assertThat(error(forbidden)).contains("registry-svc:node:view");
    }

    @ParameterizedTest
    @CsvSource({
        "http%3A%2F%2Fn2.test%3A11337,http://n2.test:11337",
        "http://n2.test:11337,http://n2.test:11337",
        "http://n2.test:11337/,http://n2.test:11337",
        "http:/n2.test:11337,http://n2.test:11337",
        "http%3A//n2.test:11337%2F,http://n2.test:11337",
        "n2,n2"
    })
    void nodeIsRemovedByUrlInEverySpelling(final String path, final String understood) {
        assertThat(gateway.send("DELETE", "/registry-svc/node/" + path, admin, null)
                        .statusCode())
                .isEqualTo(204);
        assertThat(gateway.registry.removals).containsExactly(understood);
    }

    @Test
    void liveNodeNeedsForce() {
        assertThat(gateway.send("DELETE", "/registry-svc/node/n1", admin, null).statusCode())
                .isEqualTo(409);
        assertThat(gateway.send("DELETE", "/registry-svc/node/n1?force=true", admin, null)
                        .statusCode())
                .isEqualTo(204);
        assertThat(gateway.send("DELETE", "/registry-svc/node/http://h:1/x/y", admin, null)
                        .statusCode())
                .isEqualTo(404);
        assertThat(gateway.registry.removals).containsExactly("n1", "n1 force", "http://h:1/x/y");
        assertThat(gateway.send("DELETE", "/registry-svc/node/n1?force=yes", admin, null)
                        .statusCode())
                .isEqualTo(400);
    }

    @Test
    void clusterIsMinimalForAnybody() {
        assertThat(gateway.send("GET", "/registry-svc/cluster", null, null).body())
                .isEqualTo("{\"clusterId\":\"c1\",\"nodeId\":\"n1\",\"url\":\"http://n1.test:11337\","
                        + "\"gossipPort\":11338,\"raftPort\":11339,\"ready\":true}");
        assertThat(gateway.send("GET", "/registry-svc/cluster", gateway.token("user-service"), null)
                        .body())
                .doesNotContain("leader");
        assertThat(get("/registry-svc/cluster").body())
                .contains("\"leader\":\"n1\"", "\"appliedIndex\":7", "\"incarnation\":3", "\"state\":\"alive\"");
    }

    @Test
    void clusterTellsWhoVotesAndWhatTheAutopilotDoes() {
        assertThat(get("/registry-svc/cluster").body())
                .contains("\"catalog\":{\"epoch\":0,\"group\":\"group-1\",\"role\":\"leader\"")
                .contains("{\"id\":\"n2\",\"zone\":\"r/b\",\"reachable\":false,\"lastContactMillis\":61000,"
                        + "\"leader\":false}")
                .contains("\"autopilot\":{\"by\":\"n1\",\"plan\":\"cannot replace n2\","
                        + "\"since\":\"1970-01-01T00:00:01.000Z\"}");
    }

    @Test
    void metricsNeedAPermissionAndCountRequests() {
        assertThat(gateway.send("GET", "/metrics", null, null).statusCode()).isEqualTo(401);
        get("/registry-svc/instances?slug=s");
        final var page = get("/metrics");
        assertThat(page.headers().firstValue("Content-Type").orElseThrow()).startsWith("text/plain");
        assertThat(page.body())
                .containsPattern("gateway_requests_total\\{.*route=\"/registry-svc/instances\".*2xx.*} 1\\.0");
    }

    @Test
    void everyAnswerIsJsonWithCors() {
        final var answer = gateway.send(HttpRequest.newBuilder(gateway.uri("/nothing"))
                .header("Origin", "https://ui.example")
                .build());
        assertThat(answer.statusCode()).isEqualTo(404);
        assertThat(answer.headers().firstValue("Content-Type")).contains("application/json");
        assertThat(answer.headers().firstValue("Access-Control-Allow-Origin")).contains("https://ui.example");
        assertThat(answer.headers().firstValue("Vary")).contains("Origin");
        assertThat(answer.headers().firstValue("X-Registry-Node")).contains("n1");
        final var preflight = gateway.send("OPTIONS", "/registry-svc/instance", null, null);
        assertThat(preflight.statusCode()).isEqualTo(200);
        assertThat(preflight.body()).isEmpty();
        assertThat(preflight.headers().firstValue("Access-Control-Allow-Methods"))
                .isPresent();
        assertThat(preflight.headers().firstValue("Access-Control-Allow-Origin"))
                .contains("*");
    }

    @Test
    void wrongMethodNamesTheRightOnes() {
        final var answer = gateway.send("PATCH", "/registry-svc/instances", admin, null);
        assertThat(answer.statusCode()).isEqualTo(405);
        assertThat(answer.headers().firstValue("Allow")).contains("GET, HEAD, OPTIONS");
        assertThat(gateway.send("DELETE", "/registry-svc/node/self", admin, null)
                        .statusCode())
                .isEqualTo(405);
    }

    @Test
    void headIsGetWithoutABody() {
        final var answer = gateway.send("HEAD", "/health", null, null);
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.body()).isEmpty();
        assertThat(answer.headers().firstValueAsLong("Content-Length").orElseThrow())
                .isPositive();
    }

    @ParameterizedTest
    @EnumSource(ErrorCode.class)
    void everyErrorCodeHasItsStatus(final ErrorCode code) {
        gateway.registry.nextFailure = new RegistryError(code, "because \"of\" that");
        final var answer = put("/registry-svc/instance", "{\"slug\":\"s\",\"url\":\"http://a\"}");
        assertThat(answer.statusCode()).isEqualTo(code.httpStatus()).isBetween(400, 599);
        assertThat(error(answer)).startsWith("because \"of\" that");
        if (code == ErrorCode.INDETERMINATE) {
            assertThat(error(answer)).contains("may have happened");
        }
    }

    @Test
    void faultOfOursIs500WithoutDetails() {
        gateway.registry.fault = new IllegalStateException("secret canary");
        for (final var answer : List.of(
                get("/registry-svc/instances?slug=s"),
                put("/registry-svc/instance", "{\"slug\":\"s\",\"url\":\"http://a\"}"))) {
            assertThat(answer.statusCode()).isEqualTo(500);
            assertThat(answer.body()).contains("error").doesNotContain("canary");
        }
    }

    @Test
    void gzipBodyIsInflatedWithinLimits() throws IOException {
        assertThat(gzipped("{\"slug\":\"s\",\"url\":\"http://a\"}").statusCode())
                .isEqualTo(201);
        final var bomb = gzipped("{\"slug\":\"" + " ".repeat(5_000_000) + "\"}");
        assertThat(bomb.statusCode()).isEqualTo(413);
        final var odd = gateway.send(HttpRequest.newBuilder(gateway.uri("/registry-svc/instance"))
                .header("Authorization", "Bearer " + admin)
                .header("Content-Encoding", "br")
                .PUT(HttpRequest.BodyPublishers.ofString("x"))
                .build());
        assertThat(odd.statusCode()).isEqualTo(415);
    }

    private HttpResponse<String> gzipped(final String body) throws IOException {
        final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(bytes)) {
            out.write(body.getBytes(StandardCharsets.UTF_8));
        }
        return gateway.send(HttpRequest.newBuilder(gateway.uri("/registry-svc/instance"))
                .header("Authorization", "Bearer " + admin)
                .header("Content-Encoding", "gzip")
                .PUT(HttpRequest.BodyPublishers.ofByteArray(bytes.toByteArray()))
                .build());
    }
}
