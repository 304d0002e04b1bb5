package com.onebackend.registry.node.gossip;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.onebackend.registry.membership.Lane;
import com.onebackend.registry.model.Endpoint;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class GossipTransportsTest {
    private static GossipTransports node(final String id) {
        return new GossipTransports(id, ClusterKeys.derive(TestNode.SECRET), List.of(TestNode.HOST));
    }

    @Test
    void bothLanesAndRequestsShareOnePort() throws Exception {
        final ConcurrentLinkedQueue<String> received = new ConcurrentLinkedQueue<>();
        try (GossipTransports a = node("a");
                GossipTransports b = node("b")) {
            final Endpoint atA = new Endpoint(TestNode.HOST, a.bind(TestNode.HOST, 0, bytes -> bytes, Runnable::run));
            final Endpoint atB = new Endpoint(TestNode.HOST, b.bind(TestNode.HOST, 0, bytes -> bytes, Runnable::run));
            assertThat(a.request(atB, new byte[] {9}, Duration.ofSeconds(10)).get(10, TimeUnit.SECONDS))
                    .containsExactly(9);
            a.joinCluster(1, atA, (from, bytes) -> {}, (from, bytes) -> true);
            b.joinCluster(
                    1, atB, (from, bytes) -> received.add("datagram"), (from, bytes) -> received.add("stream " + from));
            await().until(() -> a.send(atB, Lane.DATAGRAM, new byte[1]) && received.contains("datagram"));
            await().until(() -> a.send(atB, Lane.STREAM, new byte[1]) && received.contains("stream " + atA));
        }
    }

    @Test
    void takenPortFailsTheStartAndNamesIt() throws IOException {
        try (GossipTransports a = node("a");
                GossipTransports b = node("b")) {
            final int port = a.bind(TestNode.HOST, 0, bytes -> bytes, Runnable::run);
            assertThatThrownBy(() -> b.bind(TestNode.HOST, port, bytes -> bytes, Runnable::run))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining(":" + port);
        }
    }

    @Test
    void closingTwiceOrUnboundIsHarmless() {
        final GossipTransports node = node("a");
        node.close();
        node.close();
    }
}
