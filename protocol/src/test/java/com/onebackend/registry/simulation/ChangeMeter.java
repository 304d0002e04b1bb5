package com.onebackend.registry.simulation;

import com.onebackend.registry.model.MemberId;
import com.onebackend.registry.model.Origin;
import com.onebackend.registry.replication.Digest;
import com.onebackend.registry.replication.LogBatch;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** How long it takes from the moment a write is durable until every running node has it. */
final class ChangeMeter implements NodeObserver {
    private static final int PENDING_MAX = 256;

    private final EventQueue events;
    private final List<VirtualNode> nodes;
    private final Map<Origin, Deque<Change>> pending = new TreeMap<>();
    private final List<Long> tookNanos = new ArrayList<>();

    ChangeMeter(final EventQueue events, final List<VirtualNode> nodes) {
        this.events = events;
        this.nodes = nodes;
    }

    private record Change(long version, long atNanos, BitSet lacking) {}

    @Override
    public void committing(final VirtualNode node, final long ownVersion) {
        final BitSet lacking = new BitSet(nodes.size());
        for (final VirtualNode other : nodes) {
            if (other != node && other.phase() == VirtualNode.Phase.RUNNING) {
                lacking.set(other.index());
            }
        }
        final Deque<Change> changes = pending.computeIfAbsent(node.origin(), origin -> new ArrayDeque<>());
        if (!lacking.isEmpty() && changes.size() < PENDING_MAX) {
            changes.add(new Change(ownVersion, events.nowNanos(), lacking));
        }
    }

    @Override
    public void persisting(final VirtualNode node, final LogBatch batch, final long ownVersion) {
        for (final Digest.Head head : batch.heads()) {
            final Deque<Change> changes = pending.get(head.origin());
            if (changes != null && !head.origin().equals(node.origin())) {
                changes.removeIf(change -> change.version() <= head.maxVersion() && arrived(change, node));
            }
        }
    }

    @Override
    public void crashed(final VirtualNode node, final MemberId id) {
        gone(node);
    }

    @Override
    public void left(final VirtualNode node) {
        gone(node);
    }

    /** What it wrote may be nowhere now; the others' changes are only waited for at those who are left. */
    private void gone(final VirtualNode node) {
        pending.remove(node.origin());
        pending.values()
                .forEach(changes -> changes.removeIf(change -> {
                    change.lacking().clear(node.index());
                    // It never arrived at the last one who lacked it, so there is no figure.
                    return change.lacking().isEmpty();
                }));
    }

    /** One figure per committed batch of writes. */
    List<Long> tookNanos() {
        return List.copyOf(tookNanos);
    }

    /** Writes that some running node has not. */
    boolean isPending() {
        return pending.values().stream().anyMatch(changes -> !changes.isEmpty());
    }

    private boolean arrived(final Change change, final VirtualNode node) {
        change.lacking().clear(node.index());
        if (change.lacking().isEmpty()) {
            tookNanos.add(events.nowNanos() - change.atNanos());
            return true;
        }
        return false;
    }
}
