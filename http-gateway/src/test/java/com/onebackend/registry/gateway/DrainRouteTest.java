package com.onebackend.registry.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpResponse;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Taking nodes out of service and back, at the door. */
class DrainRouteTest {
    private final TestGateway gateway = new TestGateway();
    private final String admin = gateway.token("1backend");

    @AfterEach
    void close() {
        gateway.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"n2", "http://n2.test:11337", "http://n2.test:11337/", "http:/n2.test:11337"})
    void nodeIsDrainedByAnyNameAndShownSoBesideTheStrictList(final String name) {
        final var drained = drain("{\"node\":\"" + name + "\",\"drained\":true,\"reason\":\"new disk\"}");
        assertThat(drained.statusCode()).isEqualTo(200);
        final String how = "{\"by\":\"1backend\",\"reason\":\"new disk\",\"since\":\"2023-11-14T22:13:20.000Z\"}";
        assertThat(drained.body())
                .isEqualTo("{\"id\":\"n2\",\"url\":\"http://n2.test:11337\",\"drained\":" + how + "}");
        final var listed = TestGateway.json(gateway.send("GET", "/registry-svc/nodes", admin, null));
        assertThat(listed.path("drained").toString()).isEqualTo("{\"n2\":" + how + "}");
        assertThat(listed.at("/nodes/1").has("drained")).isFalse();

        assertThat(drain("{\"node\":\"" + name + "\",\"drained\":false}").body())
                .isEqualTo("{\"id\":\"n2\",\"url\":\"http://n2.test:11337\",\"drained\":null}");
        assertThat(TestGateway.json(gateway.send("GET", "/registry-svc/nodes", admin, null))
                        .path("drained"))
                .isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{} | 400",
                "{\"node\":\"\"} | 400",
                "{\"node\":7,\"drained\":\"perhaps\"} | 400",
                "{\"node\":\"n2\",\"drained\":[]} | 400",
                "{\"node\":\"n2\",\"why\":\"x\"} | 400",
                "{\"node\":\"n9\",\"drained\":true} | 404"
            })
    void drainThatMakesNoSenseIsRefused(final String body, final int status) {
        final var refused = drain(body);
        assertThat(refused.statusCode()).as(refused.body()).isEqualTo(status);
        assertThat(TestGateway.json(refused).path("error").asText()).isNotEmpty();
    }

    @Test
    void drainNeedsItsPermission() {
        final var forbidden =
                gateway.send("POST", "/registry-svc/node-drain", gateway.token("user-service"), "{\"node\":\"n2\"}");
        assertThat(forbidden.statusCode()).isEqualTo(403);
        assertThat(TestGateway.json(forbidden).path("error").asText()).contains("registry-svc:node:edit");
        assertThat(gateway.send("POST", "/registry-svc/node-drain", null, "{\"node\":\"n2\"}")
                        .statusCode())
                .isEqualTo(401);
    }

    private HttpResponse<String> drain(final String body) {
        return gateway.send("POST", "/registry-svc/node-drain", admin, body);
    }
}
