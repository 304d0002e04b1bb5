package com.onebackend.registry.membership;

import com.onebackend.registry.model.Endpoint;
import com.onebackend.registry.model.Incarnation;
import com.onebackend.registry.model.Member;
import com.onebackend.registry.model.MemberId;
import com.onebackend.registry.model.MemberState;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What this process does about what is said of itself: refutes, at most once per probe interval, and finds out whether
 * it is the second one with its node id.
 *
 * <p>A second process of another data folder has to be proved: it may be gone. One of the same folder need not be: a
 * generation is on disk before anybody hears of it, so whoever speaks of a later one speaks of a process that was
 * started from a copy of this folder, or from this folder elsewhere while this process stood still. The others believe
 * the later one and nobody takes what this one writes; it has to end, also when the later one is gone, for only a new
 * generation is believed again.
 *
 * <p><i>Invariants:</i> the own incarnation is raised here and nowhere else.
 */
final class Defence {
    /** So many accusers are told by stream of a refutation that had to wait; the others hear it as a rumor. */
    static final int ACCUSERS_MAX = 16;

    private final MembershipConfig config;
    private final MemberTable table;
    private final RumorQueue rumors;
    private final LocalHealth health;
    private final Courier courier;
    private final Contests contests;
    private final MembershipCounters counters;

    private boolean started;
    private long startNanos;
    private boolean raised;
    private long raisedNanos;
    /** What is to be refuted when the interval is over; null when nothing is. */
    private Incarnation waiting;
    /** Who accused meanwhile, and where they are. */
    private final Map<MemberId, Endpoint> accusers = new LinkedHashMap<>();

    private Member alleged;
    private long allegedNanos;
    private long datagramSequence;
    private long streamSequence;
    private boolean isRefused;

    Defence(
            final MembershipConfig config,
            final MemberTable table,
            final RumorQueue rumors,
            final LocalHealth health,
            final Courier courier,
            final Contests contests,
            final MembershipCounters counters) {
        this.config = config;
        this.table = table;
        this.rumors = rumors;
        this.health = health;
        this.courier = courier;
        this.contests = contests;
        this.counters = counters;
    }

    void start(final long nowNanos) {
        started = true;
        startNanos = nowNanos;
    }

    /** True once this process knows that another one has its node id: it is silent. */
    boolean isRefused() {
        return isRefused;
    }

    /** True when this process has run for so long that a namesake has to yield. */
    boolean isSettled(final long nowNanos) {
        return started && nowNanos - startNanos > config.refusalWindowNanos();
    }

    /** True when refutations are used up: only a new generation can defend itself again. */
    boolean needsNewGeneration() {
        return table.self().incarnation().value() >= MemberPrecedence.INCARNATION_MAX;
    }

    /** Takes a rumor about this node; true when whoever told it must hear what is right. */
    boolean hear(final Member claimed, final long nowNanos, final SwimOutput out) {
        final Member self = table.self();
        final int process = MemberPrecedence.compareProcess(claimed.id(), self.id());
        if (process > 0) {
            counters.identityConflicts++;
            if (isLaterStart(claimed)) {
                yieldTo(claimed, out);
                return false;
            }
            return meetNamesake(claimed.id(), claimed.endpoint(), nowNanos, out);
        }
        if (process < 0) {
            return true;
        }
        final long jump = claimed.incarnation().value() - self.incarnation().value();
        if (claimed.state() == MemberState.REMOVED
                || jump > config.incarnationJumpMax()
                || claimed.incarnation().value() > MemberPrecedence.INCARNATION_MAX) {
            counters.refuse(RefusedClaim.UNBELIEVABLE);
            return false;
        }
        if (self.state() != MemberState.ALIVE) {
            return claimed.state() != self.state();
        }
        if (jump < 0) {
            return claimed.state() != MemberState.ALIVE;
        }
        if (claimed.state() == MemberState.ALIVE && jump == 0) {
            return false;
        }
        refute(claimed.incarnation(), nowNanos);
        return true;
    }

    /** Raises the incarnation that had to wait. */
    void tick(final long nowNanos, final SwimOutput out) {
        if (waiting != null && nowNanos - raisedNanos >= config.probeIntervalNanos()) {
            final Incarnation above = waiting;
            waiting = null;
            if (above.compareTo(table.self().incarnation()) >= 0) {
                refute(above, nowNanos);
                accusers.forEach((accuser, at) -> courier.gossip(Lane.STREAM, accuser, at, table.self(), out));
            }
            accusers.clear();
        }
    }

    /** Whoever just accused is told of the refutation when that is made, if it has to wait. */
    void answerLater(final MemberId accuser, final Endpoint at) {
        if (waiting != null && accusers.size() < ACCUSERS_MAX) {
            accusers.put(accuser, at);
        }
    }

    /** This node stood still: all may think it dead. */
    void afterPause(final long nowNanos) {
        waiting = null;
        accusers.clear();
        raise(table.self().incarnation(), nowNanos);
    }

