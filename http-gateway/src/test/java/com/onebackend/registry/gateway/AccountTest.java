package com.onebackend.registry.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.http.HttpResponse;
import java.security.KeyFactory;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AccountTest {
    private final TestGateway gateway = new TestGateway();

    @AfterEach
    void close() {
        gateway.close();
    }

    private HttpResponse<String> login(final String slug, final String password) {
        return gateway.send(
                "POST",
                "/user-svc/login",
                null,
                "{\"slug\":\"" + slug + "\",\"password\":\"" + password + "\",\"appHost\":\"unnamed\"}");
    }

    @Test
    void loginGivesATokenThatWorks() {
        final var answer = login("1backend", FakeRegistry.PASSWORD);
        assertThat(answer.statusCode()).isEqualTo(200);
        final JsonNode token = TestGateway.json(answer).path("token");
        assertThat(token.fieldNames())
                .toIterable()
                .containsExactly(
                        "id", "appId", "userId", "token", "device", "createdAt", "updatedAt", "expiresAt", "active");
        assertThat(token.path("expiresAt").asText()).matches("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z");
        final var nodes =
                gateway.send("POST", "/registry-svc/nodes", token.path("token").asText(), null);
        assertThat(nodes.statusCode()).isEqualTo(200);
    }

    @Test
    void unknownSlugAndWrongPasswordAreNotToldApart() {
        final var wrong = login("1backend", "guess");
        final var unknown = login("nobody", "guess");
        assertThat(wrong.statusCode()).isEqualTo(401);
        assertThat(unknown.statusCode()).isEqualTo(401);
        assertThat(unknown.body()).isEqualTo(wrong.body());
    }

    @Test
    void guessingIsSlowedDownPerAccount() {
        for (int i = 0; i < 5; i++) {
            assertThat(login("1backend", "guess").statusCode()).isEqualTo(401);
        }
        final var refused = login("1backend", FakeRegistry.PASSWORD);
        assertThat(refused.statusCode()).isEqualTo(429);
        assertThat(refused.headers().firstValue("Retry-After")).isPresent();
        assertThat(login("user-service", FakeRegistry.PASSWORD).statusCode()).isEqualTo(200);
    }

    @Test
    void goodLoginsAreNotCountedAsFailures() {
        for (int i = 0; i < 8; i++) {
            assertThat(login("1backend", FakeRegistry.PASSWORD).statusCode()).isEqualTo(200);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{}", "{\"slug\":\"x\"}", "{\"slug\":{},\"password\":\"x\"}", "nope"})
    void incompleteLoginIsRefused(final String body) {
        assertThat(gateway.send("POST", "/user-svc/login", null, body).statusCode())
                .isEqualTo(400);
    }

    @Test
    void publicKeyIsPem() throws Exception {
        final var answer = gateway.send("GET", "/user-svc/public-key", null, null);
        final String pem = TestGateway.json(answer).path("publicKey").asText();
        assertThat(pem).startsWith("-----BEGIN PUBLIC KEY-----\n").endsWith("\n-----END PUBLIC KEY-----\n");
        final byte[] der = Base64.getMimeDecoder().decode(pem.replaceAll("-----[A-Z ]+-----", ""));
        assertThat(KeyFactory.getInstance("RSA").generatePublic(new X509EncodedKeySpec(der)))
                .isNotNull();
        gateway.registry.keys.clear();
        assertThat(gateway.send("GET", "/user-svc/public-key", null, null).statusCode())
                .isEqualTo(503);
    }

    @Test
    void selfIsTheCallersOwnAccount() {
        final var answer = gateway.send("POST", "/user-svc/self", gateway.token("user-service"), "{}");
        assertThat(answer.body())
                .isEqualTo("{\"user\":{\"id\":\"usr_user-service\",\"slug\":\"user-service\","
                        + "\"name\":\"user-service\"},\"roles\":[\"user-svc:user\"],\"organizations\":[],"
                        + "\"contacts\":[]}");
        assertThat(answer.body()).doesNotContain("pbkdf2");
        assertThat(gateway.send("POST", "/user-svc/self", null, "{}").statusCode())
                .isEqualTo(401);
    }
}
