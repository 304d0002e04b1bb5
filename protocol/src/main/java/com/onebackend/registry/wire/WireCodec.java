package com.onebackend.registry.wire;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.onebackend.registry.gossip.GossipMessage;
import com.onebackend.registry.model.MemberId;
import com.onebackend.registry.model.Origin;
import com.onebackend.registry.replication.Digest;
import com.onebackend.registry.replication.LogEntry;
import com.onebackend.registry.replication.LogMessage;
import com.onebackend.registry.wire.v1.GossipMsg;
import com.onebackend.registry.wire.v1.HeadMsg;
import com.onebackend.registry.wire.v1.LogEntryMsg;
import com.onebackend.registry.wire.v1.PingMsg;
import com.onebackend.registry.wire.v1.PushMsg;
import com.onebackend.registry.wire.v1.SyncChunkMsg;
import com.onebackend.registry.wire.v1.SyncNextMsg;
import com.onebackend.registry.wire.v1.SyncRequestMsg;
import java.util.ArrayList;
import java.util.List;

/**
 * Gossip messages between records and bytes.
 *
 * <p><i>Thread:</i> any; no state.
 */
public final class WireCodec {
    private WireCodec() {}

    /** The message as it is put into a datagram or a frame. */
    public static byte[] encode(final GossipMessage message) {
        final GossipMsg.Builder out = GossipMsg.newBuilder().setFrom(SwimCodec.toMessage(message.from()));
        switch (message.type()) {
            case SWIM -> {
                final GossipMessage.Swim swim = (GossipMessage.Swim) message;
                out.setSwim(SwimCodec.toMessage(swim.digestHash(), swim.message()));
            }
            case LOG -> encodeLog(((GossipMessage.Log) message).message(), out);
            case REPORT -> out.setReport(ReportCodec.toMessage(((GossipMessage.Report) message).report()));
        }
        final boolean isPadded =
                out.hasSwim() && !out.getSwim().getPing().getPadding().isEmpty();
        return (isPadded ? padded(out.build()) : out.build()).toByteArray();
    }

    /** Filled up to the largest datagram; a message that is larger anyway stays as it is. */
    private static GossipMsg padded(final GossipMsg message) {
        GossipMsg filled = message;
        // The lengths of the enclosing messages grow with it: a few steps, each nearer.
        for (int missing = WireLimits.DATAGRAM_MESSAGE_BYTES_MAX - message.getSerializedSize(); missing > 0; ) {
            final GossipMsg.Builder next = filled.toBuilder();
            final PingMsg.Builder ping = next.getSwimBuilder().getPingBuilder();
            ping.setPadding(ByteString.copyFrom(new byte[ping.getPadding().size() + Math.max(1, missing - 8)]));
            final int size = next.build().getSerializedSize();
            if (size > WireLimits.DATAGRAM_MESSAGE_BYTES_MAX) {
                break;
            }
            filled = next.build();
            missing = WireLimits.DATAGRAM_MESSAGE_BYTES_MAX - size;
        }
        return filled;
    }

    /**
     * The message in {@code bytes}.
     *
     * @throws WireException when it is malformed, over a limit or of an unknown kind
     */
    public static GossipMessage decode(final byte[] bytes) {
        WireChecks.require(bytes.length <= WireLimits.FRAME_BYTES_MAX, "message is too large");
        final GossipMsg in;
        try {
            in = GossipMsg.parseFrom(bytes);
        } catch (final InvalidProtocolBufferException e) {
            throw new WireException("message does not parse", e);
        }
        final MemberId from = SwimCodec.fromMessage(in.getFrom());
        return switch (in.getBodyCase()) {
            case SWIM ->
                new GossipMessage.Swim(from, in.getSwim().getDigestHash(), SwimCodec.fromMessage(in.getSwim()));
            case PUSH -> new GossipMessage.Log(from, push(in.getPush()));
            case SYNC_REQUEST ->
                new GossipMessage.Log(
                        from,
                        new LogMessage.SyncRequest(
                                in.getSyncRequest().getSession(),
                                new Digest(heads(in.getSyncRequest().getHeadsList()))));
            case SYNC_CHUNK -> new GossipMessage.Log(from, chunk(in.getSyncChunk()));
            case SYNC_NEXT ->
                new GossipMessage.Log(
                        from,
                        new LogMessage.SyncNext(
                                in.getSyncNext().getSession(),
                                index(in.getSyncNext().getIndex())));
            case REPORT -> new GossipMessage.Report(from, ReportCodec.fromMessage(from, in.getReport()));
            case BODY_NOT_SET -> throw new WireException("message of an unknown kind");
        };
    }

