package com.onebackend.registry.node.catalog;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;
import com.google.protobuf.UnsafeByteOperations;
import com.onebackend.registry.wire.WireException;
import com.onebackend.registry.wire.v1.CatalogEpochMsg;
import com.onebackend.registry.wire.v1.FeedAnswerMsg;
import com.onebackend.registry.wire.v1.FeedCopyMsg;
import com.onebackend.registry.wire.v1.FeedEntryMsg;
import com.onebackend.registry.wire.v1.FeedPartMsg;
import com.onebackend.registry.wire.v1.FeedPeerMsg;
import com.onebackend.registry.wire.v1.FeedPollMsg;
import com.onebackend.registry.wire.v1.VoteAcceptedMsg;
import com.onebackend.registry.wire.v1.VoteOfferMsg;
import java.util.List;

/** The catalog's requests between nodes: a byte for the kind, then a message. Decoding throws {@link WireException}. */
final class FeedCodec {
    static final byte POLL = 1;
    static final byte COPY = 2;
    static final byte VOTE = 3;
    static final byte STATUS = 4;

    /** Voters in an answer; far more than a cluster has. */
    private static final int VOTERS_MAX = 64;

    private FeedCodec() {}

    /**
     * Asks for a part of a whole copy.
     *
     * @param token 0 = make a copy
     */
    record CopyRequest(long token, long offset) {}

    /**
     * A part of a copy.
     *
     * @param applied the copy's position in the log
     * @param epoch the copy's own
     */
    record CopyPart(long token, long bytesTotal, ByteString bytes, long applied, CatalogEpoch epoch) {}

    /**
     * The answer to an offer to vote.
     *
     * @param peer the node, whose Raft server waits to be taken in; null when it does not want to
     * @param refusal why not, for a person
     */
    record Acceptance(CatalogPeer peer, String refusal) {}

    /** The kind of a request; 0 when it is empty. */
    static byte kind(final byte[] request) {
        return request.length == 0 ? 0 : request[0];
    }

    static byte[] encode(final FeedPoll poll) {
        return tagged(
                POLL,
                FeedPollMsg.newBuilder()
                        .setEpoch(message(poll.epoch()))
                        .setApplied(poll.applied())
                        .setWaitMillis(poll.waitMillis())
                        .setView(poll.view())
                        .build());
    }

    static FeedPoll decodePoll(final byte[] request) {
        final FeedPollMsg message = parse(FeedPollMsg.parser(), body(request));
        require(message.getApplied() >= 0 && message.getWaitMillis() >= 0, "a poll");
        return new FeedPoll(
                epoch(message.getEpoch()), message.getApplied(), message.getWaitMillis(), message.getView());
    }

    static byte[] encode(final FeedAnswer answer) {
        final FeedAnswerMsg.Builder message = FeedAnswerMsg.newBuilder()
                .setEpoch(message(answer.epoch()))
                .setUpTo(answer.upTo())
                .setNeedsCopy(answer.needsCopy())
                .setHasMore(answer.hasMore())
                .setLeaderId(answer.leaderId())
                .setAgeMillis(answer.ageMillis())
                .setIsRecovering(answer.isRecovering());
        for (final FeedEntry entry : answer.entries()) {
            message.addEntries(FeedEntryMsg.newBuilder()
                    .setIndex(entry.index())
                    .setTerm(entry.term())
                    .setEntry(UnsafeByteOperations.unsafeWrap(entry.bytes())));
        }
        for (final CatalogPeer voter : answer.voters()) {
            message.addVoters(message(voter));
        }
        return message.build().toByteArray();
    }

    static FeedAnswer decodeAnswer(final byte[] bytes) {
        final FeedAnswerMsg message = parse(FeedAnswerMsg.parser(), ByteString.copyFrom(bytes));
        require(message.getUpTo() >= 0 && message.getAgeMillis() >= 0, "an answer");
        require(message.getVotersCount() <= VOTERS_MAX, "an answer");
        final List<FeedEntry> entries = message.getEntriesList().stream()
                .map(entry -> new FeedEntry(
                        entry.getIndex(), entry.getTerm(), entry.getEntry().toByteArray()))
                .toList();
        long last = 0;
        for (final FeedEntry entry : entries) {
            require(entry.index() > last && entry.term() >= 0, "an answer's order");
            last = entry.index();
        }
        require(last <= message.getUpTo(), "an answer's end");
        return new FeedAnswer(
                epoch(message.getEpoch()),
                message.getUpTo(),
                entries,
                message.getNeedsCopy(),
                message.getHasMore(),
                message.getLeaderId(),
                message.getVotersList().stream().map(FeedCodec::peer).toList(),
                message.getAgeMillis(),
                message.getIsRecovering());
    }

