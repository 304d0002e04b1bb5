package com.onebackend.registry.wire;

import com.google.protobuf.ByteString;
import com.onebackend.registry.gossip.GossipMessage;
import com.onebackend.registry.membership.SwimMessage;
import com.onebackend.registry.model.Endpoint;
import com.onebackend.registry.model.Incarnation;
import com.onebackend.registry.model.Member;
import com.onebackend.registry.model.MemberId;
import com.onebackend.registry.model.MemberState;
import com.onebackend.registry.model.Origin;
import com.onebackend.registry.wire.v1.AccusationMsg;
import com.onebackend.registry.wire.v1.AckMsg;
import com.onebackend.registry.wire.v1.AckedMsg;
import com.onebackend.registry.wire.v1.EndpointMsg;
import com.onebackend.registry.wire.v1.GossipRumorsMsg;
import com.onebackend.registry.wire.v1.IndirectPingMsg;
import com.onebackend.registry.wire.v1.JoinMsg;
import com.onebackend.registry.wire.v1.JoinReplyMsg;
import com.onebackend.registry.wire.v1.MemberIdMsg;
import com.onebackend.registry.wire.v1.MemberMsg;
import com.onebackend.registry.wire.v1.MemberStateMsg;
import com.onebackend.registry.wire.v1.NackMsg;
import com.onebackend.registry.wire.v1.PingMsg;
import com.onebackend.registry.wire.v1.RefusalMsg;
import com.onebackend.registry.wire.v1.SwimMsg;
import java.util.ArrayList;
import java.util.List;

/** Membership messages between records and protobuf messages. */
final class SwimCodec {
    private static final int LOCAL_HEALTH_MAX = 255;

    private SwimCodec() {}

    static SwimMsg toMessage(final GossipMessage.Swim envelope) {
        final SwimMessage message = envelope.message();
        final SwimMsg.Builder out = SwimMsg.newBuilder()
                .setDigestHash(envelope.digestHash())
                .setWallMillis(envelope.wallMillis())
                .setWatermark(envelope.watermark());
        if (envelope.acked().version() > 0) {
            out.setAcked(AckedMsg.newBuilder()
                    .setOrigin(envelope.acked().origin().value())
                    .setVersion(envelope.acked().version()));
        }
        message.rumors().forEach(rumor -> out.addRumors(toMessage(rumor)));
        switch (message.type()) {
            case PING -> out.setPing(toMessage((SwimMessage.Ping) message));
            case ACK -> {
                final SwimMessage.Ack ack = (SwimMessage.Ack) message;
                out.setAck(AckMsg.newBuilder()
                        .setSequence(ack.sequence())
                        .setSubject(toMessage(ack.subject()))
                        .setSettled(ack.isSettled()));
            }
            case INDIRECT_PING -> {
                final SwimMessage.IndirectPing ping = (SwimMessage.IndirectPing) message;
                out.setIndirectPing(IndirectPingMsg.newBuilder()
                        .setSequence(ping.sequence())
                        .setTarget(toMessage(ping.target()))
                        .setTargetEndpoint(toMessage(ping.targetEndpoint()))
                        .setWaitMillis(ping.waitMillis()));
            }
            case JOIN -> {
                final SwimMessage.Join join = (SwimMessage.Join) message;
                out.setJoin(JoinMsg.newBuilder().setSelf(toMessage(join.self())).setTableHash(join.tableHash()));
            }
            case JOIN_REPLY -> out.setJoinReply(JoinReplyMsg.getDefaultInstance());
            case GOSSIP -> out.setGossip(toMessage(((SwimMessage.Gossip) message).accusations()));
            case NACK -> out.setNack(NackMsg.newBuilder().setSequence(((SwimMessage.Nack) message).sequence()));
            case REFUSAL ->
                out.setRefusal(
                        RefusalMsg.newBuilder().setIncumbent(toMessage(((SwimMessage.Refusal) message).incumbent())));
        }
        return out.build();
    }

    /** Padded by one byte here; {@link WireCodec}, which knows the envelope, fills it up. */
    private static PingMsg toMessage(final SwimMessage.Ping ping) {
        final PingMsg.Builder message = PingMsg.newBuilder()
                .setSequence(ping.sequence())
                .setTarget(toMessage(ping.target()))
                .setLocalHealth(ping.localHealth());
        return ping.isPadded()
                ? message.setPadding(ByteString.copyFrom(new byte[1])).build()
                : message.build();
    }

    private static SwimMessage.IndirectPing indirectPing(final IndirectPingMsg message, final List<Member> rumors) {
        final int waitMillis = message.getWaitMillis();
        WireChecks.require(
                waitMillis >= 0 && waitMillis <= SwimMessage.IndirectPing.WAIT_MILLIS_MAX, "wait is out of range");
        return new SwimMessage.IndirectPing(
                message.getSequence(),
                fromMessage(message.getTarget()),
                fromMessage(message.getTargetEndpoint()),
                waitMillis,
                rumors);
    }

    static GossipMessage.Swim fromMessage(final MemberId from, final SwimMsg message) {
        WireChecks.require(message.getWallMillis() >= 0, "a clock is before 1970");
        WireChecks.require(message.getWatermark() >= 0, "watermark is negative");
        final GossipMessage.Acked acked = message.hasAcked()
                ? new GossipMessage.Acked(
                        new Origin(message.getAcked().getOrigin()),
                        message.getAcked().getVersion())
                : GossipMessage.Acked.NOTHING;
        return new GossipMessage.Swim(
                from,
                message.getDigestHash(),
                acked,
                message.getWatermark(),
                message.getWallMillis(),
                fromMessage(message));
    }

