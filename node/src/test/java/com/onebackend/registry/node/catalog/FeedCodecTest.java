package com.onebackend.registry.node.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import com.onebackend.registry.node.catalog.FeedCodec.Acceptance;
import com.onebackend.registry.node.catalog.FeedCodec.CopyPart;
import com.onebackend.registry.node.catalog.FeedCodec.CopyRequest;
import com.onebackend.registry.wire.WireException;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

class FeedCodecTest {
    private static final CatalogEpoch EPOCH = new CatalogEpoch(2, 3, -4);
    private static final CatalogPeer N1 = new CatalogPeer("n1", "10.0.0.1", 58_233);
    private static final FeedAnswer ANSWER = new FeedAnswer(
            EPOCH,
            14,
            List.of(new FeedEntry(12, 3, new byte[] {1, 2}), new FeedEntry(14, 4, new byte[0])),
            false,
            true,
            "n1",
            List.of(N1),
            1_234,
            true);

    @Test
    void everythingComesBackAsItWasSent() {
        final FeedPoll poll = new FeedPoll(EPOCH, 2, 3, -4);
        assertThat(FeedCodec.kind(FeedCodec.encode(poll))).isEqualTo(FeedCodec.POLL);
        assertThat(FeedCodec.decodePoll(FeedCodec.encode(poll))).isEqualTo(poll);
        final CopyRequest copy = new CopyRequest(-5, 6);
        assertThat(FeedCodec.kind(FeedCodec.encode(copy))).isEqualTo(FeedCodec.COPY);
        assertThat(FeedCodec.decodeCopy(FeedCodec.encode(copy))).isEqualTo(copy);
        final CopyPart part = new CopyPart(-5, 7, ByteString.copyFromUtf8("part"), 8, EPOCH);
        assertThat(FeedCodec.decodePart(FeedCodec.encode(part))).isEqualTo(part);
        assertThat(FeedCodec.kind(FeedCodec.encodeOffer(EPOCH))).isEqualTo(FeedCodec.VOTE);
        assertThat(FeedCodec.decodeOffer(FeedCodec.encodeOffer(EPOCH))).isEqualTo(EPOCH);
        assertThat(FeedCodec.decodeOffer(FeedCodec.encodeOffer(CatalogEpoch.FIRST)))
                .isEqualTo(CatalogEpoch.FIRST);
        for (final Acceptance each : List.of(new Acceptance(N1, ""), new Acceptance(null, "it is leaving"))) {
            assertThat(FeedCodec.decodeAcceptance(FeedCodec.encode(each))).isEqualTo(each);
        }
        final FeedAnswer answer = FeedCodec.decodeAnswer(FeedCodec.encode(ANSWER));
        assertThat(answer).usingRecursiveComparison().isEqualTo(ANSWER);
    }

    @Test
    void entriesOutOfOrderOrBeyondTheEndAreRefused() {
        assertThatThrownBy(() -> FeedCodec.decodeAnswer(FeedCodec.encode(withEntries(14, 12))))
                .isInstanceOf(WireException.class);
        assertThatThrownBy(() -> FeedCodec.decodeAnswer(FeedCodec.encode(withEntries(12, 12))))
                .isInstanceOf(WireException.class);
        assertThatThrownBy(() -> FeedCodec.decodeAnswer(FeedCodec.encode(withEntries(12, 15))))
                .isInstanceOf(WireException.class);
    }

    private static FeedAnswer withEntries(final long first, final long second) {
        return new FeedAnswer(
                EPOCH,
                14,
                List.of(new FeedEntry(first, 3, new byte[1]), new FeedEntry(second, 3, new byte[1])),
                false,
                false,
                "",
                List.of(),
                0,
                false);
    }

    /** Damaged, cut or random: another node's bytes are understood or refused, and nothing else happens. */
    @Test
    void anyBytesAreUnderstoodOrRefused() {
        final List<Function<byte[], Object>> decoders = List.of(
                FeedCodec::decodePoll,
                FeedCodec::decodeCopy,
                FeedCodec::decodePart,
                FeedCodec::decodeOffer,
                FeedCodec::decodeAcceptance,
                FeedCodec::decodeAnswer,
                FeedCodec::kind);
        final List<byte[]> good = List.of(
                FeedCodec.encode(ANSWER),
                FeedCodec.encode(new FeedPoll(EPOCH, 2, 3, 4)),
                FeedCodec.encode(new CopyPart(1, 2, ByteString.copyFromUtf8("x"), 3, EPOCH)),
                FeedCodec.encode(new Acceptance(N1, "")));
        final Random random = new Random(42);
        int refused = 0;
        for (int i = 0; i < 20_000; i++) {
            final byte[] bytes = damaged(good.get(i % good.size()), random);
            for (final Function<byte[], Object> decoder : decoders) {
                try {
                    assertThat(decoder.apply(bytes)).isNotNull();
                } catch (final WireException e) {
                    refused++;
                }
            }
        }
        assertThat(refused).isGreaterThan(20_000);
    }

    private static byte[] damaged(final byte[] bytes, final Random random) {
        final byte[] damaged = Arrays.copyOf(bytes, random.nextInt(bytes.length + 2));
        for (int i = random.nextInt(4); i > 0 && damaged.length > 0; i--) {
            damaged[random.nextInt(damaged.length)] = (byte) random.nextInt();
        }
        return damaged;
    }
}
