package com.onebackend.registry.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/** Whatever a peer or a disk hands over: it decodes, or it is a {@link WireException}, and nothing else. */
class DecoderFuzzTest {
    private static final int INPUTS = 100_000;

    private final RandomGenerator random = new SplittableRandom(7);
    private final Samples samples = new Samples(random);

    @Test
    void randomBytesAreRefusedAsWireExceptions() {
        int refused = 0;
        for (int i = 0; i < INPUTS; i++) {
            refused += refuses(WireCodec::decode, samples.bytes(random.nextInt(200))) ? 1 : 0;
        }
        assertThat(refused).isGreaterThan(INPUTS / 2);
    }

    @Test
    void damagedMessagesDecodeOrAreRefused() {
        int refused = 0;
        for (int i = 0; i < INPUTS; i++) {
            final byte[] damaged = damaged(WireCodec.encode(samples.message(i)));
            refused += refuses(WireCodec::decode, damaged) ? 1 : 0;
        }
        // Damage inside a text or a number still decodes; the transport's seal is what finds that.
        assertThat(refused).isBetween(INPUTS / 20, INPUTS - 1);
    }

    @Test
    void whatADamagedMessageDecodesToCanBeEncodedAgain() {
        for (int i = 0; i < INPUTS / 5; i++) {
            refuses(
                    bytes -> WireCodec.decode(WireCodec.encode(WireCodec.decode(bytes))),
                    damaged(WireCodec.encode(samples.message(i))));
        }
    }

    @Test
    void damagedRecordsDecodeOrAreRefused() {
        final List<Consumer<byte[]>> decoders = List.of(
                RecordCodec::decodeEntry,
                RecordCodec::decodeHead,
                RecordCodec::decodeDefinition,
                RecordCodec::decodeNode,
                RecordCodec::decodeAccount,
                RecordCodec::decodeSigningKey);
        for (int i = 0; i < INPUTS / 6; i++) {
            final List<byte[]> good = new ArrayList<>();
            good.add(RecordCodec.encodeEntry(samples.entry()));
            good.add(RecordCodec.encodeHead(samples.head()));
            good.add(RecordCodec.encodeDefinition(samples.definition()));
            good.add(RecordCodec.encodeNode(samples.node()));
            good.add(RecordCodec.encodeAccount(samples.account()));
            good.add(RecordCodec.encodeSigningKey(samples.signingKey()));
            for (int decoder = 0; decoder < decoders.size(); decoder++) {
                refuses(decoders.get(decoder), damaged(good.get(decoder)));
                // Bytes of another kind of record, too.
                refuses(decoders.get(decoder), good.get(random.nextInt(good.size())));
                refuses(decoders.get(decoder), samples.bytes(random.nextInt(100)));
            }
        }
    }

    /** True when refused; any other exception fails the test. */
    private static boolean refuses(final Consumer<byte[]> decode, final byte[] bytes) {
        try {
            decode.accept(bytes);
            return false;
        } catch (final WireException e) {
            return true;
        } catch (final RuntimeException e) {
            throw new AssertionError("not a WireException for " + Arrays.toString(bytes), e);
        }
    }

    private byte[] damaged(final byte[] good) {
        final byte[] bytes =
                random.nextInt(4) == 0 ? Arrays.copyOf(good, random.nextInt(good.length + 8)) : good.clone();
        for (int i = random.nextInt(4); i > 0 && bytes.length > 0; i--) {
            bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
        }
        return bytes;
    }
}