    private static SwimMessage fromMessage(final SwimMsg message) {
        final List<Member> rumors = new ArrayList<>(message.getRumorsCount());
        for (final MemberMsg rumor : message.getRumorsList()) {
            rumors.add(fromMessage(rumor));
        }
        return switch (message.getBodyCase()) {
            case PING ->
                new SwimMessage.Ping(
                        message.getPing().getSequence(),
                        fromMessage(message.getPing().getTarget()),
                        localHealth(message.getPing()),
                        !message.getPing().getPadding().isEmpty(),
                        rumors);
            case ACK ->
                new SwimMessage.Ack(
                        message.getAck().getSequence(),
                        fromMessage(message.getAck().getSubject()),
                        message.getAck().getSettled(),
                        rumors);
            case INDIRECT_PING -> indirectPing(message.getIndirectPing(), rumors);
            case JOIN ->
                new SwimMessage.Join(
                        fromMessage(message.getJoin().getSelf()),
                        message.getJoin().getTableHash(),
                        rumors);
            case JOIN_REPLY -> new SwimMessage.JoinReply(rumors);
            case GOSSIP -> new SwimMessage.Gossip(rumors, accusations(message.getGossip()));
            case NACK -> new SwimMessage.Nack(message.getNack().getSequence(), rumors);
            case REFUSAL ->
                new SwimMessage.Refusal(fromMessage(message.getRefusal().getIncumbent()), rumors);
            case BODY_NOT_SET -> throw new WireException("membership message of an unknown kind");
        };
    }

    private static GossipRumorsMsg toMessage(final List<SwimMessage.Accusation> accusations) {
        final GossipRumorsMsg.Builder message = GossipRumorsMsg.newBuilder();
        accusations.forEach(accusation -> message.addAccusations(
                AccusationMsg.newBuilder().setAccused(accusation.accused()).setAccuser(accusation.accuser())));
        return message.build();
    }

    private static List<SwimMessage.Accusation> accusations(final GossipRumorsMsg message) {
        final List<SwimMessage.Accusation> accusations = new ArrayList<>(message.getAccusationsCount());
        for (final AccusationMsg accusation : message.getAccusationsList()) {
            accusations.add(
                    new SwimMessage.Accusation(nodeId(accusation.getAccused()), nodeId(accusation.getAccuser())));
        }
        return accusations;
    }

    private static String nodeId(final String text) {
        WireChecks.require(
                !text.isEmpty() && text.length() <= MemberId.NODE_ID_CHARS_MAX, "node id is empty or too long");
        return text;
    }

    static MemberIdMsg toMessage(final MemberId id) {
        return MemberIdMsg.newBuilder()
                .setNodeId(id.nodeId())
                .setOrigin(id.origin().value())
                .setGeneration(id.generation().value())
                .build();
    }

    static MemberId fromMessage(final MemberIdMsg message) {
        return new MemberId(
                nodeId(message.getNodeId()),
                new Origin(message.getOrigin()),
                RecordCodec.generation(message.getGeneration()));
    }

    private static MemberMsg toMessage(final Member member) {
        return MemberMsg.newBuilder()
                .setId(toMessage(member.id()))
                .setIncarnation(member.incarnation().value())
                .setState(toMessage(member.state()))
                .setEndpoint(toMessage(member.endpoint()))
                .setUrl(member.url())
                .build();
    }

    private static Member fromMessage(final MemberMsg message) {
        WireChecks.require(message.getIncarnation() >= 0, "incarnation is negative");
        WireChecks.require(message.getUrl().length() <= WireLimits.MEMBER_URL_CHARS_MAX, "member url is too long");
        return new Member(
                fromMessage(message.getId()),
                new Incarnation(message.getIncarnation()),
                fromMessage(message.getState()),
                fromMessage(message.getEndpoint()),
                message.getUrl());
    }

    private static MemberStateMsg toMessage(final MemberState state) {
        return switch (state) {
            case ALIVE -> MemberStateMsg.MEMBER_ALIVE;
            case SUSPECT -> MemberStateMsg.MEMBER_SUSPECT;
            case DEAD -> MemberStateMsg.MEMBER_DEAD;
            case LEFT -> MemberStateMsg.MEMBER_LEFT;
            case REMOVED -> MemberStateMsg.MEMBER_REMOVED;
        };
    }

    private static MemberState fromMessage(final MemberStateMsg message) {
        return switch (message) {
            case MEMBER_ALIVE -> MemberState.ALIVE;
            case MEMBER_SUSPECT -> MemberState.SUSPECT;
            case MEMBER_DEAD -> MemberState.DEAD;
            case MEMBER_LEFT -> MemberState.LEFT;
            case MEMBER_REMOVED -> MemberState.REMOVED;
            case UNRECOGNIZED -> throw new WireException("unknown member state");
        };
    }

    private static EndpointMsg toMessage(final Endpoint endpoint) {
        return EndpointMsg.newBuilder()
                .setHost(endpoint.host())
                .setPort(endpoint.port())
                .build();
    }

    private static Endpoint fromMessage(final EndpointMsg message) {
        WireChecks.id(message.getHost(), "host");
        WireChecks.require(message.getPort() > 0 && message.getPort() <= 65_535, "port out of range");
        return new Endpoint(message.getHost(), message.getPort());
    }

    private static int localHealth(final PingMsg message) {
        WireChecks.require(
                message.getLocalHealth() >= 0 && message.getLocalHealth() <= LOCAL_HEALTH_MAX,
                "local health out of range");
        return message.getLocalHealth();
    }
}
