package com.onebackend.registry.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Seeded nonsense: whatever comes in, nothing fails inside. */
class FuzzTest {
    private static final int ROUNDS = 1_500;
    private final TestGateway gateway = new TestGateway();

    @AfterEach
    void close() {
        gateway.close();
    }

    @Test
    void randomAndMutatedBytesNeverFailInside() throws IOException {
        final Random random = new Random(1);
        final byte[] seed = ("PUT /registry-svc/instance?x=%20 HTTP/1.1\r\nHost: n1\r\nAuthorization: Bearer "
                        + gateway.admin() + "\r\nContent-Length: 30\r\nConnection: close\r\n\r\n"
                        + "{\"slug\":\"s\",\"url\":\"http://aa\"}")
                .getBytes(StandardCharsets.US_ASCII);
        for (int i = 0; i < ROUNDS; i++) {
            final byte[] bytes;
            if (i % 3 == 0) {
                bytes = new byte[random.nextInt(300)];
                random.nextBytes(bytes);
            } else {
                bytes = seed.clone();
                for (int k = random.nextInt(4); k >= 0; k--) {
                    bytes[random.nextInt(i % 3 == 1 ? 60 : bytes.length)] = (byte) random.nextInt(256);
                }
            }
            assertThat(gateway.raw(bytes)).as("round " + i).doesNotContain("HTTP/1.1 5");
        }
        assertThat(gateway.send("GET", "/health", null, null).statusCode()).isEqualTo(200);
    }

    @Test
    void mutatedJsonNeverFailsInside() {
        final Random random = new Random(2);
        final String token = gateway.admin();
        final List<String[]> seeds = List.of(
                new String[] {
                    "PUT",
                    "/registry-svc/instance",
                    "{\"id\":\"a\",\"slug\":\"s\",\"url\":\"http://a\",\"port\":80,\"tags\":[\"x\"],"
                            + "\"status\":\"Healthy\",\"details\":\"\\u00e9\"}"
                },
                new String[] {
                    "PUT",
                    "/registry-svc/definition",
                    "{\"definition\":{\"id\":\"d\",\"image\":{\"name\":\"n\",\"internalPorts\":[1]},"
                            + "\"ports\":[{\"internal\":1,\"host\":2}],\"envars\":[{\"key\":\"k\",\"value\":\"v\"}],"
                            + "\"repository\":{\"url\":\"u\"},"
                            + "\"apiSpecs\":[{\"url\":\"u\",\"metadata\":{\"a\":\"b\"}}],"
                            + "\"clients\":[{\"language\":\"go\",\"url\":\"u\"}]}}"
                },
                new String[] {"POST", "/registry-svc/nodes", "{\"ids\":[\"n1\"]}"},
                new String[] {"POST", "/user-svc/login", "{\"slug\":\"u\",\"password\":{\"a\":1},\"device\":\"x\"}"});
        final String[] inserts = {
            "{",
            "}",
            "[",
            "]",
            "\"",
            "\\",
            "\\ud800",
            "\\u0000",
            "null",
            "true",
            "-1",
            "1e999",
            "99999999999999999999",
            ",",
            ":",
            "\u00ff",
            "\ud83d\ude00",
            "{\"a\":",
            "0x1",
            "NaN",
            "/*",
            "'",
            "[[[[[[",
            "\"\":"
        };
        for (int i = 0; i < ROUNDS; i++) {
            final String[] seed = seeds.get(i % seeds.size());
            final StringBuilder body = new StringBuilder(seed[2]);
            for (int k = random.nextInt(3); k >= 0; k--) {
                final int at = random.nextInt(body.length());
                final int end = Math.min(body.length(), at + random.nextInt(4));
                body.replace(at, end, inserts[random.nextInt(inserts.length)]);
            }
            final var answer = gateway.send(seed[0], seed[1], token, body.toString());
            assertThat(answer.statusCode()).as(body.toString()).isLessThan(500);
            TestGateway.json(answer);
        }
        assertThat(gateway.send("GET", "/registry-svc/instances", token, null).statusCode())
                .isEqualTo(200);
        assertThat(gateway.send("GET", "/registry-svc/definitions", token, null).statusCode())
                .isEqualTo(200);
    }
}
