package com.onebackend.registry.membership;

import com.onebackend.registry.model.Generation;
import com.onebackend.registry.model.Member;
import com.onebackend.registry.model.MemberId;
import com.onebackend.registry.model.MemberState;

/**
 * What is believed of the others: weighs every claim, keeps all that follows from a changed belief in step, and tells
 * it on.
 *
 * <p><i>Invariants:</i> an entry only moves forward in the order of {@link MemberPrecedence}, with one exception: when
 * the process that replaced another of a different data folder is gone, the first one's own word brings it back.
 */
final class Beliefs {
    /** Whom others call dead has so many probe intervals from the first suspicion here on to say that it is not. */
    static final int OBJECTION_PROBE_INTERVALS = 2;

    /** Let go per tick at most. */
    private static final int LET_GO_PER_TICK_MAX = 16;

    private final MembershipConfig config;
    private final MemberTable table;
    private final RumorQueue rumors;
    private final Suspicions suspicions;
    private final ProbeCycle probes;
    private final Reunion reunion;
    private final Contests contests;
    private final Paths paths;
    private final SuspectLimit suspects;
    private final SuspectLimit accusers;
    private final MembershipCounters counters;

    Beliefs(
            final MembershipConfig config,
            final MemberTable table,
            final RumorQueue rumors,
            final Suspicions suspicions,
            final ProbeCycle probes,
            final Reunion reunion,
            final Contests contests,
            final Paths paths,
            final MembershipCounters counters) {
        this.config = config;
        this.table = table;
        this.rumors = rumors;
        this.suspicions = suspicions;
        this.probes = probes;
        this.reunion = reunion;
        this.contests = contests;
        this.paths = paths;
        this.suspects = new SuspectLimit(config);
        this.accusers = new SuspectLimit(config);
        this.counters = counters;
    }

    /** Takes a rumor about another node. */
    void hear(final Member claimed, final MemberId teller, final long nowNanos, final SwimOutput out) {
        if (table.isForgotten(claimed.id())) {
            return;
        }
        if (RumorQueue.estimatedBytes(claimed) > Courier.MEMBER_BYTES_MAX) {
            counters.refuse(RefusedClaim.TOO_LONG);
            return;
        }
        final Member known = table.get(claimed.id().nodeId());
        switch (MemberPrecedence.outcome(known, claimed, config.incarnationJumpMax())) {
            case NEW -> meet(claimed, teller, nowNanos, out);
            case REPLACES -> {
                if (Contests.isContested(known, claimed)) {
                    contests.claim(known, claimed, teller, nowNanos, out);
                } else {
                    believe(known, claimed, nowNanos, out);
                }
            }
            case UPDATES -> update(known, claimed, teller, nowNanos, out);
            case SAME -> {}
            case STALE -> {
                if (claimed.id().equals(teller) && comesBack(known, claimed)) {
                    believe(known, claimed, nowNanos, out);
                }
            }
            case REFUSED -> counters.refuse(RefusedClaim.UNBELIEVABLE);
        }
    }

    /** Counts only accusations that belong to the suspicion as it stands here. */
    void hearAccusations(final SwimMessage.Gossip gossip, final long nowNanos) {
        for (final SwimMessage.Accusation accusation : gossip.accusations()) {
            final Member known = table.get(accusation.accused());
            final boolean matches = known != null
                    && known.state() == MemberState.SUSPECT
                    && table.get(accusation.accuser()) != null
                    && !accusation.accuser().equals(accusation.accused())
                    && gossip.rumors().stream()
                            .anyMatch(rumor -> rumor.id().equals(known.id())
                                    && rumor.incarnation().equals(known.incarnation())
                                    && rumor.state() == MemberState.SUSPECT);
            if (matches && !accusers.permits(accusation.accuser(), accusation.accused(), nowNanos)) {
                counters.refuse(RefusedClaim.TOO_MANY_SUSPECTS);
            } else if (matches && suspicions.accuse(accusation.accused(), accusation.accuser())) {
                rumors.offer(known);
            }
        }
    }

    /** Lets deadlines act. */
    void tick(final long nowNanos, final SwimOutput out) {
        suspicions.expired(nowNanos).forEach(nodeId -> declareDead(nodeId, nowNanos, out));
        contests.tick(nowNanos, out).forEach(claim -> holds(claim, nowNanos, out));
        for (int i = 0; i < LET_GO_PER_TICK_MAX; i++) {
            final Member gone = table.letOneGo(nowNanos);
            if (gone == null) {
                break;
            }
            counters.letGo++;
            dropTracesOf(gone.id().nodeId());
            out.changed(gone, gone.withState(MemberState.REMOVED));
        }
    }

    /** An answer arrived that may decide a contest. */
    void answered(final SwimMessage.Ack ack, final long nowNanos, final SwimOutput out) {
        final Contests.Claim claim = contests.answered(ack.sequence(), ack.subject(), nowNanos, out);
        if (claim != null) {
            holds(claim, nowNanos, out);
        }
    }

    /** The own probe of this member failed. */
    void suspect(final Member silent, final long nowNanos, final SwimOutput out) {
        if (silent.state() == MemberState.ALIVE) {
            believe(silent, silent.withState(MemberState.SUSPECT), nowNanos, out);
        }
        final String nodeId = silent.id().nodeId();
        if (suspicions.accuse(nodeId, table.self().id().nodeId())) {
            rumors.offer(table.get(nodeId));
        }
    }

