package com.onebackend.registry.membership;

import com.onebackend.registry.model.Member;
import com.onebackend.registry.model.MemberId;
import com.onebackend.registry.model.MemberState;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * Checks one reachable member after the other, each once per pass, the order new in every pass. One probe runs at a
 * time: a ping, then helpers and a stream ping together, and the verdict at the end of the interval.
 *
 * <p><i>Paper:</i> SWIM, sections 3.1 and 4.3; Lifeguard, section IV.A for the stretched interval.
 */
final class ProbeCycle {
    private final MembershipConfig config;
    private final MemberTable table;
    private final LocalHealth health;
    private final Courier courier;
    private final RandomGenerator random;
    private final List<String> order = new ArrayList<>();
    private int next;
    private long nextProbeNanos;
    private Probe running;

    /** One check under way. */
    private static final class Probe {
        final Member target;
        final long sequence;
        final long askHelpNanos;
        long streamSequence;
        boolean helpAsked;
        boolean answered;

        Probe(final Member target, final long sequence, final long askHelpNanos) {
            this.target = target;
            this.sequence = sequence;
            this.askHelpNanos = askHelpNanos;
        }
    }

    ProbeCycle(
            final MembershipConfig config,
            final MemberTable table,
            final LocalHealth health,
            final Courier courier,
            final RandomGenerator random) {
        this.config = config;
        this.table = table;
        this.health = health;
        this.courier = courier;
        this.random = random;
    }

    /** The first probe falls somewhere into the first interval, so that nodes started together do not march in step. */
    void start(final long nowNanos) {
        nextProbeNanos = nowNanos + random.nextLong(config.probeIntervalNanos());
    }

    /** A newly seen member takes a random place. */
    void add(final String nodeId) {
        final int place = random.nextInt(order.size() + 1);
        order.add(place, nodeId);
        if (place < next) {
            next++;
        }
    }

    void remove(final String nodeId) {
        final int place = order.indexOf(nodeId);
        if (place >= 0) {
            order.remove(place);
            if (place < next) {
                next--;
            }
        }
    }

    /** Forgets the probe under way without a verdict. */
    void drop() {
        running = null;
    }

    /** An answer arrived. Returns true when it belongs to the probe under way. */
    boolean answered(final long sequence, final MemberId subject) {
        if (running == null
                || (sequence != running.sequence && !(running.helpAsked && sequence == running.streamSequence))) {
            return false;
        }
        if (!running.answered && MemberPrecedence.provesLife(subject, running.target.id())) {
            running.answered = true;
            health.improve();
        }
        return true;
    }

    /** At the end of the interval: the member that gave no sign of life; null when there is nobody to accuse. */
    Member failedAtEnd(final long nowNanos) {
        if (running == null || nowNanos - nextProbeNanos < 0) {
            return null;
        }
        final Probe ended = running;
        running = null;
        final Member target = table.get(ended.target.id().nodeId());
        // A target that raised its incarnation, was replaced or died meanwhile is no longer the one that was asked.
        final boolean unchanged = target != null
                && target.id().equals(ended.target.id())
                && target.incarnation().equals(ended.target.incarnation())
                && target.state().isReachable();
        if (ended.answered || !unchanged) {
            return null;
        }
        health.worsen();
        return target;
    }

    /** Asks for help when the direct answer is late; begins the next probe when it is time. */
    void tick(final long nowNanos, final SwimOutput out) {
        if (running != null) {
            if (!running.answered && !running.helpAsked && nowNanos - running.askHelpNanos >= 0) {
                askHelp(running, out);
            }
            return;
        }
        if (nowNanos - nextProbeNanos < 0) {
            return;
        }
        nextProbeNanos = nowNanos + config.probeIntervalNanos() * (health.score() + 1);
        final Member target = nextTarget();
        if (target != null) {
            final long sequence = courier.ping(Lane.DATAGRAM, target.id(), target.endpoint(), out);
            running = new Probe(target, sequence, nowNanos + config.ackTimeoutNanos());
        }
    }

    private void askHelp(final Probe probe, final SwimOutput out) {
        probe.helpAsked = true;
        probe.streamSequence = courier.ping(Lane.STREAM, probe.target.id(), probe.target.endpoint(), out);
        final List<Member> helpers = new ArrayList<>();
        for (final Member member : table.reachable()) {
            if (member.state() == MemberState.ALIVE
                    && !member.id().nodeId().equals(probe.target.id().nodeId())) {
                helpers.add(member);
            }
        }
        for (final Member helper : RandomPick.some(helpers, config.indirectProbes(), random)) {
            courier.indirectPing(probe.sequence, probe.target, helper, out);
        }
    }

    private Member nextTarget() {
        for (int tried = 0; tried < 2 * order.size(); tried++) {
            if (next >= order.size()) {
                RandomPick.shuffle(order, order.size(), random);
                next = 0;
            }
            final Member candidate = table.get(order.get(next++));
            if (candidate != null && candidate.state().isReachable()) {
                return candidate;
            }
        }
        return null;
    }
}