    private static FeedPeerMsg message(final CatalogPeer peer) {
        return FeedPeerMsg.newBuilder()
                .setNodeId(peer.nodeId())
                .setHost(peer.host())
                .setRaftPort(peer.raftPort())
                .build();
    }

    private static CatalogEpochMsg message(final CatalogEpoch epoch) {
        return CatalogEpochMsg.newBuilder()
                .setNumber(epoch.number())
                .setIndex(epoch.index())
                .setSalt(epoch.salt())
                .build();
    }

    private static CatalogEpoch epoch(final CatalogEpochMsg message) {
        return CatalogEpoch.of(message.getNumber(), message.getIndex(), message.getSalt());
    }

    private static CatalogPeer peer(final FeedPeerMsg message) {
        require(
                !message.getNodeId().isEmpty()
                        && !message.getHost().isEmpty()
                        && message.getRaftPort() > 0
                        && message.getRaftPort() < 65_536,
                "a voter");
        return new CatalogPeer(message.getNodeId(), message.getHost(), message.getRaftPort());
    }

    static byte[] encode(final CopyRequest request) {
        return tagged(
                COPY,
                FeedCopyMsg.newBuilder()
                        .setToken(request.token())
                        .setOffset(request.offset())
                        .build());
    }

    static CopyRequest decodeCopy(final byte[] request) {
        final FeedCopyMsg message = parse(FeedCopyMsg.parser(), body(request));
        require(message.getOffset() >= 0, "a copy's offset");
        return new CopyRequest(message.getToken(), message.getOffset());
    }

    static byte[] encode(final CopyPart part) {
        return FeedPartMsg.newBuilder()
                .setToken(part.token())
                .setBytesTotal(part.bytesTotal())
                .setPart(part.bytes())
                .setApplied(part.applied())
                .setEpoch(message(part.epoch()))
                .build()
                .toByteArray();
    }

    static CopyPart decodePart(final byte[] bytes) {
        final FeedPartMsg message = parse(FeedPartMsg.parser(), ByteString.copyFrom(bytes));
        require(message.getBytesTotal() >= 0 && message.getApplied() >= 0, "a copy's part");
        return new CopyPart(
                message.getToken(),
                message.getBytesTotal(),
                message.getPart(),
                message.getApplied(),
                epoch(message.getEpoch()));
    }

    /** An offer to vote, in this epoch. */
    static byte[] encodeOffer(final CatalogEpoch epoch) {
        return tagged(VOTE, VoteOfferMsg.newBuilder().setEpoch(message(epoch)).build());
    }

    static CatalogEpoch decodeOffer(final byte[] request) {
        return epoch(parse(VoteOfferMsg.parser(), body(request)).getEpoch());
    }

    static byte[] encode(final Acceptance acceptance) {
        final VoteAcceptedMsg.Builder message = VoteAcceptedMsg.newBuilder().setRefusal(acceptance.refusal());
        if (acceptance.peer() != null) {
            message.setPeer(message(acceptance.peer()));
        }
        return message.build().toByteArray();
    }

    static Acceptance decodeAcceptance(final byte[] bytes) {
        final VoteAcceptedMsg message = parse(VoteAcceptedMsg.parser(), ByteString.copyFrom(bytes));
        return new Acceptance(message.hasPeer() ? peer(message.getPeer()) : null, message.getRefusal());
    }

    private static byte[] tagged(final byte kind, final MessageLite message) {
        final byte[] bytes = new byte[1 + message.getSerializedSize()];
        bytes[0] = kind;
        System.arraycopy(message.toByteArray(), 0, bytes, 1, bytes.length - 1);
        return bytes;
    }

    private static ByteString body(final byte[] request) {
        require(request.length > 0, "an empty request");
        return ByteString.copyFrom(request, 1, request.length - 1);
    }

    private static void require(final boolean isRight, final String what) {
        if (!isRight) {
            throw new WireException(what + " is not right");
        }
    }

    private static <M extends MessageLite> M parse(final Parser<M> parser, final ByteString bytes) {
        try {
            return parser.parseFrom(bytes);
        } catch (final InvalidProtocolBufferException e) {
            throw new WireException("a request between nodes does not parse", e);
        }
    }
}