    /** The catalog removed another node's processes up to this generation. */
    void forget(final String nodeId, final Generation upTo, final long nowNanos, final SwimOutput out) {
        final Member known = table.get(nodeId);
        table.forget(nodeId, upTo);
        final boolean covered = known != null
                && known.state() != MemberState.REMOVED
                && known.id().generation().compareTo(upTo) <= 0;
        if (covered) {
            final Member removed = known.withState(MemberState.REMOVED);
            table.put(removed, nowNanos);
            final Contests.Claim waiting = contests.end(nodeId);
            dropTracesOf(nodeId);
            out.changed(known, removed);
            if (waiting != null) {
                hear(waiting.member(), waiting.teller(), nowNanos, out);
            }
        }
    }

    private void dropTracesOf(final String nodeId) {
        rumors.drop(nodeId);
        probes.remove(nodeId);
        suspicions.end(nodeId);
        reunion.found(nodeId);
        paths.lost(nodeId);
    }

    private void meet(final Member claimed, final MemberId teller, final long nowNanos, final SwimOutput out) {
        if (table.wasLetGo(claimed.id()) && !claimed.id().equals(teller)) {
            counters.refuse(RefusedClaim.LET_GO);
        } else {
            believe(null, claimed, nowNanos, out);
        }
    }

    private void update(
            final Member known,
            final Member claimed,
            final MemberId teller,
            final long nowNanos,
            final SwimOutput out) {
        final boolean isNewSuspicion = claimed.state() == MemberState.SUSPECT && known.state() == MemberState.ALIVE;
        if (isNewSuspicion && !suspects.permits(teller.nodeId(), claimed.id().nodeId(), nowNanos)) {
            counters.refuse(RefusedClaim.TOO_MANY_SUSPECTS);
            return;
        }
        // Only the member itself, by a new incarnation, says where it lives; others only say how it is.
        final boolean isSameIncarnation = claimed.incarnation().equals(known.incarnation());
        final Member next = isSameIncarnation ? known.withState(claimed.state()) : claimed;
        if (claimed.state() == MemberState.DEAD && known.state().isReachable()) {
            hearDeath(known, next, nowNanos, out);
        } else {
            believe(known, next, nowNanos, out);
        }
    }

    /**
     * The other half of a split that has healed believes all of this half dead. Who is well here can say so before it
     * is believed; who died was suspected before.
     */
    private void hearDeath(final Member known, final Member dead, final long nowNanos, final SwimOutput out) {
        final String nodeId = dead.id().nodeId();
        final long objectionNanos = OBJECTION_PROBE_INTERVALS * config.intervalNanos(table.clusterSize());
        final boolean isSuspected =
                known.state() == MemberState.SUSPECT && known.incarnation().equals(dead.incarnation());
        if (isSuspected && suspicions.isOlderThan(nodeId, objectionNanos, nowNanos)) {
            believe(known, dead, nowNanos, out);
            return;
        }
        if (!isSuspected) {
            believe(known, dead.withState(MemberState.SUSPECT), nowNanos, out);
        }
        suspicions.limit(nodeId, objectionNanos);
    }

    /** It was replaced by a process of another data folder that is gone: the one that speaks has outlived it. */
    private static boolean comesBack(final Member known, final Member claimed) {
        return claimed.state() == MemberState.ALIVE
                && (known.state() == MemberState.DEAD || known.state() == MemberState.LEFT)
                && !known.id().origin().equals(claimed.id().origin());
    }

    private void holds(final Contests.Claim claim, final long nowNanos, final SwimOutput out) {
        final Member claimed = claim.member();
        final Member known = table.get(claimed.id().nodeId());
        if (!table.isForgotten(claimed.id())
                && MemberPrecedence.outcome(known, claimed, config.incarnationJumpMax())
                        .holds()) {
            believe(known, claimed, nowNanos, out);
        }
    }

    private void believe(final Member known, final Member next, final long nowNanos, final SwimOutput out) {
        final String nodeId = next.id().nodeId();
        if (!table.put(next, nowNanos)) {
            counters.refuse(RefusedClaim.TABLE_FULL);
            return;
        }
        if (known == null || known.state() == MemberState.REMOVED) {
            probes.add(nodeId);
        }
        rumors.offer(next);
        final boolean wasSuspect = known != null && known.state() == MemberState.SUSPECT;
        if (next.state() == MemberState.SUSPECT) {
            counters.suspicions += wasSuspect ? 0 : 1;
            suspicions.begin(nodeId, table.clusterSize(), nowNanos);
        } else {
            counters.suspicionsRefuted += wasSuspect && next.state() == MemberState.ALIVE ? 1 : 0;
            suspicions.end(nodeId);
        }
        if (next.state() == MemberState.DEAD) {
            reunion.lost(nodeId, nowNanos);
        } else {
            reunion.found(nodeId);
        }
        final boolean isSameProcess = known != null && known.id().equals(next.id());
        if (!next.state().isReachable() || !isSameProcess) {
            paths.lost(nodeId);
        }
        out.changed(known, next);
        if (!next.state().isReachable() || !isSameProcess) {
            final Contests.Claim waiting = contests.end(nodeId);
            if (waiting != null) {
                hear(waiting.member(), waiting.teller(), nowNanos, out);
            }
        }
    }

    private void declareDead(final String nodeId, final long nowNanos, final SwimOutput out) {
        final Member known = table.get(nodeId);
        counters.deathsDeclared++;
        believe(known, known.withState(MemberState.DEAD), nowNanos, out);
    }
}
