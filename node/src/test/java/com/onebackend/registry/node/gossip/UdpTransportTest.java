package com.onebackend.registry.node.gossip;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.onebackend.registry.model.Endpoint;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class UdpTransportTest {
    private static final byte[] PING = "ping".getBytes(StandardCharsets.UTF_8);

    private TestNode a;
    private TestNode b;

    @BeforeEach
    void start() throws IOException {
        a = TestNode.joined();
        b = TestNode.joined();
    }

    @AfterEach
    void stop() {
        a.close();
        b.close();
    }

    private void assertDelivers() {
        b.datagrams.clear();
        // Datagrams may be lost, on loopback too when a buffer is full: it is sent until it arrives.
        await().until(() -> a.udp.send(b.endpoint(), PING) && !b.datagrams.isEmpty());
        assertThat(b.datagrams.peek()).isEqualTo(PING);
    }

    @Test
    void datagramArrives() {
        assertDelivers();
        await().until(() -> a.count(TransportEvent.DATAGRAM_SENT) > 0);
    }

    @Test
    void hostNameIsResolvedWithoutBlocking() {
        await().until(() -> a.udp.send(new Endpoint("localhost", b.udp.port()), PING) && !b.datagrams.isEmpty());
    }

    @Test
    void unknownHostIsCountedAndHarmless() {
        assertThat(a.udp.send(new Endpoint("no-such-host.invalid", 1), PING)).isTrue();
        await().until(() -> a.count(TransportEvent.NAME_UNRESOLVED) == 1);
        assertDelivers();
    }

    @Test
    void oversizedPayloadIsRefused() {
        assertThat(a.udp.send(b.endpoint(), new byte[UdpTransport.PAYLOAD_BYTES_MAX + 1]))
                .isFalse();
        assertThat(a.count(TransportEvent.DATAGRAM_TOO_LARGE)).isEqualTo(1);
        await().until(() -> a.udp.send(b.endpoint(), new byte[UdpTransport.PAYLOAD_BYTES_MAX])
                && b.count(TransportEvent.DATAGRAM_RECEIVED) > 0);
    }

    @Test
    void nothingIsSentOrTakenBeforeTheClusterIsKnown() throws IOException {
        try (TestNode early = new TestNode(TestNode.SECRET).bind(0)) {
            assertThat(early.udp.send(b.endpoint(), PING)).isFalse();
            await().until(() ->
                    a.udp.send(early.endpoint(), PING) && early.count(TransportEvent.DATAGRAM_BEFORE_JOIN) >= 2);
            assertThat(early.datagrams).isEmpty();
        }
    }

    @Test
    void foreignAndForgedDatagramsAreDroppedByReason() throws IOException {
        try (TestNode foreign = new TestNode(TestNode.SECRET).bind(0).join(TestNode.CLUSTER + 1);
                TestNode forger = new TestNode(TestNode.OTHER_SECRET).bind(0).join(TestNode.CLUSTER)) {
            await().until(() ->
                    foreign.udp.send(b.endpoint(), PING) && b.count(TransportEvent.DATAGRAM_WRONG_CLUSTER) > 0);
            await().until(() -> forger.udp.send(b.endpoint(), PING) && b.count(TransportEvent.DATAGRAM_FORGED) > 0);
        }
        assertThat(b.datagrams).isEmpty();
        assertDelivers();
    }

    @Test
    void repeatedDatagramIsDroppedAndStrangersGetNoAnswer() throws IOException {
        final byte[] packet =
                new PacketSeal(ClusterKeys.derive(TestNode.SECRET), TestNode.CLUSTER, a.counters).seal(PING);
        try (DatagramSocket socket = new DatagramSocket()) {
            await().until(() -> send(socket, packet) && b.count(TransportEvent.DATAGRAM_REPLAYED) > 0);
            assertThat(b.datagrams).hasSize(1);
            socket.setSoTimeout(100);
            assertThatThrownBy(() -> socket.receive(new DatagramPacket(new byte[1_500], 1_500)))
                    .isInstanceOf(SocketTimeoutException.class);
        }
    }

    @Test
    void tenThousandRandomDatagramsDoNoHarm() throws IOException {
        final Random random = new Random(3);
        try (DatagramSocket socket = new DatagramSocket()) {
            for (int i = 0; i < 10_000; i++) {
                final byte[] noise = new byte[random.nextInt(1_600)];
                random.nextBytes(noise);
                if (noise.length > 2 && i % 4 == 0) {
                    noise[0] = 0x4F;
                    noise[1] = 0x42;
                    noise[2] = 1;
                }
                assertThat(send(socket, noise)).isTrue();
            }
        }
        assertDelivers();
        assertThat(b.count(TransportEvent.DATAGRAM_MALFORMED)).isPositive();
        assertThat(b.count(TransportEvent.HANDLER_FAILED)).isZero();
    }

    @Test
    void refusedSendIsCountedAndTheSocketLivesOn() {
        // The socket is bound to loopback: the kernel cannot send from it to the outside.
        a.udp.send(new Endpoint("203.0.113.1", 9), PING);
        a.udp.send(new Endpoint("255.255.255.255", 9), PING);
        await().until(() -> a.count(TransportEvent.DATAGRAM_SEND_FAILED) > 0);
        assertDelivers();
    }

    @Test
    void takenPortIsNamedInTheError() {
        try (TestNode third = new TestNode(TestNode.SECRET)) {
            assertThatThrownBy(() -> third.udp.bind(TestNode.HOST, b.udp.port()))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining(TestNode.HOST + ":" + b.udp.port())
                    .hasMessageContaining("OB_GOSSIP_PORT");
        }
    }

    private boolean send(final DatagramSocket socket, final byte[] packet) throws IOException {
        socket.send(new DatagramPacket(packet, packet.length, InetAddress.getLoopbackAddress(), b.udp.port()));
        return true;
    }
}
