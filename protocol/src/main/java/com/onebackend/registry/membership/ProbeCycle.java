package com.onebackend.registry.membership;

import com.onebackend.registry.model.Member;
import com.onebackend.registry.model.MemberId;
import com.onebackend.registry.model.MemberState;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.random.RandomGenerator;

/**
 * Checks one reachable member after the other, each once per pass, the order new in every pass. One probe runs at a
 * time: a ping, then helpers and a stream ping together, and the verdict at the end of the interval. Now and then a
 * padded ping goes along, which never decides about life, only about the path.
 *
 * <p><i>Paper:</i> SWIM, sections 3.1 and 4.3; Lifeguard, section IV.A for the stretched interval.
 */
final class ProbeCycle {
    /** A helper says that it got no answer after this share of the rest of the interval: in time for the verdict. */
    private static final double NACK_SHARE = 0.6;

    /** When this node was late itself, helpers and the stream ping still get this share of an interval. */
    private static final int HELP_SHARE = 2;

    private static final long MILLI = 1_000_000L;

    private final MembershipConfig config;
    private final MemberTable table;
    private final LocalHealth health;
    private final Courier courier;
    private final Paths paths;
    private final MembershipCounters counters;
    private final RandomGenerator random;
    private final RoundTrips roundTrips;
    private final List<String> order = new ArrayList<>();
    private int next;
    private long nextProbeNanos;
    private Probe running;

    /** One check under way. */
    private static final class Probe {
        final Member target;
        final long startNanos;
        final long sequence;
        final long askHelpNanos;
        /** 0 when no padded ping was sent. */
        final long paddedSequence;
        /** Those asked that have not said that they got no answer. */
        final Set<MemberId> helpers = new HashSet<>();

        int helpersAsked;
        long streamSequence;
        boolean helpAsked;
        boolean isDirect;
        boolean isRelayed;
        boolean isStreamed;
        boolean isPadded;

        Probe(
                final Member target,
                final long startNanos,
                final long sequence,
                final long askHelpNanos,
                final long paddedSequence) {
            this.target = target;
            this.startNanos = startNanos;
            this.sequence = sequence;
            this.askHelpNanos = askHelpNanos;
            this.paddedSequence = paddedSequence;
        }

        boolean isAsked(final long asked) {
            return asked == sequence
                    || (paddedSequence != 0 && asked == paddedSequence)
                    || (helpAsked && asked == streamSequence);
        }

        boolean isAnswered() {
            return isDirect || isRelayed || isStreamed || isPadded;
        }
    }

    ProbeCycle(
            final MembershipConfig config,
            final MemberTable table,
            final LocalHealth health,
            final Courier courier,
            final Paths paths,
            final MembershipCounters counters,
            final RandomGenerator random) {
        this.config = config;
        this.table = table;
        this.health = health;
        this.courier = courier;
        this.paths = paths;
        this.counters = counters;
        this.random = random;
        this.roundTrips = new RoundTrips(config);
    }

