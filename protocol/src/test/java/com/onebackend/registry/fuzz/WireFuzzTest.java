package com.onebackend.registry.fuzz;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.onebackend.registry.gossip.GossipMessage;
import com.onebackend.registry.wire.RecordCodec;
import com.onebackend.registry.wire.WireCodec;
import com.onebackend.registry.wire.WireException;
import com.onebackend.registry.wire.WireLimits;
import java.util.List;
import java.util.function.Consumer;
import org.assertj.core.api.Assertions;

/**
 * Whatever bytes come: they decode, or they are refused by a {@link WireException}, and what it costs has a limit.
 * Plain test runs replay the inputs kept under {@code WireFuzzTestInputs}; {@code scripts/fuzz} looks for new ones.
 */
class WireFuzzTest {
    private static final List<Consumer<byte[]>> RECORDS = List.of(
            RecordCodec::decodeEntry,
            RecordCodec::decodeHead,
            RecordCodec::decodeDefinition,
            RecordCodec::decodeNode,
            RecordCodec::decodeAccount,
            RecordCodec::decodeSigningKey);

    /** Objects made per byte of a message of empty fields, and what decoding costs in any case. */
    private static final long HEAP_BYTES_PER_BYTE = 256;

    private static final long HEAP_BYTES_FIXED = 64 << 10;

    @FuzzTest
    void messageDecodesOrIsRefused(final byte[] bytes) {
        final GossipMessage[] message = new GossipMessage[1];
        Allocation.atMost(HEAP_BYTES_FIXED + HEAP_BYTES_PER_BYTE * bytes.length, () -> message[0] = decoded(bytes));
        if (message[0] == null) {
            return;
        }
        final byte[] again = WireCodec.encode(message[0]);
        Assertions.assertThat(WireCodec.decode(again)).isEqualTo(message[0]);
    }

    @FuzzTest
    void datagramDecodesOrIsRefused(final byte[] bytes) {
        if (bytes.length <= WireLimits.DATAGRAM_MESSAGE_BYTES_MAX) {
            Allocation.atMost(Allocation.UNAUTHENTICATED_BYTES_MAX * 2, () -> decoded(bytes));
        }
    }

    @FuzzTest
    void recordDecodesOrIsRefused(final byte[] bytes) {
        for (final Consumer<byte[]> decode : RECORDS) {
            try {
                decode.accept(bytes);
            } catch (final WireException e) {
                // Refused: that is an answer.
            }
        }
    }

    /** Null when refused. */
    private static GossipMessage decoded(final byte[] bytes) {
        try {
            return WireCodec.decode(bytes);
        } catch (final WireException e) {
            return null;
        }
    }
}
