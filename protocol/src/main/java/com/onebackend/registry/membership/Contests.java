package com.onebackend.registry.membership;

import com.onebackend.registry.model.Endpoint;
import com.onebackend.registry.model.Member;
import com.onebackend.registry.model.MemberId;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.random.RandomGenerator;

/**
 * Two processes, one node id. A claim of a process with another data folder does not replace a member that may still
 * live: that one is asked first, on both lanes and through helpers. Whoever came first stays, if it proves its life in
 * time, and the claimant is told; if it does not, or another process answers at its address, the claim holds.
 *
 * <p>A node that restarts in its own folder is never contested; one whose disk was wiped answers at the old address at
 * once, or is believed after {@link #PROBE_INTERVALS}.
 */
final class Contests {
    /** Claims that wait at most; a further one is dropped and will be heard again. */
    static final int CONTESTS_MAX = 64;

    /** Claimants remembered as refused at most; beyond it the oldest is contested again. */
    static final int REFUSED_MAX = 256;

    /** So long the one that would be replaced has to prove its life. */
    static final int PROBE_INTERVALS = 2;

    /** So often it is asked meanwhile. */
    private static final int ROUNDS = 4;

    /** A refused claimant is not contested again for so many probe intervals. */
    private static final int REFUSED_PROBE_INTERVALS = 10;

    private final MembershipConfig config;
    private final MemberTable table;
    private final Courier courier;
    private final MembershipCounters counters;
    private final Reminders reminders;
    private final RandomGenerator random;
    private final Map<String, Contest> running = new TreeMap<>();
    /** Claimant and until when; oldest first. */
    private final Map<MemberId, Long> refused = new LinkedHashMap<>();

    private static final class Contest {
        final Member incumbent;
        final TreeSet<Long> sequences = new TreeSet<>();
        Claim claim;
        int rounds;
        long nextRoundNanos;
        long deadlineNanos;

        Contest(final Member incumbent, final Claim claim, final long nowNanos, final long deadlineNanos) {
            this.incumbent = incumbent;
            this.claim = claim;
            this.nextRoundNanos = nowNanos;
            this.deadlineNanos = deadlineNanos;
        }
    }

    /** What was claimed, and by whom it was told. */
    record Claim(Member member, MemberId teller) {}

    Contests(
            final MembershipConfig config,
            final MemberTable table,
            final Courier courier,
            final MembershipCounters counters,
            final RandomGenerator random) {
        this.config = config;
        this.table = table;
        this.courier = courier;
        this.counters = counters;
        this.reminders = new Reminders(PROBE_INTERVALS * config.probeIntervalNanos(), REFUSED_MAX);
        this.random = random;
    }

    /** True when {@code claimed} must not simply replace what is known. */
    static boolean isContested(final Member known, final Member claimed) {
        return known.state().isReachable()
                && !known.id().origin().equals(claimed.id().origin());
    }

    /** A claim that would replace a reachable member by another data folder's process. */
    void claim(
            final Member incumbent,
            final Member claimed,
            final MemberId teller,
            final long nowNanos,
            final SwimOutput out) {
        if (isRefused(claimed.id(), nowNanos)) {
            counters.refuse(RefusedClaim.CONTESTED);
            return;
        }
        final String nodeId = claimed.id().nodeId();
        final Contest contest = running.get(nodeId);
        final Claim claim = new Claim(claimed, teller);
        if (contest != null) {
            final Member waiting = contest.claim.member();
            if (MemberPrecedence.outcome(waiting, claimed, config.incarnationJumpMax())
                    .holds()) {
                contest.claim = claim;
            }
        } else if (running.size() >= CONTESTS_MAX) {
            counters.refuse(RefusedClaim.CONTESTS_FULL);
        } else {
            final long deadlineNanos = nowNanos + PROBE_INTERVALS * config.probeIntervalNanos();
            final Contest begun = new Contest(incumbent, claim, nowNanos, deadlineNanos);
            running.put(nodeId, begun);
            ask(begun, nowNanos, out);
        }
    }

