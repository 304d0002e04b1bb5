package com.onebackend.registry.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpResponse;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What the door of a node answers that is not ready. */
class StartingNodeTest {
    private final TestGateway gateway = new TestGateway();
    private final String admin = gateway.token("1backend");

    @AfterEach
    void close() {
        gateway.close();
    }

    @Test
    void startingNodeIsLiveButServesNoData() {
        gateway.registry.ready = false;
        final var data = send("GET", "/registry-svc/instances?slug=s", null);
        assertThat(data.statusCode()).isEqualTo(503);
        assertThat(TestGateway.json(data).path("error").asText()).contains("joining");
        assertThat(data.headers().firstValue("Retry-After")).contains("1");
        assertThat(send("GET", "/health", null).body())
                .isEqualTo("{\"status\":\"starting\",\"live\":true,\"ready\":false,\"reason\":\"joining\","
                        + "\"warnings\":[\"The clock is slow.\"]}");
        assertThat(send("GET", "/health", null).statusCode()).isEqualTo(200);
        assertThat(send("GET", "/health/ready", null).statusCode()).isEqualTo(503);
        assertThat(send("GET", "/registry-svc/cluster", null).statusCode()).isEqualTo(200);
        gateway.registry.ready = true;
        assertThat(send("GET", "/health/ready", null).statusCode()).isEqualTo(200);
    }

    @Test
    void nodeThatIsNotReadyTakesNothingAndSaysSo() {
        gateway.registry.ready = false;
        final String body = "{\"slug\":\"s\",\"url\":\"http://198.18.0.1:80\"}";
        for (final HttpResponse<String> refused : List.of(
                send("PUT", "/registry-svc/instance", body),
                send("PUT", "/registry-svc/instance/a/heartbeat", null),
                send("DELETE", "/registry-svc/instance/a", null),
                send("GET", "/registry-svc/instances", null))) {
            assertThat(refused.statusCode()).isEqualTo(503);
            assertThat(TestGateway.json(refused).path("happened").asText()).isEqualTo("no");
            assertThat(TestGateway.json(refused).path("error").asText()).contains("not ready yet: joining");
            assertThat(refused.headers().firstValue("Retry-After")).contains("1");
        }
        assertThat(gateway.registry.registrations).isEmpty();
        gateway.registry.ready = true;
        assertThat(send("PUT", "/registry-svc/instance", body).statusCode()).isEqualTo(201);
    }

    @Test
    void nodeThatIsAboutToGoAnswersEverythingButSendsNewClientsElsewhere() {
        gateway.registry.put(FakeRegistry.instance("a", "s", "http://198.18.0.1:80"));
        assertThat(send("GET", "/registry-svc/instances?slug=s", null).headers().firstValue("Connection"))
                .isEmpty();
        gateway.registry.leaving = "drained: use another node";

        final var ready = send("GET", "/health/ready", null);
        assertThat(ready.statusCode()).isEqualTo(503);
        assertThat(TestGateway.json(ready).path("reason").asText()).isEqualTo("drained: use another node");
        assertThat(send("GET", "/health", null).statusCode()).isEqualTo(200);
        final var read = send("GET", "/registry-svc/instances?slug=s", null);
        assertThat(read.statusCode()).isEqualTo(200);
        assertThat(read.headers().firstValue("Connection")).contains("close");
        assertThat(send("PUT", "/registry-svc/instance", "{\"slug\":\"s\",\"url\":\"http://198.18.0.2:80\"}")
                        .statusCode())
                .isEqualTo(201);

        gateway.registry.leaving = "";
        assertThat(send("GET", "/health/ready", null).statusCode()).isEqualTo(200);
        assertThat(send("GET", "/health/ready", null).headers().firstValue("Connection"))
                .isEmpty();
    }

    private HttpResponse<String> send(final String method, final String path, final String body) {
        return gateway.send(method, path, admin, body);
    }
}
