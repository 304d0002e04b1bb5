package com.onebackend.registry.node.gossip;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.onebackend.registry.fuzz.Allocation;
import com.onebackend.registry.wire.WireCodec;
import com.onebackend.registry.wire.WireException;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.CorruptedFrameException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.function.Consumer;

/**
 * What a socket hands over is opened or dropped, never thrown, and costs little before its sender has proved itself.
 * Plain test runs replay the inputs kept under {@code TransportFuzzTestInputs}; {@code scripts/fuzz} looks for new
 * ones.
 */
class TransportFuzzTest {
    /** What {@link TransportInputs} seals. */
    static final byte[] SEALED = "ping".getBytes(StandardCharsets.UTF_8);

    /** Bytes may come one by one: each arrival has its price, whatever it carries. */
    private static final int HEAP_BYTES_PER_ARRIVAL = 256;

    /** What has arrived of a frame, doubled to make room, and the buffer before it that it is copied from. */
    private static final int DIRECT_BYTES_PER_BYTE = 4;

    @FuzzTest
    void datagramOpensOrIsDropped(final byte[] packet) {
        final PacketSeal seal = TransportInputs.seal();
        Allocation.atMost(Allocation.UNAUTHENTICATED_BYTES_MAX, () -> open(seal, packet));
        // Under a header of this cluster, the rest is what the receiver has to refuse.
        final byte[] headed = Arrays.copyOf(seal.seal(SEALED), PacketSeal.HEADER_BYTES + packet.length);
        System.arraycopy(packet, 0, headed, PacketSeal.HEADER_BYTES, packet.length);
        Allocation.atMost(Allocation.UNAUTHENTICATED_BYTES_MAX, () -> open(seal, headed));
    }

    @FuzzTest
    void helloDecodesOrIsNone(final byte[] payload) {
        if (payload.length > FrameKind.HELLO.payloadBytesMax()) {
            return;
        }
        Allocation.atMost(Allocation.UNAUTHENTICATED_BYTES_MAX, () -> Hello.decode(payload));
        Hello.decode(payload)
                .map(Hello::frame)
                .ifPresent(frame -> assertThat(Hello.decode(frame.payload())).isEqualTo(Hello.decode(payload)));
    }

    @FuzzTest
    void streamGivesFramesWithinTheirLimitsOrEnds(final byte[] bytes) {
        Allocation.atMost(
                Allocation.UNAUTHENTICATED_BYTES_MAX + (long) HEAP_BYTES_PER_ARRIVAL * bytes.length,
                () -> stream(bytes, frame -> {}));
        final long directBytes = stream(bytes, TransportFuzzTest::take);
        assertThat(directBytes)
                .as("bytes outside the heap")
                .isLessThanOrEqualTo(
                        Allocation.UNAUTHENTICATED_BYTES_MAX + (long) DIRECT_BYTES_PER_BYTE * bytes.length);
    }

    private static void open(final PacketSeal seal, final byte[] packet) {
        final byte[] plaintext = seal.open(packet, "somebody");
        assertThat(plaintext == null || Arrays.equals(plaintext, SEALED)).isTrue();
    }

    /** The first byte says in what pieces the rest arrives. Returns the most bytes that were held outside the heap. */
    private static long stream(final byte[] bytes, final Consumer<Frame> taker) {
        final MeteredAllocator allocator = new MeteredAllocator();
        if (bytes.length == 0) {
            return 0;
        }
        final EmbeddedChannel channel = new EmbeddedChannel(new Frame.Decoder());
        channel.config().setAllocator(allocator);
        final int piece = 1 + Byte.toUnsignedInt(bytes[0]) * 8;
        try {
            for (int from = 1; from < bytes.length; from += piece) {
                channel.writeInbound(Unpooled.wrappedBuffer(bytes, from, Math.min(piece, bytes.length - from)));
                for (Frame frame = channel.readInbound(); frame != null; frame = channel.readInbound()) {
                    taker.accept(frame);
                }
            }
        } catch (final CorruptedFrameException e) {
            // The connection ends.
        } finally {
            channel.finishAndReleaseAll();
        }
        return allocator.directBytesMost();
    }

    private static void take(final Frame frame) {
        assertThat(frame.payload().length).isLessThanOrEqualTo(frame.kind().payloadBytesMax());
        switch (frame.kind()) {
            case HELLO -> Hello.decode(frame.payload());
            case GOSSIP -> {
                try {
                    WireCodec.decode(frame.payload());
                } catch (final WireException e) {
                    // Dropped.
                }
            }
            case REQUEST, RESPONSE, PING, PONG -> {}
        }
    }
}
