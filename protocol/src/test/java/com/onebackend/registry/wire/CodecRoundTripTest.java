package com.onebackend.registry.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.onebackend.registry.gossip.GossipMessage;
import com.onebackend.registry.membership.SwimMessage;
import com.onebackend.registry.model.Generation;
import com.onebackend.registry.model.MemberId;
import com.onebackend.registry.model.Origin;
import com.onebackend.registry.model.SigningKey;
import com.onebackend.registry.replication.LogEntry;
import com.onebackend.registry.replication.LogMessage;
import com.onebackend.registry.wire.v1.SyncStatusMsg;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.Function;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

class CodecRoundTripTest {
    private static final int ROUNDS = 5_000;

    private final Samples samples = new Samples(new SplittableRandom(1));

    @Test
    void everyMessageComesBackEqual() {
        final Set<Object> kinds = new HashSet<>();
        for (int i = 0; i < ROUNDS; i++) {
            final GossipMessage message = samples.message(i);
            assertThat(WireCodec.decode(WireCodec.encode(message))).isEqualTo(message);
            kinds.add(kindOf(message));
        }
        assertThat(kinds)
                .hasSize(SwimMessage.Type.values().length
                        + LogMessage.Type.values().length
                        + GossipMessage.Type.values().length
                        - 2);
    }

    @Test
    void answerOfALaterVersionToAProbeIsTakenForADifference() throws Exception {
        final SyncStatusMsg later =
                SyncStatusMsg.newBuilder().setSession(7).setKindValue(99).build();
        assertThat(LogCodec.status(SyncStatusMsg.parseFrom(later.toByteArray())))
                .isEqualTo(new LogMessage.SyncStatus(7, LogMessage.SyncStatus.Kind.DIFFERS, false));
    }

    @Test
    void everyRecordComesBackEqual() {
        roundTrip(samples::entry, RecordCodec::encodeEntry, RecordCodec::decodeEntry);
        roundTrip(samples::head, RecordCodec::encodeHead, RecordCodec::decodeHead);
        roundTrip(samples::definition, RecordCodec::encodeDefinition, RecordCodec::decodeDefinition);
        roundTrip(samples::node, RecordCodec::encodeNode, RecordCodec::decodeNode);
        roundTrip(samples::account, RecordCodec::encodeAccount, RecordCodec::decodeAccount);
    }

    @Test
    void signingKeyComesBackWithItsBytes() {
        for (int i = 0; i < 100; i++) {
            final SigningKey key = samples.signingKey();
            final SigningKey back = RecordCodec.decodeSigningKey(RecordCodec.encodeSigningKey(key));
            assertThat(back.id()).isEqualTo(key.id());
            assertThat(back.publicKey()).isEqualTo(key.publicKey());
            assertThat(back.sealedPrivateKey()).isEqualTo(key.sealedPrivateKey());
        }
    }

    @Test
    void sizeOfAnEntryIsWhatItTakesOnItsOwn() {
        for (int i = 0; i < 100; i++) {
            final LogEntry entry = samples.entry();
            assertThat(WireCodec.sizeOf(entry)).isEqualTo(RecordCodec.encodeEntry(entry).length);
        }
    }

    @Test
    void messageLargerThanAFrameIsRefusedUnread() {
        assertThatThrownBy(() -> WireCodec.decode(new byte[WireLimits.FRAME_BYTES_MAX + 1]))
                .isInstanceOf(WireException.class)
                .hasMessageContaining("too large");
    }

    @Test
    void paddedPingFillsTheLargestDatagramWhateverTheSenderAndTheTargetAreCalled() {
        for (int length = 1; length <= MemberId.NODE_ID_CHARS_MAX; length++) {
            final MemberId id = new MemberId("n".repeat(length), new Origin(length), new Generation(1L << length % 60));
            final SwimMessage ping = new SwimMessage.Ping(1L << length % 62, id, 3, true, List.of());
            final byte[] bytes = WireCodec.encode(new GossipMessage.Swim(id, length, ping));
            assertThat(bytes).hasSize(WireLimits.DATAGRAM_MESSAGE_BYTES_MAX);
        }
    }

    private static Object kindOf(final GossipMessage message) {
        return switch (message.type()) {
            case SWIM -> ((GossipMessage.Swim) message).message().type();
            case LOG -> ((GossipMessage.Log) message).message().type();
            case REPORT, REPORTS_ASKED, REPORT_BATCH, RELAYED, HEARTBEATS, HEARTBEAT_ACK, PULSE -> message.type();
        };
    }

    private static <T> void roundTrip(
            final Supplier<T> sample, final Function<T, byte[]> encode, final Function<byte[], T> decode) {
        for (int i = 0; i < ROUNDS; i++) {
            final T record = sample.get();
            assertThat(decode.apply(encode.apply(record))).isEqualTo(record);
        }
    }
}
