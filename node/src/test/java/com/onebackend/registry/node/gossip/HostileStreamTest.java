package com.onebackend.registry.node.gossip;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class HostileStreamTest {
    private TestNode node;

    @BeforeEach
    void start() throws IOException {
        node = TestNode.joined();
    }

    @AfterEach
    void stop() {
        node.close();
    }

    private Socket connect() throws IOException {
        return new Socket(InetAddress.getLoopbackAddress(), node.streams.port());
    }

    private Hello hello(final TestNode of) {
        return of.streams.session().hello();
    }

    private void assertStillWorks() throws IOException {
        try (TestNode friend = TestNode.joined()) {
            friend.streams.send(node.endpoint(), new byte[] {1});
            await().until(() -> !node.frames.isEmpty());
        }
        assertThat(node.count(TransportEvent.HANDLER_FAILED)).isZero();
    }

    @Test
    void plaintextPeerIsRefused() throws IOException {
        try (Socket socket = connect()) {
            socket.setSoTimeout(5_000);
            socket.getOutputStream().write("GET / HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            drain(socket);
        }
        await().until(() -> node.count(TransportEvent.HANDSHAKE_FAILED) == 1);
        assertStillWorks();
    }

    @Test
    void silentPeerIsTimedOut() throws IOException {
        try (TestNode impatient = TestNode.impatient();
                Socket socket = new Socket(InetAddress.getLoopbackAddress(), impatient.streams.port())) {
            socket.setSoTimeout(10_000);
            drain(socket);
            await().until(() -> impatient.streams.acceptedConnections() == 0);
        }
    }

    @Test
    void memberThatNeverGreetsIsTimedOut() throws IOException {
        try (TestNode impatient = TestNode.impatient();
                HandMadePeer mute = HandMadePeer.connect(impatient, TestNode.SECRET)) {
            assertThat(mute.isClosedByPeer()).isTrue();
            assertThat(impatient.count(TransportEvent.CONNECTION_TIMED_OUT)).isEqualTo(1);
        }
    }

    @ParameterizedTest
    @EnumSource(FrameKind.class)
    void impossibleLengthClosesTheConnection(final FrameKind kind) throws IOException {
        final long before = usedBytes();
        for (final int length : new int[] {Integer.MIN_VALUE, Integer.MAX_VALUE, -1, kind.payloadBytesMax() + 1}) {
            try (HandMadePeer liar = HandMadePeer.connect(node, TestNode.SECRET)) {
                liar.write(hello(node).frame());
                assertThat(liar.read().kind()).isEqualTo(FrameKind.HELLO);
                liar.write(ByteBuffer.allocate(Frame.HEADER_BYTES)
                        .put((byte) kind.code())
                        .putInt(length)
                        .array());
                assertThat(liar.isClosedByPeer()).isTrue();
            }
        }
        assertThat(node.count(TransportEvent.FRAME_MALFORMED)).isEqualTo(4);
        assertThat(usedBytes() - before).as("no gigabyte was asked for").isLessThan(256L << 20);
        assertStillWorks();
    }

    @Test
    void frameInTheWrongPlaceClosesTheConnection() throws IOException {
        try (HandMadePeer rude = HandMadePeer.connect(node, TestNode.SECRET)) {
            rude.write(new Frame(FrameKind.GOSSIP, new byte[10]));
            assertThat(rude.isClosedByPeer()).isTrue();
        }
        try (HandMadePeer twice = HandMadePeer.connect(node, TestNode.SECRET)) {
            twice.write(hello(node).frame());
            twice.write(hello(node).frame());
            assertThat(twice.read().kind()).isEqualTo(FrameKind.HELLO);
            assertThat(twice.isClosedByPeer()).isTrue();
        }
        assertThat(node.count(TransportEvent.FRAME_MALFORMED)).isEqualTo(2);
        assertThat(node.frames).isEmpty();
        assertStillWorks();
    }

    @Test
    void randomBytesBeforeAndInsideTlsDoNoHarm() throws IOException {
        final Random random = new Random(5);
        for (int i = 0; i < 60; i++) {
            final byte[] noise = new byte[1 + random.nextInt(3_000)];
            random.nextBytes(noise);
            if (i % 3 == 0) {
                // Looks like the start of a TLS handshake.
                noise[0] = 22;
            }
            try (Socket socket = connect()) {
                socket.getOutputStream().write(noise);
            }
        }
        for (int i = 0; i < 30; i++) {
            try (HandMadePeer peer = HandMadePeer.connect(node, TestNode.SECRET)) {
                if (i % 2 == 0) {
                    peer.write(hello(node).frame());
                }
                for (int n = 0; n < 20; n++) {
                    final byte[] noise = new byte[1 + random.nextInt(200)];
                    random.nextBytes(noise);
                    noise[0] = (byte) random.nextInt(7);
                    peer.write(noise);
                }
            } catch (final UncheckedIOException e) {
                // It closed on us while we wrote: what it should do.
                assertThat(e).hasCauseInstanceOf(IOException.class);
            }
        }
        assertStillWorks();
        await().until(() -> node.streams.acceptedConnections() == 0);
    }

    private static void drain(final Socket socket) throws IOException {
        try {
            while (socket.getInputStream().read() >= 0) {
                // An alert may come before the end.
            }
        } catch (final SocketTimeoutException e) {
            throw e;
        } catch (final IOException e) {
            assertThat(e).as("reset is as good as closed").isNotNull();
        }
    }

    private static long usedBytes() {
        return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    }
}