    /** How long direct probes took lately. */
    RoundTrips roundTrips() {
        return roundTrips;
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

    /**
     * An answer arrived. Returns true when it belongs to the probe under way.
     *
     * @param sender the target itself, or a helper
     */
    boolean answered(final long sequence, final MemberId subject, final MemberId sender, final long nowNanos) {
        final Probe probe = running;
        if (probe == null || !probe.isAsked(sequence)) {
            return false;
        }
        if (!MemberPrecedence.provesLife(subject, probe.target.id())) {
            return true;
        }
        if (!probe.isAnswered()) {
            health.improve();
        }
        if (sequence == probe.paddedSequence) {
            probe.isPadded = true;
        } else if (sequence != probe.sequence) {
            probe.isStreamed = true;
        } else if (!sender.nodeId().equals(subject.nodeId())) {
            probe.isRelayed = true;
        } else if (!probe.isDirect) {
            probe.isDirect = true;
            roundTrips.answeredAfter(nowNanos - probe.startNanos);
        }
        return true;
    }

    /** A helper got no answer: this node was heard, so the fault is not its own. */
    void nacked(final long sequence, final MemberId helper) {
        if (running != null && sequence == running.sequence && running.helpers.remove(helper)) {
            counters.nacksReceived++;
        }
    }

    /** This node's own tick came late: answers may wait to be read, and help may not have been asked. */
    void late(final long nowNanos) {
        if (running != null && !running.isAnswered()) {
            giveTimeForHelp(nowNanos);
        }
    }

    /** At the end of the interval: the member that gave no sign of life; null when there is nobody to accuse. */
    Member failedAtEnd(final long nowNanos) {
        if (running == null || nowNanos - nextProbeNanos < 0) {
            return null;
        }
        final Probe ended = running;
        if (ended.isAnswered()) {
            running = null;
            learn(ended);
            return null;
        }
        if (!isStill(ended.target)) {
            running = null;
            return null;
        }
        if (!ended.helpAsked) {
            giveTimeForHelp(nowNanos);
            return null;
        }
        running = null;
        counters.probeFailures++;
        health.worsen(ended.helpersAsked == 0 ? 1 : ended.helpers.size());
        return table.get(ended.target.id().nodeId());
    }

    /** A target that raised its incarnation, was replaced or died meanwhile is no longer the one that was asked. */
    private boolean isStill(final Member asked) {
        final Member target = table.get(asked.id().nodeId());
        return target != null
                && target.id().equals(asked.id())
                && target.incarnation().equals(asked.incarnation())
                && target.state().isReachable();
    }

    private void giveTimeForHelp(final long nowNanos) {
        final long untilNanos = nowNanos + config.intervalNanos(table.clusterSize()) / HELP_SHARE;
        if (nextProbeNanos - untilNanos < 0) {
            nextProbeNanos = untilNanos;
        }
    }

    private void learn(final Probe ended) {
        final Paths.Answers answers = new Paths.Answers(
                ended.isDirect, ended.isRelayed, ended.isStreamed, ended.paddedSequence != 0, ended.isPadded);
        counters.streamAcks += answers.isOnlyStreamed() ? 1 : 0;
        paths.ended(ended.target.id().nodeId(), answers);
    }

    /** Asks for help when the direct answer is late; begins the next probe when it is time. */
    void tick(final long nowNanos, final SwimOutput out) {
        if (running != null) {
            if (!running.isAnswered() && !running.helpAsked && nowNanos - running.askHelpNanos >= 0) {
                askHelp(running, nowNanos, out);
            }
            return;
        }
        if (nowNanos - nextProbeNanos < 0) {
            return;
        }
        nextProbeNanos = nowNanos + config.intervalNanos(table.clusterSize()) * (health.score() + 1);
        final Member target = nextTarget();
        if (target != null) {
            running = begin(target, nowNanos, out);
        }
    }

    private Probe begin(final Member target, final long nowNanos, final SwimOutput out) {
        counters.probes++;
        final long sequence = courier.ping(Lane.DATAGRAM, target.id(), target.endpoint(), out);
        long paddedSequence = 0;
        if (paths.wantsPadding(target.id().nodeId())) {
            counters.paddedProbes++;
            paddedSequence = courier.paddedPing(target.id(), target.endpoint(), out);
        }
        return new Probe(target, nowNanos, sequence, nowNanos + roundTrips.ackTimeoutNanos(), paddedSequence);
    }

    private void askHelp(final Probe probe, final long nowNanos, final SwimOutput out) {
        probe.helpAsked = true;
        probe.streamSequence = courier.ping(Lane.STREAM, probe.target.id(), probe.target.endpoint(), out);
        final long restNanos = Math.max(0, nextProbeNanos - nowNanos);
        final int waitMillis =
                (int) Math.max(1, Math.min(SwimMessage.IndirectPing.WAIT_MILLIS_MAX, NACK_SHARE * restNanos / MILLI));
        for (final Member helper : helpers(table, probe.target, config.indirectProbes(), random)) {
            courier.indirectPing(probe.sequence, probe.target, helper, waitMillis, out);
            probe.helpers.add(helper.id());
        }
        probe.helpersAsked = probe.helpers.size();
        counters.indirectProbes += probe.helpersAsked;
    }

    /** Others that are believed to be alive. */
    static List<Member> helpers(
            final MemberTable table, final Member target, final int count, final RandomGenerator random) {
        return RandomPick.some(
                table.reachable(),
                count,
                member -> member.state() == MemberState.ALIVE
                        && !member.id().nodeId().equals(target.id().nodeId()),
                random);
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
