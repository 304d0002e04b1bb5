package com.onebackend.registry.membership;

import com.onebackend.registry.model.Invariants;
import com.onebackend.registry.model.Member;
import com.onebackend.registry.model.MemberId;
import com.onebackend.registry.model.MemberState;

/**
 * Which of two things said of one member holds.
 *
 * <p><i>Invariants:</i> claims are ordered by (generation, origin, incarnation, state) and the greatest wins, so all
 * nodes agree whatever the order of arrival. The origin only decides between two data folders that claim one node id
 * and one generation.
 *
 * <p><i>Paper:</i> SWIM, section 4.2, with generations added.
 */
final class MemberPrecedence {
    /** More refutations than a process can ever need: 35 years of one per millisecond. */
    static final long INCARNATION_MAX = 1L << 40;

    private MemberPrecedence() {}

    /** What a claim does to what is known. */
    enum Outcome {
        /** Nothing was known. */
        NEW,
        /** Another, later process of the same node. */
        REPLACES,
        /** News about the same process. */
        UPDATES,
        /** Known already. */
        SAME,
        /** Something later is known. */
        STALE,
        /** Not believable: a forged or broken message. */
        REFUSED;

        /** True when the claim becomes what is known. */
        boolean holds() {
            return this == NEW || this == REPLACES || this == UPDATES;
        }
    }

    /**
     * Weighs a claim.
     *
     * @param known what is believed; null when the node id is unknown
     * @param incarnationJumpMax a claimed incarnation may exceed the known one of the same process by no more
     */
    static Outcome outcome(final Member known, final Member claimed, final long incarnationJumpMax) {
        if (claimed.state() == MemberState.REMOVED || claimed.incarnation().value() > INCARNATION_MAX) {
            return Outcome.REFUSED;
        }
        if (known == null) {
            return Outcome.NEW;
        }
        final int process = compareProcess(claimed.id(), known.id());
        if (process != 0) {
            return process > 0 ? Outcome.REPLACES : Outcome.STALE;
        }
        if (known.state() == MemberState.REMOVED) {
            return Outcome.STALE;
        }
        if (claimed.incarnation().value() - known.incarnation().value() > incarnationJumpMax) {
            return Outcome.REFUSED;
        }
        final int incarnation = claimed.incarnation().compareTo(known.incarnation());
        final int order = incarnation != 0 ? incarnation : claimed.state().compareTo(known.state());
        if (order == 0) {
            return Outcome.SAME;
        }
        return order > 0 ? Outcome.UPDATES : Outcome.STALE;
    }

    /** Orders two processes of one node: the later one is greater. */
    static int compareProcess(final MemberId a, final MemberId b) {
        Invariants.check(a.nodeId().equals(b.nodeId()), "two nodes are compared as one");
        final int generation = a.generation().compareTo(b.generation());
        return generation != 0 ? generation : a.origin().compareTo(b.origin());
    }

    /** True when a sign of life from {@code heard} shows that {@code asked}, or a later process of it, lives. */
    static boolean provesLife(final MemberId heard, final MemberId asked) {
        return heard.nodeId().equals(asked.nodeId()) && compareProcess(heard, asked) >= 0;
    }
}
