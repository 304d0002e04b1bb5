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
        GOSSIP,
        NACK,
        REFUSAL
    }

    /**
     * Any member to the member it checks. Answered by {@link Ack} with the same {@code sequence}.
     *
     * @param sequence the sender's own number; its lowest bit names the lane on which the answer must travel
     *     (0 datagram, 1 stream), so that a member whose datagrams are blocked can still prove its life
     * @param target who is meant; another process at that address must not answer for it
     * @param localHealth the sender's local health score (Lifeguard), 0 = well
     * @param isPadded filled up to the size of the largest datagram: finds paths that swallow large ones. Such a ping
     *     carries no rumors, and its loss accuses nobody
     */
    record Ping(long sequence, MemberId target, int localHealth, boolean isPadded, List<Member> rumors)
            implements SwimMessage {
        /** A small one. */
        public Ping(final long sequence, final MemberId target, final int localHealth, final List<Member> rumors) {
            this(sequence, target, localHealth, false, rumors);
        }

        @Override
        public Type type() {
            return Type.PING;
        }
    }

    /**
     * The checked member, or a helper on its behalf, to the checker.
     *
     * @param subject whose life this proves
     * @param isSettled the subject has run for longer than {@link MembershipConfig#refusalWindowNanos()}: another
     *     process with its node id has to yield, whichever of the two has the later generation
     */
    record Ack(long sequence, MemberId subject, boolean isSettled, List<Member> rumors) implements SwimMessage {
        /** Of a subject that may be young. */
        public Ack(final long sequence, final MemberId subject, final List<Member> rumors) {
            this(sequence, subject, false, rumors);
        }

        @Override
        public Type type() {
            return Type.ACK;
        }
    }

    /**
     * A checker that got no answer to a helper: ping the target for me. Answered by {@link Ack} when it answers, by
     * {@link Nack} when it does not in time.
     *
     * @param targetEndpoint where the checker believes the target to be
     * @param waitMillis after this the helper says that it got no answer; 0 when the checker does not want to know
     */
    record IndirectPing(long sequence, MemberId target, Endpoint targetEndpoint, int waitMillis, List<Member> rumors)
            implements SwimMessage {
        /** The longest wait for a helper. */
        public static final int WAIT_MILLIS_MAX = 60_000;

        /** Without a wish for a {@link Nack}. */
        public IndirectPing(
                final long sequence, final MemberId target, final Endpoint targetEndpoint, final List<Member> rumors) {
            this(sequence, target, targetEndpoint, 0, rumors);
        }

        @Override
        public Type type() {
            return Type.INDIRECT_PING;
        }
    }

    /**
     * A starting or lonely node to a seed's address, whoever lives there. Answered by {@link JoinReply}.
     *
     * @param tableHash one number over all the sender knows: whoever knows just the same need not repeat it
     */
    record Join(Member self, long tableHash, List<Member> rumors) implements SwimMessage {
        /** From one that wants to be told everything. */
        public Join(final Member self, final List<Member> rumors) {
            this(self, 0, rumors);
        }

        @Override
        public Type type() {
            return Type.JOIN;
        }
    }

    /**
     * All members the answering node knows, itself included, as rumors: the one message in which a member sends more
     * than {@link MembershipConfig#rumorsPerMessageMax()}. Travels by stream, in several messages when there are many.
     * Receivers take what fits a datagram or a frame of the stream, whatever the message.
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
     * A helper to the checker: I am well and did ask, but the target has not answered. Tells the checker that it was
     * heard, so that the failed probe is the target's fault and not its own (Lifeguard).
     *
     * @param sequence that of the {@link IndirectPing}
     */
    record Nack(long sequence, List<Member> rumors) implements SwimMessage {
        @Override
        public Type type() {
            return Type.NACK;
        }
    }

    /**
     * Any member, or the one concerned, to a process whose node id is already taken by another one that lives. The
     * receiver asks that one itself; if it answers, the receiver is not a member and must end. Not answered.
     *
     * @param incumbent the process that has the node id
     */
    record Refusal(Member incumbent, List<Member> rumors) implements SwimMessage {
        @Override
        public Type type() {
            return Type.REFUSAL;
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
