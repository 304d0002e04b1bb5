package com.onebackend.registry.wire;

import com.google.protobuf.InvalidProtocolBufferException;
import com.onebackend.registry.gossip.GossipMessage;
import com.onebackend.registry.model.MemberId;
import com.onebackend.registry.model.Origin;
import com.onebackend.registry.replication.LogEntry;
import com.onebackend.registry.replication.LogMessage;
import com.onebackend.registry.wire.v1.GossipMsg;
import com.onebackend.registry.wire.v1.PushMsg;
import com.onebackend.registry.wire.v1.SyncNextMsg;
import com.onebackend.registry.wire.v1.SyncStopMsg;

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
                out.setSwim(SwimCodec.toMessage(swim));
            }
            case LOG -> encodeLog(((GossipMessage.Log) message).message(), out);
            case REPORT -> out.setReport(ReportCodec.toMessage(((GossipMessage.Report) message).report()));
        }
        return out.build().toByteArray();
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
            case SWIM -> SwimCodec.fromMessage(from, in.getSwim());
            case PUSH -> new GossipMessage.Log(from, push(in.getPush()));
            case SYNC_REQUEST -> new GossipMessage.Log(from, SyncCodec.request(in.getSyncRequest()));
            case SYNC_CHUNK -> new GossipMessage.Log(from, SyncCodec.chunk(in.getSyncChunk()));
            case SYNC_NEXT ->
                new GossipMessage.Log(
                        from,
                        new LogMessage.SyncNext(
                                in.getSyncNext().getSession(),
                                SyncCodec.index(in.getSyncNext().getIndex())));
            case SYNC_STOP ->
                new GossipMessage.Log(
                        from, new LogMessage.SyncStop(in.getSyncStop().getSession()));
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
            case SYNC_REQUEST -> out.setSyncRequest(SyncCodec.toMessage((LogMessage.SyncRequest) message));
            case SYNC_CHUNK -> out.setSyncChunk(SyncCodec.toMessage((LogMessage.SyncChunk) message));
            case SYNC_NEXT -> {
                final LogMessage.SyncNext next = (LogMessage.SyncNext) message;
                out.setSyncNext(
                        SyncNextMsg.newBuilder().setSession(next.session()).setIndex(next.index()));
            }
            case SYNC_STOP ->
                out.setSyncStop(SyncStopMsg.newBuilder().setSession(((LogMessage.SyncStop) message).session()));
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
                EntryCodec.entries(message.getEntriesList()));
    }
}
