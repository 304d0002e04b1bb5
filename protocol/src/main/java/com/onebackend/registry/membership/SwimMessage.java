package com.onebackend.registry.membership;

import com.onebackend.registry.model.Endpoint;
import com.onebackend.registry.model.Member;
import com.onebackend.registry.model.MemberId;
import java.util.List;

/**
 * What members tell each other about members. Every message carries rumors; a rumor is a {@link Member} as its sender
 * sees it.
 */
public sealed interface SwimMessage {
    /** News about members that ride along; at most {@link MembershipConfig#rumorsPerMessageMax()}. */
    List<Member> rumors();

    /** Which message this is, for an exhaustive switch. */
    Type type();

    /** One constant per message record. */
    enum Type {
        PING,
        ACK,
        INDIRECT_PING,
        JOIN,
        JOIN_REPLY,
        GOSSIP
    }

    /**
     * Any member to the member it checks. Answered by {@link Ack} with the same {@code sequence}.
     *
     * @param sequence the sender's own number; its lowest bit names the lane on which the answer must travel
     *     (0 datagram, 1 stream), so that a member whose datagrams are blocked can still prove its life
     * @param target who is meant; another process at that address must not answer for it
     * @param localHealth the sender's local health score (Lifeguard), 0 = well
     */
    record Ping(long sequence, MemberId target, int localHealth, List<Member> rumors) implements SwimMessage {
        @Override
        public Type type() {
            return Type.PING;
        }
    }

    /**
     * The checked member, or a helper on its behalf, to the checker.
     *
     * @param subject whose life this proves
     */
    record Ack(long sequence, MemberId subject, List<Member> rumors) implements SwimMessage {
        @Override
        public Type type() {
            return Type.ACK;
        }
    }

    /**
     * A checker that got no answer to a helper: ping the target for me. Answered by {@link Ack} when it answers.
     *
     * @param targetEndpoint where the checker believes the target to be
     */
    record IndirectPing(long sequence, MemberId target, Endpoint targetEndpoint, List<Member> rumors)
            implements SwimMessage {
        @Override
        public Type type() {
            return Type.INDIRECT_PING;
        }
    }

    /** A starting or lonely node to a seed's address, whoever lives there. Answered by {@link JoinReply}. */
    record Join(Member self, List<Member> rumors) implements SwimMessage {
        @Override
        public Type type() {
            return Type.JOIN;
        }
    }

    /**
     * All members the answering node knows, itself included, as rumors: the one message that may carry more than
     * {@link MembershipConfig#rumorsPerMessageMax()}. Travels by stream, in several messages when there are many.
     */
    record JoinReply(List<Member> rumors) implements SwimMessage {
        @Override
        public Type type() {
            return Type.JOIN_REPLY;
        }
    }

    /**
     * Any member to any other: news that found no probe to ride on. Answered only when it is wrong about its receiver.
     *
     * @param accusations who stands behind the {@link com.onebackend.registry.model.MemberState#SUSPECT} rumors of this
     *     message: suspicion times shrink only by <i>independent</i> accusers, which the relaying sender is not
     */
    record Gossip(List<Member> rumors, List<Accusation> accusations) implements SwimMessage {
        /** News without accusations. */
        public Gossip(final List<Member> rumors) {
            this(rumors, List.of());
        }

        @Override
        public Type type() {
            return Type.GOSSIP;
        }
    }

    /**
     * One member's own failed probe of another, in the generation and incarnation of the rumor beside it.
     *
     * @param accused node id of a SUSPECT rumor in the same message
     * @param accuser node id of the member that got no answer
     */
    record Accusation(String accused, String accuser) {}
}
