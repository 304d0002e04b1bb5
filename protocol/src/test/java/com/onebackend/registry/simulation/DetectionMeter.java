package com.onebackend.registry.simulation;

import com.onebackend.registry.membership.MembershipConfig;
import com.onebackend.registry.model.Incarnation;
import com.onebackend.registry.model.Member;
import com.onebackend.registry.model.MemberId;
import com.onebackend.registry.model.MemberState;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** How long a crash stays unnoticed, and that nobody is declared dead who is well and connected. */
final class DetectionMeter implements NodeObserver {
    /** Datagram loss up to which no healthy member may be declared dead. */
    private static final double TOLERATED_LOSS = 0.20;

    private final EventQueue events;
    private final VirtualNetwork network;
    private final List<VirtualNode> nodes;
    private final boolean isMeasuring;
    private final long calmNanos;
    private final Map<MemberId, Death> deaths = new HashMap<>();
    private final Map<MemberId, VirtualNode> processes = new HashMap<>();
    private final Set<Verdict> falseVerdicts = new HashSet<>();
    private final List<Long> firstNanos = new ArrayList<>();
    private final List<Long> allNanos = new ArrayList<>();
    private long falseDeaths;

    DetectionMeter(
            final SimulationConfig config,
            final EventQueue events,
            final VirtualNetwork network,
            final List<VirtualNode> nodes) {
        this.events = events;
        this.network = network;
        this.nodes = nodes;
        this.isMeasuring = config.isMeasuring();
        this.calmNanos = 2 * suspicionMaxNanos(config.gossip().membership(), config.nodes());
    }

    /** Believed by many, pronounced once. */
    private record Verdict(MemberId id, Incarnation incarnation) {}

    private static final class Death {
        private final long atNanos;
        private final BitSet unaware = new BitSet();
        private boolean isNoticed;

        Death(final long atNanos) {
            this.atNanos = atNanos;
        }
    }

    /** alpha * max(1, log10 N) * T. */
    static long suspicionMinNanos(final MembershipConfig config, final int clusterSize) {
        return (long)
                (config.suspicionMultiplier() * Math.max(1, Math.log10(clusterSize)) * config.probeIntervalNanos());
    }

    /** Without any confirmation; where there is nobody to confirm, the minimum holds at once. */
    static long suspicionMaxNanos(final MembershipConfig config, final int clusterSize) {
        final long least = suspicionMinNanos(config, clusterSize);
        return clusterSize - 2 < config.suspicionMultiplier() - 2 ? least : config.suspicionMaxMultiplier() * least;
    }

    @Override
    public void crashed(final VirtualNode node, final MemberId id) {
        processes.remove(id);
        deaths.values().forEach(death -> death.unaware.clear(node.index()));
        final Death death = new Death(events.nowNanos());
        for (final VirtualNode other : nodes) {
            if (other != node && other.phase() == VirtualNode.Phase.RUNNING) {
                final Member seen = other.member(id.nodeId());
                if (seen != null && seen.id().equals(id) && seen.state().isReachable()) {
                    death.unaware.set(other.index());
                }
            }
        }
        deaths.put(id, death);
    }

    @Override
    public void started(final VirtualNode node) {
        processes.values().removeIf(node::equals);
        processes.put(node.core().self().id(), node);
        // Its own earlier process is replaced by this one, which others may hear of before they miss the earlier one.
        deaths.keySet()
                .removeIf(id -> id.nodeId().equals(node.core().self().id().nodeId()));
    }

    @Override
    public void memberChanged(final VirtualNode node, final Member before, final Member after) {
        final Death death = deaths.get(after.id());
        if (death != null && !after.state().isReachable() && death.unaware.get(node.index())) {
            death.unaware.clear(node.index());
            noticed(death);
        }
        final boolean isVerdict = before != null
                && before.state().isReachable()
                && before.id().equals(after.id())
                && after.state() == MemberState.DEAD;
        final VirtualNode subject = isVerdict ? processes.get(after.id()) : null;
        if (subject == null || subject.phase() == VirtualNode.Phase.DOWN) {
            return;
        }
        // A process that stands still may be taken for dead; only a report asks how often.
        if (isMeasuring || subject.phase() == VirtualNode.Phase.RUNNING) {
            declaredDead(subject, after, node);
        }
    }

    private void declaredDead(final VirtualNode subject, final Member verdict, final VirtualNode by) {
        falseDeaths++;
        falseVerdicts.add(new Verdict(verdict.id(), verdict.incarnation()));
        final boolean isExcused = isMeasuring
                || network.faults().loss() > TOLERATED_LOSS
                || isRecent(network.disturbedNanos())
                || isRecent(subject.disturbedNanos())
                || isRecent(by.disturbedNanos());
        if (!isExcused) {
            throw new AssertionError(by + " declares " + subject + " dead, which is well and connected");
        }
    }

    /** From a crash to its first observer. */
    List<Long> firstNanos() {
        return List.copyOf(firstNanos);
    }

    /** From a crash to its last observer. */
    List<Long> allNanos() {
        return List.copyOf(allNanos);
    }

    /** How often somebody took a member for dead that ran, for whatever reason. */
    long falseDeaths() {
        return falseDeaths;
    }

    /** The same, each member once per incarnation, however many believed it. */
    int falseVerdicts() {
        return falseVerdicts.size();
    }

    /** Crashes that somebody who runs has not noticed. */
    boolean isPending() {
        return deaths.values().stream().anyMatch(death -> !death.unaware.isEmpty());
    }

    private void noticed(final Death death) {
        final long tookNanos = events.nowNanos() - death.atNanos;
        if (!death.isNoticed) {
            death.isNoticed = true;
            firstNanos.add(tookNanos);
        }
        if (death.unaware.isEmpty()) {
            allNanos.add(tookNanos);
        }
    }

    private boolean isRecent(final long nanos) {
        return nanos != Long.MIN_VALUE && events.nowNanos() - nanos < calmNanos;
    }
}
