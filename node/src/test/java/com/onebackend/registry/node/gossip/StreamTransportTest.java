package com.onebackend.registry.node.gossip;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.onebackend.registry.model.Endpoint;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class StreamTransportTest {
    private static final byte[] DELTA = "delta".getBytes(StandardCharsets.UTF_8);

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

    private void assertDelivers(final TestNode from, final TestNode to) {
        to.frames.clear();
        await().until(() -> from.streams.send(to.endpoint(), DELTA) && !to.frames.isEmpty());
    }

    @Test
    void framesArriveInOrderOverOneConnectionWithTheSendersEndpoint() {
        final Random random = new Random(4);
        for (int i = 0; i < 200; i++) {
            final byte[] frame = new byte[1 + random.nextInt(20_000)];
            frame[0] = (byte) i;
            assertThat(a.streams.send(b.endpoint(), frame)).isTrue();
        }
        await().until(() -> b.frames.size() == 200);
        int expected = 0;
        for (final byte[] frame : b.frames) {
            assertThat(frame[0]).isEqualTo((byte) expected++);
        }
        assertThat(b.senders).containsOnly(a.endpoint());
        assertThat(a.count(TransportEvent.CONNECTION_OPENED)).isEqualTo(1);
        assertThat(b.streams.acceptedConnections()).isEqualTo(1);
    }

    @Test
    void largestFrameArrivesAndALargerOneIsRefused() {
        assertThat(a.streams.send(b.endpoint(), new byte[StreamTransport.FRAME_BYTES_MAX]))
                .isTrue();
        assertThat(a.streams.send(b.endpoint(), new byte[StreamTransport.FRAME_BYTES_MAX + 1]))
                .isFalse();
        await().until(() -> b.frames.size() == 1);
        assertThat(b.frames.peek()).hasSize(StreamTransport.FRAME_BYTES_MAX);
    }

    @Test
    void hostNameIsResolved() {
        assertThat(a.streams.send(new Endpoint("localhost", b.streams.port()), DELTA))
                .isTrue();
        await().until(() -> !b.frames.isEmpty());
    }

    @Test
    void peerWithAnotherSecretIsRefusedByBothSides() throws IOException {
        try (TestNode stranger = new TestNode(TestNode.OTHER_SECRET).bind(0).join(TestNode.CLUSTER)) {
            stranger.streams.send(b.endpoint(), DELTA);
            await().until(() -> stranger.count(TransportEvent.HANDSHAKE_FAILED) > 0
                    && b.count(TransportEvent.HANDSHAKE_FAILED) > 0);
            assertThat(b.frames).isEmpty();
            assertThat(stranger.count(TransportEvent.FRAME_SENT)).isZero();
        }
        assertDelivers(a, b);
    }

    @Test
    void nodeOfAnotherClusterIsRefused() throws IOException {
        try (TestNode foreign = new TestNode(TestNode.SECRET).bind(0).join(TestNode.CLUSTER + 1)) {
            foreign.streams.send(b.endpoint(), DELTA);
            await().until(() -> b.count(TransportEvent.HELLO_WRONG_CLUSTER) > 0);
            await().until(() -> foreign.count(TransportEvent.FRAME_UNREACHABLE) > 0);
            assertThat(b.frames).isEmpty();
        }
    }

    @Test
    void gossipWaitsForTheClusterOnBothSides() throws IOException {
        try (TestNode early = new TestNode(TestNode.SECRET).bind(0)) {
            assertThat(early.streams.send(b.endpoint(), DELTA)).isFalse();
            a.streams.send(early.endpoint(), DELTA);
            await().until(() -> early.count(TransportEvent.HELLO_BEFORE_JOIN) > 0);
            early.join(TestNode.CLUSTER);
            assertDelivers(early, b);
            assertDelivers(a, early);
        }
    }

    @Test
    void overflowingQueueDropsAndRecovers() {
        b.isInboxFull = true;
        final byte[] frame = new byte[256 << 10];
        final long begin = System.nanoTime();
        int refused = 0;
        // Kernel buffers take some; no more than 8 MiB may wait here, whatever is offered.
        while (refused < 50 && System.nanoTime() - begin < 20_000_000_000L) {
            if (!a.streams.send(b.endpoint(), frame)) {
                refused++;
            }
        }
        assertThat(refused).isEqualTo(50);
        assertThat(a.count(TransportEvent.FRAME_OVERFLOW)).isEqualTo(50);
        await().until(() -> b.count(TransportEvent.READ_PAUSED) > 0);
        b.isInboxFull = false;
        await().until(() -> !b.frames.isEmpty());
        await().until(() -> a.streams.send(b.endpoint(), DELTA)
                && b.frames.stream().anyMatch(received -> received.length == DELTA.length));
    }

    @Test
    void fullInboxStopsReadingAndLosesNothing() {
        b.isInboxFull = true;
        for (int i = 0; i < 500; i++) {
            assertThat(a.streams.send(b.endpoint(), new byte[10_000])).isTrue();
        }
        await().until(() -> b.count(TransportEvent.READ_PAUSED) > 0);
        assertThat(b.count(TransportEvent.FRAME_RECEIVED)).isLessThan(500);
        b.isInboxFull = false;
        await().until(() -> b.frames.size() == 500);
    }

    @Test
    void restartedPeerIsReconnected() throws IOException {
        assertDelivers(a, b);
        final int port = b.streams.port();
        b.close();
        // While it is down, what is sent is dropped and counted, never held for ever.
        await().until(() -> a.streams.send(new Endpoint(TestNode.HOST, port), DELTA)
                && a.count(TransportEvent.FRAME_UNREACHABLE) > 0);
        b = new TestNode(TestNode.SECRET).bind(port).join(TestNode.CLUSTER);
        assertDelivers(a, b);
        assertThat(a.count(TransportEvent.CONNECTION_OPENED)).isGreaterThanOrEqualTo(2);
    }

    @Test
    void peerThatStoppedAnsweringIsGivenUpAndReconnected() throws IOException {
        try (TestNode impatient = TestNode.impatient()) {
            assertDelivers(impatient, b);
            b.isInboxFull = true;
            // Its kernel still takes bytes, its process does not: only the unanswered ping tells.
            await().until(() -> impatient.streams.send(b.endpoint(), DELTA)
                    && impatient.count(TransportEvent.CONNECTION_TIMED_OUT) > 0);
            b.isInboxFull = false;
            assertDelivers(impatient, b);
        }
    }

    @Test
    void unusedConnectionIsClosedAndReopenedOnDemand() throws IOException {
        try (TestNode frugal = TestNode.impatient()) {
            assertDelivers(frugal, b);
            await().until(() -> b.streams.acceptedConnections() == 0);
            assertDelivers(frugal, b);
        }
    }

    @Test
    void reconnectingProcessReplacesItsEarlierConnection() {
        assertDelivers(a, b);
        final Hello again = a.streams.session().hello();
        final HandMadePeer second = HandMadePeer.connect(b, TestNode.SECRET);
        second.write(again.frame());
        assertThat(second.read().kind()).isEqualTo(FrameKind.HELLO);
        await().until(() -> b.streams.acceptedConnections() == 1);
        second.close();
    }
}