    /**
     * An answer arrived.
     *
     * @return the claim that holds now; null when none does
     */
    Claim answered(final long sequence, final MemberId subject, final long nowNanos, final SwimOutput out) {
        for (final Contest contest : running.values()) {
            if (contest.sequences.contains(sequence)) {
                running.remove(contest.incumbent.id().nodeId());
                if (!subject.equals(contest.incumbent.id())) {
                    // Another process lives where it lived.
                    counters.replacements++;
                    return contest.claim;
                }
                refuse(contest, nowNanos, out);
                return null;
            }
        }
        return null;
    }

    /** Asks again; returns the claims that hold because nobody proved the opposite in time. */
    List<Claim> tick(final long nowNanos, final SwimOutput out) {
        if (running.isEmpty()) {
            return List.of();
        }
        final List<Claim> holding = new ArrayList<>();
        for (final Iterator<Contest> it = running.values().iterator(); it.hasNext(); ) {
            final Contest contest = it.next();
            if (nowNanos - contest.deadlineNanos >= 0) {
                it.remove();
                counters.replacements++;
                holding.add(contest.claim);
            } else if (nowNanos - contest.nextRoundNanos >= 0) {
                ask(contest, nowNanos, out);
            }
        }
        return holding;
    }

    /** The one that was to be replaced is gone, or was replaced: returns the claim that waited; null when none did. */
    Claim end(final String nodeId) {
        final Contest contest = running.remove(nodeId);
        return contest == null ? null : contest.claim;
    }

    /** This node stood still: what was not answered meanwhile says nothing. The claims will be heard again. */
    void drop() {
        running.clear();
    }

    /** No claim holds for want of an answer before {@code untilNanos}. */
    void hold(final long untilNanos) {
        for (final Contest contest : running.values()) {
            if (contest.deadlineNanos - untilNanos < 0) {
                contest.deadlineNanos = untilNanos;
            }
        }
    }

    /** Tells a process whose node id is taken, now and then, whom to ask. */
    void remind(
            final Member incumbent,
            final MemberId claimant,
            final Endpoint to,
            final long nowNanos,
            final SwimOutput out) {
        if (reminders.permit(claimant.nodeId(), nowNanos)) {
            courier.refusal(incumbent, to, out);
        }
    }

    boolean isRefused(final MemberId claimant, final long nowNanos) {
        final Iterator<Long> oldest = refused.values().iterator();
        while (oldest.hasNext() && nowNanos - oldest.next() >= 0) {
            oldest.remove();
        }
        return refused.containsKey(claimant);
    }

    int size() {
        return running.size();
    }

    private void refuse(final Contest contest, final long nowNanos, final SwimOutput out) {
        final Member claimant = contest.claim.member();
        counters.refuse(RefusedClaim.CONTESTED);
        refused.remove(claimant.id());
        refused.put(claimant.id(), nowNanos + REFUSED_PROBE_INTERVALS * config.probeIntervalNanos());
        if (refused.size() > REFUSED_MAX) {
            final Iterator<MemberId> oldest = refused.keySet().iterator();
            oldest.next();
            oldest.remove();
        }
        if (claimant.state().isReachable()) {
            courier.refusal(current(contest.incumbent), claimant.endpoint(), out);
        }
    }

    /** Its latest incarnation, if it still is the same process. */
    private Member current(final Member incumbent) {
        return table.knows(incumbent.id()) ? table.get(incumbent.id().nodeId()) : incumbent;
    }

    private void ask(final Contest contest, final long nowNanos, final SwimOutput out) {
        final Member incumbent = contest.incumbent;
        contest.nextRoundNanos = nowNanos + PROBE_INTERVALS * config.probeIntervalNanos() / ROUNDS;
        final long sequence = courier.ping(Lane.DATAGRAM, incumbent.id(), incumbent.endpoint(), out);
        contest.sequences.add(sequence);
        if (contest.rounds++ == 0) {
            contest.sequences.add(courier.ping(Lane.STREAM, incumbent.id(), incumbent.endpoint(), out));
        } else {
            for (final Member helper : ProbeCycle.helpers(table, incumbent, config.indirectProbes(), random)) {
                courier.indirectPing(sequence, incumbent, helper, 0, out);
            }
        }
    }
}
