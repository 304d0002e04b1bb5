package com.onebackend.registry.node.gossip;

import static org.assertj.core.api.Assertions.assertThat;

import com.onebackend.registry.model.Endpoint;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class HelloTest {
    private static final Hello HELLO =
            new Hello(Hello.Purpose.GOSSIP, -5, 77, "n\u00f8de-1", new Endpoint("peer.example", 65_535));

    @Test
    void bothKindsSurviveTheWire() {
        assertThat(Hello.decode(HELLO.frame().payload())).contains(HELLO);
        final Hello request = Hello.ofRequest(3, "node-2");
        assertThat(Hello.decode(request.frame().payload())).contains(request);
    }

    @Test
    void longestNamesFitAHelloFrame() {
        final Hello longest =
                new Hello(Hello.Purpose.GOSSIP, 1, 1, "\u20ac".repeat(128), new Endpoint("h".repeat(255), 1));
        assertThat(longest.frame().payload().length).isLessThanOrEqualTo(FrameKind.HELLO.payloadBytesMax());
        assertThat(Hello.decode(longest.frame().payload())).contains(longest);
    }

    @Test
    void truncatedOrRandomBytesAreNoHello() {
        final byte[] whole = HELLO.frame().payload();
        for (int length = 0; length < whole.length; length++) {
            assertThat(Hello.decode(Arrays.copyOf(whole, length))).isEmpty();
        }
        final Random random = new Random(6);
        for (int i = 0; i < 10_000; i++) {
            final byte[] noise = new byte[random.nextInt(64)];
            random.nextBytes(noise);
            if (noise.length > 0) {
                noise[0] = 1;
            }
            // Must not throw; what decodes by chance has a usable endpoint.
            Hello.decode(noise)
                    .filter(hello -> hello.purpose() == Hello.Purpose.GOSSIP)
                    .ifPresent(hello -> assertThat(hello.listensAt()).isNotNull());
        }
    }
}
