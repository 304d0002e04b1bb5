package com.onebackend.registry.simulation;

import com.onebackend.registry.model.MemberId;
import com.onebackend.registry.model.Origin;
import com.onebackend.registry.model.PartKind;
import com.onebackend.registry.replication.LogBatch;
import com.onebackend.registry.replication.LogEntry;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/** Every write that was acknowledged, and which of them must be there at the end. */
final class WriteLedger implements NodeObserver {
    private final Collection<VirtualNode> nodes;
    private final Map<Origin, NavigableMap<Long, LogEntry>> waiting = new TreeMap<>();
    private final Map<Origin, NavigableMap<Long, LogEntry>> acknowledged = new LinkedHashMap<>();
    private long acknowledgedCount;
    private long lostWithDisks;

    WriteLedger(final Collection<VirtualNode> nodes) {
        this.nodes = nodes;
    }

    @Override
    public void persisting(final VirtualNode node, final LogBatch batch, final long ownVersion) {
        for (final LogEntry entry : batch.puts()) {
            if (ownVersion > 0 && entry.origin().equals(node.origin()) && entry.version() <= ownVersion) {
                waiting.computeIfAbsent(node.origin(), origin -> new TreeMap<>()).put(entry.version(), entry);
            }
        }
    }

    @Override
    public void committing(final VirtualNode node, final long ownVersion) {
        final NavigableMap<Long, LogEntry> own = waiting.get(node.origin());
        if (own == null) {
            return;
        }
        final Map<Long, LogEntry> done = own.headMap(ownVersion, true);
        acknowledgedCount += done.size();
        acknowledged.computeIfAbsent(node.origin(), origin -> new TreeMap<>()).putAll(done);
        done.clear();
    }

    @Override
    public void crashed(final VirtualNode node, final MemberId id) {
        waiting.remove(node.origin());
    }

    /** What was on this disk alone is lost, and nobody promised otherwise. */
    @Override
    public void losingDisk(final VirtualNode node) {
        acknowledged.forEach((origin, log) -> log.keySet().removeIf(version -> {
            final boolean isElsewhere = nodes.stream()
                    .anyMatch(other -> other != node && other.disk().synced().maxVersion(origin) >= version);
            lostWithDisks += isElsewhere ? 0 : 1;
            return !isElsewhere;
        }));
    }

    /** Problems of one node: acknowledged writes that it neither has nor holds something later for. */
    List<String> missingAt(final VirtualNode node) {
        final Map<LogEntry.PartKey, LogEntry> held = node.disk().written().entries();
        final List<String> missing = new ArrayList<>();
        acknowledged.values().forEach(log -> log.values().forEach(entry -> {
            final LogEntry present = held.get(entry.key());
            final LogEntry tombstone = held.get(new LogEntry.PartKey(entry.instanceId(), PartKind.TOMBSTONE));
            final boolean isThere = present != null && (present.equals(entry) || present.supersedes(entry));
            if (!isThere && (tombstone == null || !tombstone.supersedes(entry))) {
                missing.add(node + " lacks " + entry + ", has " + present + " and " + tombstone);
            }
        }));
        return missing;
    }

    long acknowledgedCount() {
        return acknowledgedCount;
    }

    long lostWithDisks() {
        return lostWithDisks;
    }
}
