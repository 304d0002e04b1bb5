package com.onebackend.registry.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** No spelling of a path, no header and no method gets past a route's policy. */
class PolicyTest {
    private final TestGateway gateway = new TestGateway();

    @AfterEach
    void close() {
        gateway.close();
    }

    @ParameterizedTest
    @CsvSource({
        "GET,/registry-svc/instances",
        "PUT,/registry-svc/instance",
        "PUT,/registry-svc/instance/a/heartbeat",
        "DELETE,/registry-svc/instance/a",
        "GET,/registry-svc/definitions",
        "GET,/registry-svc/definition/d",
        "GET,/registry-svc/definition/d/history",
        "PUT,/registry-svc/definition",
        "DELETE,/registry-svc/definition/d",
        "POST,/registry-svc/nodes",
        "GET,/registry-svc/nodes",
        "DELETE,/registry-svc/node/n2",
        "POST,/registry-svc/node-drain",
        "GET,/metrics",
        "POST,/user-svc/self"
    })
    void mutatedPathIsNeverServedToAnybody(final String method, final String path) throws IOException {
        gateway.registry.put(FakeRegistry.instance("a", "s", "http://canary"));
        final Set<String> mutants = mutants(path);
        assertThat(mutants).hasSizeGreaterThan(150);
        for (final String mutant : mutants) {
            for (final String headers : List.of("", "User-Agent: Registry-Server\r\nX-Forwarded-For: 127.0.0.1\r\n")) {
                final String answer = gateway.raw(method + " " + mutant + " HTTP/1.1\r\nHost: n1\r\n" + headers
                        + "X-HTTP-Method-Override: GET\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}");
                assertThat(answer).as(mutant).matches("(?s)HTTP/1\\.1 (400|401|403|404|405|414) .*");
                assertThat(answer).doesNotContain("canary");
            }
        }
        assertThat(gateway.registry.registrations).isEmpty();
        assertThat(gateway.registry.removals).isEmpty();
        assertThat(gateway.registry.directory.byId("a")).isNotNull();
    }

    private static Set<String> mutants(final String path) {
        final Set<String> mutants = new LinkedHashSet<>();
        final List<String> tails = List.of(
                "",
                "/",
                "//",
                "/.",
                "/..",
                "/../",
                ";",
                ";a=b",
                "%00",
                "%0a",
                "%20",
                "%2f",
                "%5c",
                "?",
                "?a",
                "#",
                "#x",
                ".json",
                "%",
                "%zz",
                "%c0%af",
                "/%2e",
                "/%2e%2e",
                "/health",
                "/../health",
                "/..%2fhealth",
                "\\");
        for (final String tail : tails) {
            mutants.add(path + tail);
            mutants.add("/health/.." + path + tail);
            mutants.add("/health/%2e%2e" + path + tail);
            mutants.add("/" + path + tail);
        }
        mutants.remove("");
        mutants.add(path.toUpperCase(Locale.ROOT));
        mutants.add("/." + path);
        mutants.add("/%2e" + path);
        mutants.add("http://n1" + path);
        mutants.add("//n1" + path);
        mutants.add(path.substring(1));
        final String[] separators = {"//", "/./", "/;/", "/%2f", "%2f", "%2F", "%252f", "\\", "%5c", "/;a=b/", "/x/../"
        };
        for (int at = path.indexOf('/', 1); at > 0; at = path.indexOf('/', at + 1)) {
            for (final String separator : separators) {
                mutants.add(path.substring(0, at) + separator + path.substring(at + 1));
            }
            mutants.add(path.substring(0, at) + ";a=b" + path.substring(at));
        }
        for (int at = 1; at < path.length(); at++) {
            final String escape = String.format("%%%02x", (int) path.charAt(at));
            mutants.add(path.substring(0, at) + escape + path.substring(at + 1));
            mutants.add(path.substring(0, at) + escape.replace("%", "%25") + path.substring(at + 1));
            final char c = path.charAt(at);
            final char other = Character.isUpperCase(c) ? Character.toLowerCase(c) : Character.toUpperCase(c);
            mutants.add(path.substring(0, at) + other + path.substring(at + 1));
        }
        for (int at = 1; at <= path.length() && mutants.size() < 400; at++) {
            for (final String insert : List.of("%00", "%09", "%0d%0a", "%7f", ";", "%ef%bc%8f", "%2e/", "..;/")) {
                mutants.add(path.substring(0, at) + insert + path.substring(at));
            }
        }
        return mutants;
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET /registry-svc/nodes",
                "POST /registry-svc/nodes",
                "PUT /registry-svc/definition",
                "DELETE /registry-svc/definition/d",
                "DELETE /registry-svc/node/n2",
                "GET /metrics"
            })
    void accountWithoutThePermissionIsToldItsName(final String request) {
        final String[] parts = request.split(" ", -1);
        final var answer = gateway.send(parts[0], parts[1], gateway.token("user-service"), null);
        assertThat(answer.statusCode()).isEqualTo(403);
        assertThat(answer.body()).containsPattern("user-service.*registry-svc:(node|definition):(view|edit|delete)");
    }

    @Test
    void rolesAreComparedWhole() {
        for (final String role : List.of("user-svc:admins", "user-svc", "user-svc:admi", "USER-SVC:ADMIN", "admin")) {
            gateway.registry.account("mallory", role);
            assertThat(gateway.send("GET", "/registry-svc/nodes", gateway.token("mallory"), null)
                            .statusCode())
                    .isEqualTo(403);
        }
    }

    @Test
    void onlyTheAuthorizationHeaderProvesAnything() throws IOException {
        final String token = gateway.admin();
        for (final String header : List.of(
                "Cookie: token=" + token,
                "X-Authorization: Bearer " + token,
                "Authorization: " + token,
                "Authorization: Basic " + token,
                "Authorization: Bearer",
                "Authorization: Bearer ",
                "Authorization: Bearer  x" + token,
                "Authorization: Bearer " + token + " x",
                "Proxy-Authorization: Bearer " + token)) {
            assertThat(status("GET /registry-svc/instances HTTP/1.1\r\nHost: n1\r\n" + header))
                    .as(header)
                    .isEqualTo(401);
        }
        assertThat(status("GET /registry-svc/instances?token=" + token + " HTTP/1.1\r\nHost: n1"))
                .isIn(400, 401);
        assertThat(status("GET /registry-svc/instances HTTP/1.1\r\nHost: n1\r\naUTHORIZATION: bEARER " + token))
                .isEqualTo(200);
    }

    @Test
    void rememberedTokenOfAConnectionIsNotUsedForTheNextRequest() throws IOException {
        final String get = "GET /registry-svc/nodes HTTP/1.1\r\nHost: n1\r\n";
        final List<Integer> statuses = new ArrayList<>();
        try (Socket socket = gateway.connect()) {
            for (final String token : List.of(gateway.admin(), "", gateway.token("user-service"), "x")) {
                final String header = token.isEmpty() ? "" : "Authorization: Bearer " + token + "\r\n";
                socket.getOutputStream().write((get + header + "\r\n").getBytes(StandardCharsets.US_ASCII));
                statuses.add(Integer.parseInt(TestGateway.readAnswer(socket).substring(9, 12)));
            }
        }
        assertThat(statuses).containsExactly(200, 401, 403, 401);
    }

    private int status(final String head) throws IOException {
        return Integer.parseInt(
                gateway.raw(head + "\r\nConnection: close\r\n\r\n").substring(9, 12));
    }
}
