package com.onebackend.registry.wire;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.onebackend.registry.gossip.GossipMessage;
import com.onebackend.registry.model.MemberId;
import com.onebackend.registry.model.Origin;
import com.onebackend.registry.replication.LogEntry;
import com.onebackend.registry.replication.LogMessage;
import com.onebackend.registry.wire.v1.GossipMsg;
import com.onebackend.registry.wire.v1.PingMsg;
import com.onebackend.registry.wire.v1.PushMsg;
import com.onebackend.registry.wire.v1.RelayedMsg;
import com.onebackend.registry.wire.v1.ReportsMsg;
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
        encodeBody(message, out);
        final boolean isPadded =
                out.hasSwim() && !out.getSwim().getPing().getPadding().isEmpty();
        return (isPadded ? padded(out.build()) : out.build()).toByteArray();
    }

    private static void encodeBody(final GossipMessage message, final GossipMsg.Builder out) {
        switch (message.type()) {
            case SWIM -> {
                final GossipMessage.Swim swim = (GossipMessage.Swim) message;
                out.setSwim(SwimCodec.toMessage(swim));
            }
            case LOG -> encodeLog(((GossipMessage.Log) message).message(), out);
            case REPORT -> out.setReport(ReportCodec.toMessage(((GossipMessage.Report) message).report()));
            case REPORTS_ASKED -> out.setReports(ReportsMsg.newBuilder().setAsked(true));
            case REPORT_BATCH -> out.setReports(ReportCodec.toMessage((GossipMessage.ReportBatch) message));
            case RELAYED -> out.setRelayed(toMessage((GossipMessage.Relayed) message));
            case HEARTBEATS -> out.setHeartbeats(HeartbeatCodec.toMessage((GossipMessage.Heartbeats) message));
            case HEARTBEAT_ACK -> out.setHeartbeatAck(HeartbeatCodec.toMessage((GossipMessage.HeartbeatAck) message));
            case PULSE -> out.setPulse(HeartbeatCodec.toMessage((GossipMessage.Pulse) message));
        }
    }

    private static RelayedMsg toMessage(final GossipMessage.Relayed relayed) {
        final GossipMsg.Builder body = GossipMsg.newBuilder();
        if (!relayed.body().from().equals(relayed.from())) {
            body.setFrom(SwimCodec.toMessage(relayed.body().from()));
        }
        encodeBody(relayed.body(), body);
        return RelayedMsg.newBuilder().setUntil(relayed.until()).setBody(body).build();
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
        return message(SwimCodec.fromMessage(in.getFrom()), in);
    }

    private static GossipMessage message(final MemberId from, final GossipMsg in) {
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
            case HAVE -> new GossipMessage.Log(from, LogCodec.have(in.getHave()));
            case GRAFT -> new GossipMessage.Log(from, LogCodec.graft(in.getGraft()));
            case SYNC_PROBE -> new GossipMessage.Log(from, LogCodec.probe(in.getSyncProbe()));
            case SYNC_STATUS -> new GossipMessage.Log(from, LogCodec.status(in.getSyncStatus()));
            case REPORTS ->
                in.getReports().getAsked()
                        ? new GossipMessage.ReportsAsked(from)
                        : ReportCodec.fromMessage(from, in.getReports());
            case RELAYED -> relayed(from, in.getRelayed());
            case HEARTBEATS -> HeartbeatCodec.fromMessage(from, in.getHeartbeats());
            case HEARTBEAT_ACK -> HeartbeatCodec.fromMessage(from, in.getHeartbeatAck());
            case PULSE -> HeartbeatCodec.fromMessage(from, in.getPulse());
            case BODY_NOT_SET -> throw new WireException("message of an unknown kind");
        };
    }

    private static GossipMessage.Relayed relayed(final MemberId from, final RelayedMsg in) {
        final GossipMsg body = in.getBody();
        WireChecks.require(!body.hasRelayed(), "relayed message in a relayed message");
        final GossipMessage message = message(body.hasFrom() ? SwimCodec.fromMessage(body.getFrom()) : from, body);
        WireChecks.require(GossipMessage.Relayed.carries(message), "message of a kind that is not relayed");
        return new GossipMessage.Relayed(from, in.getUntil(), message);
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
            case SYNC_PROBE -> out.setSyncProbe(LogCodec.toMessage((LogMessage.SyncProbe) message));
            case SYNC_STATUS -> out.setSyncStatus(LogCodec.toMessage((LogMessage.SyncStatus) message));
            case HAVE -> out.setHave(LogCodec.toMessage((LogMessage.Have) message));
            case GRAFT -> out.setGraft(LogCodec.toMessage((LogMessage.Graft) message));
        }
    }

    private static PushMsg toMessage(final LogMessage.Push push) {
        final PushMsg.Builder message = PushMsg.newBuilder()
                .setOrigin(push.origin().value())
                .setBase(push.base())
                .setHead(push.head())
                .setGcVersion(push.gcVersion())
                .setMadeMillis(push.madeMillis());
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
                EntryCodec.entries(message.getEntriesList()),
                message.getMadeMillis());
    }
}
