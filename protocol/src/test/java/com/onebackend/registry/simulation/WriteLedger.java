package com.onebackend.registry.simulation;

import com.onebackend.registry.model.MemberId;
import com.onebackend.registry.model.Origin;
import com.onebackend.registry.model.PartKind;
import com.onebackend.registry.replication.Digest;
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
    /** By node index: how much of each log its process had when it last told its disk. */
    private final Map<Integer, Map<Origin, Long>> reached = new TreeMap<>();

    private long acknowledgedCount;
    private long lostWithDisks;

    WriteLedger(final Collection<VirtualNode> nodes) {
        this.nodes = nodes;
    }

    @Override
    public void persisting(final VirtualNode node, final LogBatch batch, final long ownVersion) {
        for (final LogEntry entry : batch.puts()) {
            if (ownVersion > 0 && entry.origin().equals(node.origin()) && entry.version() <= ownVersion) {
                waiting.computeIfAbsent(node.origin(), origin -> new TreeMap<>())
                        .put(entry.version(), entry);
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
    public void started(final VirtualNode node) {
        final Map<Origin, Long> heads = new TreeMap<>();
        node.disk().written().heads().forEach((origin, head) -> heads.put(origin, head.maxVersion()));
        reached.put(node.index(), heads);
    }

    /** A vector never runs ahead of what the node holds: all it skips over is there, or was superseded by what is. */
    @Override
    public void persisted(final VirtualNode node, final LogBatch batch) {
        final Map<Origin, Long> heads = reached.get(node.index());
        for (final Digest.Head head : batch.heads()) {
            final Long before = heads.put(head.origin(), head.maxVersion());
            final long from = before == null ? 0 : before;
            final NavigableMap<Long, LogEntry> log = acknowledged.get(head.origin());
            if (log != null && head.maxVersion() > from) {
                for (final LogEntry entry :
                        log.subMap(from, false, head.maxVersion(), true).values()) {
                    if (!isHeld(node, entry)) {
                        throw new AssertionError(node + ": vector at " + head + " is ahead, lacks " + entry);
                    }
                }
            }
        }
    }

    /** What the crash left on the disk counts, acknowledged or not. */
    @Override
    public void crashed(final VirtualNode node, final MemberId id) {
        final NavigableMap<Long, LogEntry> own = waiting.remove(node.origin());
        final long kept = node.disk().synced().maxVersion(node.origin());
        if (own != null && !own.headMap(kept, true).isEmpty()) {
            acknowledged
                    .computeIfAbsent(node.origin(), origin -> new TreeMap<>())
                    .putAll(own.headMap(kept, true));
        }
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
        final List<String> missing = new ArrayList<>();
        acknowledged
                .values()
                .forEach(log -> log.values().forEach(entry -> {
                    if (!isHeld(node, entry)) {
                        missing.add(node + " lacks " + entry);
                    }
                }));
        return missing;
    }

    private static boolean isHeld(final VirtualNode node, final LogEntry entry) {
        final Map<LogEntry.PartKey, LogEntry> held = node.disk().written().entries();
        final LogEntry present = held.get(entry.key());
        if (present != null && (present.equals(entry) || present.supersedes(entry))) {
            return true;
        }
        final LogEntry tombstone = held.get(new LogEntry.PartKey(entry.instanceId(), PartKind.TOMBSTONE));
        return tombstone != null && tombstone.supersedes(entry);
    }

    long acknowledgedCount() {
        return acknowledgedCount;
    }

    long lostWithDisks() {
        return lostWithDisks;
    }
}
