package com.onebackend.registry.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import com.onebackend.registry.api.ErrorCode;
import com.onebackend.registry.api.RegistryError;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HeartbeatRouteTest {
    private TestGateway gateway;
    private String admin;

    @BeforeEach
    void open() {
        gateway = new TestGateway();
        admin = gateway.admin();
        gateway.registry.put(FakeRegistry.instance("a/b", "s", "http://a"));
    }

    @AfterEach
    void close() {
        gateway.close();
    }

    @Test
    void heartbeatAnswersTheInstanceWithItsTime() {
        final HttpResponse<String> answer = send("PUT", "a%2Fb/heartbeat");
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(TestGateway.json(answer).at("/instance/id").asText()).isEqualTo("a/b");
        assertThat(TestGateway.json(answer).at("/instance/lastHeartbeat").asText())
                .startsWith("2023-11-14T22:13:20.456");
    }

    @Test
    void unknownInstanceIs404AndSaysWhatToDo() {
        final HttpResponse<String> answer = send("PUT", "c/heartbeat");
        assertThat(answer.statusCode()).isEqualTo(404);
        assertThat(TestGateway.json(answer).path("error").asText()).contains("register it in full");
    }

    @ParameterizedTest
    @CsvSource({"FORBIDDEN,403", "OVERLOADED,429", "UNAVAILABLE,503", "INDETERMINATE,503"})
    void refusalHasItsStatus(final ErrorCode code, final int status) {
        gateway.registry.nextFailure = new RegistryError(code, "no");
        assertThat(send("PUT", "a%2Fb/heartbeat").statusCode()).isEqualTo(status);
    }

    @ParameterizedTest
    @CsvSource({
        "DELETE,a%2Fb/heartbeat,405",
        "PUT,a/b/heartbeat,404",
        "PUT,a%2Fb/pulse,404",
        "PUT,a%2Fb%2Fheartbeat,405",
        "PUT,/heartbeat,404"
    })
    void otherPathsAndMethodsAreNotHeartbeats(final String method, final String rest, final int status) {
        assertThat(send(method, rest).statusCode()).isEqualTo(status);
    }

    private HttpResponse<String> send(final String method, final String rest) {
        return gateway.send(method, "/registry-svc/instance/" + rest, admin, null);
    }
}