    /** How many bytes the entry adds to a message, roughly: for cutting chunks. */
    public static int sizeOf(final LogEntry entry) {
        return EntryCodec.toMessage(entry).getSerializedSize();
    }

    private static void encodeLog(final LogMessage message, final GossipMsg.Builder out) {
        switch (message.type()) {
            case PUSH -> out.setPush(toMessage((LogMessage.Push) message));
            case SYNC_REQUEST -> {
                final LogMessage.SyncRequest request = (LogMessage.SyncRequest) message;
                final SyncRequestMsg.Builder body = SyncRequestMsg.newBuilder().setSession(request.session());
                request.have().heads().forEach(head -> body.addHeads(EntryCodec.toMessage(head)));
                out.setSyncRequest(body);
            }
            case SYNC_CHUNK -> out.setSyncChunk(toMessage((LogMessage.SyncChunk) message));
            case SYNC_NEXT -> {
                final LogMessage.SyncNext next = (LogMessage.SyncNext) message;
                out.setSyncNext(
                        SyncNextMsg.newBuilder().setSession(next.session()).setIndex(next.index()));
            }
        }
    }

    private static PushMsg toMessage(final LogMessage.Push push) {
        final PushMsg.Builder message = PushMsg.newBuilder()
                .setOrigin(push.origin().value())
                .setBase(push.base())
                .setHead(push.head())
                .setGcVersion(push.gcVersion());
        push.entries().forEach(entry -> message.addEntries(EntryCodec.toMessage(entry)));
        return message.build();
    }

    private static LogMessage.Push push(final PushMsg message) {
        WireChecks.require(message.getBase() >= 0 && message.getHead() >= message.getBase(), "push goes backwards");
        WireChecks.require(message.getGcVersion() >= 0, "watermark is negative");
        return new LogMessage.Push(
                new Origin(message.getOrigin()),
                message.getBase(),
                message.getHead(),
                message.getGcVersion(),
                entries(message.getEntriesList()));
    }

    private static SyncChunkMsg toMessage(final LogMessage.SyncChunk chunk) {
        final SyncChunkMsg.Builder message = SyncChunkMsg.newBuilder()
                .setSession(chunk.session())
                .setIndex(chunk.index())
                .setLast(chunk.last());
        chunk.entries().forEach(entry -> message.addEntries(EntryCodec.toMessage(entry)));
        chunk.heads().forEach(head -> message.addHeads(EntryCodec.toMessage(head)));
        return message.build();
    }

    private static LogMessage.SyncChunk chunk(final SyncChunkMsg message) {
        return new LogMessage.SyncChunk(
                message.getSession(),
                index(message.getIndex()),
                message.getLast(),
                entries(message.getEntriesList()),
                heads(message.getHeadsList()));
    }

    private static int index(final int index) {
        WireChecks.require(index >= 0, "chunk index is negative");
        return index;
    }

    private static List<LogEntry> entries(final List<LogEntryMsg> messages) {
        final List<LogEntry> entries = new ArrayList<>(messages.size());
        for (final LogEntryMsg message : messages) {
            entries.add(EntryCodec.fromMessage(message));
        }
        return entries;
    }

    private static List<Digest.Head> heads(final List<HeadMsg> messages) {
        final List<Digest.Head> heads = new ArrayList<>(messages.size());
        for (final HeadMsg message : messages) {
            heads.add(EntryCodec.fromMessage(message));
        }
        return heads;
    }
}
