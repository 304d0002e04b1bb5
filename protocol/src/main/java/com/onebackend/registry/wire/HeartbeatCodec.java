package com.onebackend.registry.wire;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.CodedOutputStream;
import com.onebackend.registry.gossip.Bits;
import com.onebackend.registry.gossip.GossipMessage;
import com.onebackend.registry.gossip.HeartbeatConfig;
import com.onebackend.registry.model.MemberId;
import com.onebackend.registry.model.Origin;
import com.onebackend.registry.wire.v1.HeartbeatAckMsg;
import com.onebackend.registry.wire.v1.HeartbeatsMsg;
import com.onebackend.registry.wire.v1.PulseMsg;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Forwarded heartbeats and pulses between records and protobuf messages. */
final class HeartbeatCodec {
    private static final int VARINT_BYTES_MAX = 5;

    private HeartbeatCodec() {}

    static HeartbeatsMsg toMessage(final GossipMessage.Heartbeats message) {
        return HeartbeatsMsg.newBuilder()
                .setOwner(message.owner().value())
                .setSequence(message.sequence())
                .addAllVersionSteps(steps(message.versions()))
                .build();
    }

    static GossipMessage.Heartbeats fromMessage(final MemberId from, final HeartbeatsMsg message) {
        return new GossipMessage.Heartbeats(
                from, new Origin(message.getOwner()), message.getSequence(), versions(message.getVersionStepsList()));
    }

    static HeartbeatAckMsg toMessage(final GossipMessage.HeartbeatAck message) {
        return HeartbeatAckMsg.newBuilder()
                .setSequence(message.sequence())
                .addAllUnknownSteps(steps(message.unknown()))
                .build();
    }

    static GossipMessage.HeartbeatAck fromMessage(final MemberId from, final HeartbeatAckMsg message) {
        return new GossipMessage.HeartbeatAck(from, message.getSequence(), versions(message.getUnknownStepsList()));
    }

    static PulseMsg toMessage(final GossipMessage.Pulse pulse) {
        final PulseMsg.Builder message = PulseMsg.newBuilder()
                .setOrigin(pulse.origin().value())
                .setMaxVersion(pulse.maxVersion())
                .setSetHash(pulse.setHash())
                .setAfterVersion(pulse.afterVersion())
                .setSize(pulse.seen().size());
        final ByteString runs = runs(pulse.seen());
        if (runs.size() < Bits.bytesFor(pulse.seen().size())) {
            message.setRuns(runs);
        } else {
            message.setBits(ByteString.copyFrom(pulse.seen().toBytes()));
        }
        return message.build();
    }

    static GossipMessage.Pulse fromMessage(final MemberId from, final PulseMsg message) {
        final int size = message.getSize();
        WireChecks.require(size > 0 && size <= HeartbeatConfig.PULSE_ENTRIES_LIMIT, "pulse size out of range");
        WireChecks.require(message.getMaxVersion() >= 0 && message.getAfterVersion() >= 0, "version is negative");
        final Bits seen = switch (message.getSeenCase()) {
            case RUNS -> fromRuns(message.getRuns(), size);
            case BITS -> fromBits(message.getBits().toByteArray(), size);
            case SEEN_NOT_SET -> throw new WireException("pulse without bits");
        };
        return new GossipMessage.Pulse(
                from,
                new Origin(message.getOrigin()),
                message.getMaxVersion(),
                message.getSetHash(),
                message.getAfterVersion(),
                seen);
    }

    /** Each version as the distance from the one before: ascending numbers close together take a byte or two. */
    private static List<Long> steps(final List<Long> versions) {
        final List<Long> steps = new ArrayList<>(versions.size());
        long previous = 0;
        for (final long version : versions) {
            steps.add(version - previous);
            previous = version;
        }
        return steps;
    }

    private static List<Long> versions(final List<Long> steps) {
        WireChecks.require(steps.size() <= HeartbeatConfig.BATCH_HEARTBEATS_LIMIT, "too many heartbeats");
        final List<Long> versions = new ArrayList<>(steps.size());
        long previous = 0;
        for (final long step : steps) {
            WireChecks.require(step > 0 && previous + step > 0, "versions do not ascend");
            previous += step;
            versions.add(previous);
        }
        return versions;
    }

    /** Lengths of runs of equal bits, the first one of zeros; the last run is left out. */
    private static ByteString runs(final Bits bits) {
        final byte[] buffer = new byte[bits.size() + VARINT_BYTES_MAX];
        final CodedOutputStream out = CodedOutputStream.newInstance(buffer);
        try {
            boolean value = false;
            int start = 0;
            for (int end = bits.runEnd(start, value); end < bits.size(); end = bits.runEnd(start, value)) {
                out.writeUInt32NoTag(end - start);
                start = end;
                value = !value;
            }
            out.flush();
        } catch (final IOException e) {
            throw new IllegalStateException("a run takes more bytes than it has bits", e);
        }
        return ByteString.copyFrom(buffer, 0, buffer.length - out.spaceLeft());
    }

    private static Bits fromRuns(final ByteString runs, final int size) {
        final byte[] bytes = new byte[Bits.bytesFor(size)];
        final CodedInputStream in = runs.newCodedInput();
        try {
            boolean value = false;
            int start = 0;
            while (!in.isAtEnd()) {
                final int length = in.readUInt32();
                WireChecks.require(
                        length >= 0 && length < size - start && (length > 0 || start == 0), "run out of range");
                fill(bytes, start, start + length, value);
                start += length;
                value = !value;
            }
            fill(bytes, start, size, value);
        } catch (final IOException e) {
            throw new WireException("runs do not parse", e);
        }
        return Bits.of(bytes, size);
    }

    private static Bits fromBits(final byte[] bytes, final int size) {
        WireChecks.require(bytes.length == Bits.bytesFor(size), "bits and size do not match");
        final int used = size & 7;
        WireChecks.require(used == 0 || (bytes[bytes.length - 1] & 0xFF) >> used == 0, "bits beyond the size");
        return Bits.of(bytes, size);
    }

    private static void fill(final byte[] bytes, final int start, final int end, final boolean value) {
        if (value) {
            for (int i = start; i < end; i++) {
                bytes[i >> 3] |= (byte) (1 << (i & 7));
            }
        }
    }
}