    /** A process of another data folder has this node's id: it is told whom it meets. False when it is of this one. */
    boolean meetNamesake(final MemberId other, final Endpoint at, final long nowNanos, final SwimOutput out) {
        final boolean isOther = !other.origin().equals(table.self().id().origin());
        if (isOther && table.self().state() == MemberState.ALIVE) {
            contests.remind(table.self(), other, at, nowNanos, out);
        }
        return isOther;
    }

    /** Another process of this very data folder speaks: whichever was started later stays. */
    void meetCopy(
            final Endpoint from,
            final MemberId sender,
            final SwimMessage message,
            final long nowNanos,
            final SwimOutput out) {
        final Member other = asItSays(from, sender, message);
        if (isLaterStart(other)) {
            yieldTo(other, out);
        } else if (!other.endpoint().equals(table.self().endpoint())) {
            // At this address it is a late word of the process before, and the answer would reach this one.
            contests.remind(table.self(), other.id(), other.endpoint(), nowNanos, out);
        }
    }

    /** Somebody says that this node id is taken: asks the one that is said to have it. */
    void allege(final MemberId teller, final Member incumbent, final long nowNanos, final SwimOutput out) {
        final MemberId self = table.self().id();
        if (isLaterStart(incumbent)) {
            counters.identityConflicts++;
            yieldTo(incumbent, out);
            return;
        }
        final boolean concernsSelf = incumbent.id().nodeId().equals(self.nodeId())
                && !incumbent.id().origin().equals(self.origin())
                && incumbent.state().isReachable();
        if (!concernsSelf || !(table.isReachable(teller) || teller.equals(incumbent.id()))) {
            counters.refuse(RefusedClaim.FOREIGN_REFUSAL);
            return;
        }
        counters.identityConflicts++;
        final boolean isAsking = alleged != null && nowNanos - allegedNanos < config.probeIntervalNanos();
        if (isSettled(nowNanos) || isAsking) {
            return;
        }
        alleged = incumbent;
        allegedNanos = nowNanos;
        datagramSequence = courier.ping(Lane.DATAGRAM, incumbent.id(), incumbent.endpoint(), out);
        streamSequence = courier.ping(Lane.STREAM, incumbent.id(), incumbent.endpoint(), out);
    }

    /**
     * An answer arrived. The process that has the node id proves its life: this one yields, unless both are young and
     * this one is the earlier.
     */
    void answered(final SwimMessage.Ack ack, final long nowNanos, final SwimOutput out) {
        if (isRefused
                || alleged == null
                || (ack.sequence() != datagramSequence && ack.sequence() != streamSequence)
                || !ack.subject().equals(alleged.id())
                || isSettled(nowNanos)) {
            return;
        }
        final boolean isLater = MemberPrecedence.compareProcess(table.self().id(), alleged.id()) > 0;
        if (isLater || ack.isSettled()) {
            yieldTo(alleged, out);
        }
    }

    /** The sender's own record, as far as it is in its message. */
    private static Member asItSays(final Endpoint from, final MemberId sender, final SwimMessage message) {
        if (message.type() == SwimMessage.Type.JOIN
                && ((SwimMessage.Join) message).self().id().equals(sender)) {
            return ((SwimMessage.Join) message).self();
        }
        if (message.type() == SwimMessage.Type.REFUSAL
                && ((SwimMessage.Refusal) message).incumbent().id().equals(sender)) {
            return ((SwimMessage.Refusal) message).incumbent();
        }
        return message.rumors().stream()
                .filter(rumor -> rumor.id().equals(sender))
                .findFirst()
                .orElse(new Member(sender, Incarnation.FIRST, MemberState.ALIVE, from, ""));
    }

    /** True when this is a process that was started later, with this data folder or a copy of it. */
    private boolean isLaterStart(final Member other) {
        final Member self = table.self();
        return self.state() == MemberState.ALIVE
                && other.id().nodeId().equals(self.id().nodeId())
                && other.id().origin().equals(self.id().origin())
                && MemberPrecedence.outcome(self, other, config.incarnationJumpMax())
                        == MemberPrecedence.Outcome.REPLACES;
    }

    private void yieldTo(final Member other, final SwimOutput out) {
        if (!isRefused) {
            isRefused = true;
            rumors.clear();
            out.refused(other);
        }
    }

    private void refute(final Incarnation above, final long nowNanos) {
        if (raised && nowNanos - raisedNanos < config.probeIntervalNanos()) {
            // Many accuse at once; one refutation per interval answers them all.
            waiting = waiting == null || waiting.compareTo(above) < 0 ? above : waiting;
            return;
        }
        health.worsen();
        counters.ownRefutations++;
        raise(above, nowNanos);
    }

    private void raise(final Incarnation above, final long nowNanos) {
        raised = true;
        raisedNanos = nowNanos;
        if (above.value() < MemberPrecedence.INCARNATION_MAX) {
            table.self(table.self().with(above.next(), MemberState.ALIVE));
        }
        rumors.offer(table.self());
    }
}
