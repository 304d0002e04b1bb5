package com.onebackend.registry.simulation;

import com.onebackend.registry.model.Instance;
import com.onebackend.registry.model.Member;
import com.onebackend.registry.model.MemberId;
import com.onebackend.registry.model.MemberState;
import com.onebackend.registry.replication.Digest;
import com.onebackend.registry.replication.LogEntry;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Whether nodes see the same. */
final class Agreement {
    private Agreement() {}

    /** What two of the nodes see differently, or null. */
    static String problem(final List<VirtualNode> running, final List<String> instanceIds) {
        if (running.isEmpty()) {
            return null;
        }
        final String membersProblem = membersProblem(running);
        if (membersProblem != null) {
            return membersProblem;
        }
        final VirtualNode first = running.get(0);
        for (final VirtualNode node : running) {
            final String problem = contentProblem(first, node, instanceIds);
            if (problem != null) {
                return problem;
            }
        }
        return null;
    }

    /** What one of the nodes believes of the nodes that is not so, or null. */
    static String membersProblem(final List<VirtualNode> running) {
        final Set<MemberId> alive =
                running.stream().map(node -> node.core().self().id()).collect(Collectors.toSet());
        for (final VirtualNode node : running) {
            final String problem = membersProblem(node, alive);
            if (problem != null) {
                return problem;
            }
        }
        return null;
    }

    private static String contentProblem(
            final VirtualNode first, final VirtualNode other, final List<String> instanceIds) {
        final Map<Object, Digest.Head> ours = heads(first);
        final Map<Object, Digest.Head> theirs = heads(other);
        if (!ours.equals(theirs)) {
            return "digests of " + first + " and " + other + " differ: " + ours.values() + " and " + theirs.values();
        }
        if (first.core().digestHash() != other.core().digestHash()) {
            return "digest hashes of " + first + " and " + other + " differ though the digests do not";
        }
        for (final String instanceId : instanceIds) {
            final Instance mine = first.instance(instanceId);
            final Instance its = other.instance(instanceId);
            if (!Objects.equals(mine, its)) {
                return first + " shows " + mine + ", " + other + " shows " + its;
            }
        }
        final Map<LogEntry.PartKey, LogEntry> mine = stored(first, other);
        final Map<LogEntry.PartKey, LogEntry> its = stored(other, first);
        if (!mine.equals(its)) {
            final Set<LogEntry> onlyMine = new HashSet<>(mine.values());
            onlyMine.removeAll(its.values());
            final Set<LogEntry> onlyIts = new HashSet<>(its.values());
            onlyIts.removeAll(mine.values());
            return first + " and " + other + " store different entries: " + onlyMine + " and " + onlyIts;
        }
        return null;
    }

    /** Without tombstones that may be collected: each node drops them in its own time. */
    private static Map<LogEntry.PartKey, LogEntry> stored(final VirtualNode node, final VirtualNode other) {
        final VirtualDisk.Content content = node.disk().written();
        final VirtualDisk.Content its = other.disk().written();
        final Map<LogEntry.PartKey, LogEntry> kept = new HashMap<>(content.entries());
        kept.values()
                .removeIf(entry -> entry.isTombstone()
                        && entry.version()
                                <= Math.max(content.gcVersion(entry.origin()), its.gcVersion(entry.origin())));
        return kept;
    }

    /** Without what was collected, which spreads in its own time. */
    private static Map<Object, Digest.Head> heads(final VirtualNode node) {
        final Map<Object, Digest.Head> heads = new TreeMap<>();
        node.core()
                .digest()
                .heads()
                .forEach(head ->
                        heads.put(head.origin(), new Digest.Head(head.origin(), head.maxVersion(), 0, head.setHash())));
        return heads;
    }

    private static String membersProblem(final VirtualNode node, final Set<MemberId> alive) {
        int found = 0;
        for (final Member member : node.core().members()) {
            final boolean isAlive = alive.contains(member.id());
            if (isAlive && member.state() == MemberState.ALIVE) {
                found++;
            } else if (isAlive || member.state().isReachable()) {
                return node + " believes " + member.id() + " " + member.state();
            }
        }
        return found == alive.size() ? null : node + " knows " + found + " of " + alive.size() + " members";
    }
}
