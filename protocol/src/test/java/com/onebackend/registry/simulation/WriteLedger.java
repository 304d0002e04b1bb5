package com.onebackend.registry.simulation;

import com.onebackend.registry.model.MemberId;
import com.onebackend.registry.model.Origin;
import com.onebackend.registry.model.PartKind;
import com.onebackend.registry.replication.Digest;
import com.onebackend.registry.replication.LogBatch;
import com.onebackend.registry.replication.LogEntry;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;

/** Every write that was acknowledged, and which of them must be there at the end. */
final class WriteLedger implements NodeObserver {
    private final EventQueue events;
    private final Collection<VirtualNode> nodes;
    private final long youngNanos;
    private final Map<Origin, NavigableMap<Long, LogEntry>> waiting = new TreeMap<>();
    private final Map<Origin, NavigableMap<Long, LogEntry>> acknowledged = new LinkedHashMap<>();
    /** By node index: how much of each log its process had when it last told its disk. */
    private final Map<Integer, Map<Origin, Long>> reached = new TreeMap<>();

    /** Every tombstone that ever was written, by instance. */
    private final Map<String, List<LogEntry>> tombstones = new HashMap<>();

    /** Origins that the catalog has removed. */
    private final Set<Origin> removed = new HashSet<>();

    /** Tombstones of theirs that were collected: by whom, and at which watermark of his own log. */
    private final Map<LogEntry, Map<Origin, Long>> fenced = new HashMap<>();

    /** When each own write was first told to its node's disk. */
    private final Map<LogEntry, Long> writtenNanos = new HashMap<>();

    /** By node index: when its process started. */
    private final Map<Integer, Long> startedNanos = new TreeMap<>();

    private long acknowledgedCount;
    private long lostWithDisks;
    private long withdrawn;

    /** @param youngNanos no reset drops what its node wrote so short a time ago */
    WriteLedger(final EventQueue events, final Collection<VirtualNode> nodes, final long youngNanos) {
        this.events = events;
        this.nodes = nodes;
        this.youngNanos = youngNanos;
    }

    @Override
    public void persisting(final VirtualNode node, final LogBatch batch, final long ownVersion) {
        if (batch.reset()) {
            requireYoungKept(node, batch);
            withdraw(node, batch);
        }
        for (final LogEntry entry : batch.puts()) {
            if (entry.origin().equals(node.origin())) {
                writtenNanos.putIfAbsent(entry, events.nowNanos());
            }
            if (entry.isTombstone()) {
                final List<LogEntry> known = tombstones.computeIfAbsent(entry.instanceId(), id -> new ArrayList<>());
                if (!known.contains(entry)) {
                    known.add(entry);
                }
            }
            if (ownVersion > 0 && entry.origin().equals(node.origin()) && entry.version() <= ownVersion) {
                waiting.computeIfAbsent(node.origin(), origin -> new TreeMap<>())
                        .put(entry.version(), entry);
            }
        }
    }

    /** The catalog removed a node: its tombstones go by the watermarks of others. */
    void removed(final Origin origin) {
        removed.add(origin);
    }

    private void noteFenced(final VirtualNode node, final LogBatch batch) {
        for (final LogEntry.PartKey key : batch.removals()) {
            if (key.kind() == PartKind.TOMBSTONE) {
                final long watermark = node.disk().written().gcVersion(node.origin());
                tombstones.getOrDefault(key.instanceId(), List.of()).stream()
                        .filter(gone -> removed.contains(gone.origin()))
                        .forEach(gone -> fenced.computeIfAbsent(gone, first -> new TreeMap<>())
                                .putIfAbsent(node.origin(), watermark));
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
        startedNanos.put(node.index(), events.nowNanos());
    }

    /** A vector never runs ahead of what the node holds: all it skips over is there, or was superseded by what is. */
    @Override
    public void persisted(final VirtualNode node, final LogBatch batch) {
        noteFenced(node, batch);
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
        acknowledged.forEach((origin, log) -> log.values().removeIf(entry -> {
            final boolean isElsewhere = nodes.stream()
                    .anyMatch(other -> other != node && isHeld(other.disk().synced(), entry));
            lostWithDisks += isElsewhere ? 0 : 1;
            return !isElsewhere;
        }));
    }

    /**
     * What a process wrote a moment before it drops everything is younger than any tombstone that may have been
     * collected: it stays. How old is what an earlier process wrote, nobody can tell.
     */
    private void requireYoungKept(final VirtualNode node, final LogBatch batch) {
        final long oldNanos = Math.max(events.nowNanos() - youngNanos, startedNanos.get(node.index()));
        for (final LogEntry entry : node.disk().written().entries().values()) {
            final boolean isYoung =
                    entry.origin().equals(node.origin()) && writtenNanos.getOrDefault(entry, 0L) > oldNanos;
            if (isYoung && batch.puts().stream().noneMatch(kept -> covers(kept, entry))) {
                throw new AssertionError(node + ": a reset drops what it just wrote: " + entry);
            }
        }
    }

    private static boolean covers(final LogEntry kept, final LogEntry entry) {
        final boolean isSame = kept.key().equals(entry.key());
        final boolean kills = kept.isTombstone() && kept.instanceId().equals(entry.instanceId());
        return kept.equals(entry) || ((isSame || kills) && kept.supersedes(entry));
    }

    /**
     * A node that was away for too long drops what it holds: its own records that somebody does not have are no longer
     * promised, and what was on its disk alone is lost. Deregistrations are not: tombstones stay.
     */
    private void withdraw(final VirtualNode node, final LogBatch batch) {
        final Set<LogEntry> kept = Set.copyOf(batch.puts());
        // Its own log stays as long as it was, though records of it come back from the others, if at all.
        final Map<Origin, Long> heads = new TreeMap<>();
        batch.heads().forEach(head -> heads.put(head.origin(), head.maxVersion()));
        heads.keySet().retainAll(Set.of(node.origin()));
        reached.put(node.index(), heads);
        final Map<LogEntry.PartKey, LogEntry> own = new HashMap<>();
        acknowledged.getOrDefault(node.origin(), new TreeMap<>()).values().stream()
                .filter(entry -> !entry.isTombstone() && !kept.contains(entry))
                .forEach(entry -> own.merge(entry.key(), entry, (a, b) -> b.supersedes(a) ? b : a));
        acknowledged.forEach((origin, log) -> log.values().removeIf(entry -> {
            final LogEntry later = own.get(entry.key());
            if (later != null && later.supersedes(entry)) {
                // Superseded by what is withdrawn: some have the one, some the other, until a repair finds it.
                withdrawn++;
                return true;
            }
            if (entry.isTombstone() || kept.contains(entry)) {
                return false;
            }
            final long having = nodes.stream()
                    .filter(other -> other != node && isHeld(other.disk().synced(), entry))
                    .count();
            final boolean isLeft = origin.equals(node.origin()) ? having == nodes.size() - 1 : having > 0;
            withdrawn += isLeft ? 0 : 1;
            return !isLeft;
        }));
    }

    /** What was deregistered with an acknowledgement, not registered after it, and is there all the same. */
    List<String> resurrectedAt(final VirtualNode node) {
        final List<String> resurrected = new ArrayList<>();
        acknowledged
                .values()
                .forEach(log -> log.values().forEach(entry -> {
                    final LogEntry shown = node.disk()
                            .written()
                            .entries()
                            .get(new LogEntry.PartKey(entry.instanceId(), PartKind.REGISTRATION));
                    if (entry.isTombstone() && shown != null && entry.supersedes(shown)) {
                        resurrected.add(node + " shows " + shown + " after " + entry);
                    }
                }));
        return resurrected;
    }

    /** What resets dropped, and nobody promises any longer. */
    long withdrawn() {
        return withdrawn;
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

    private boolean isHeld(final VirtualNode node, final LogEntry entry) {
        return isHeld(node.disk().written(), entry);
    }

    private boolean isHeld(final VirtualDisk.Content content, final LogEntry entry) {
        final Map<LogEntry.PartKey, LogEntry> held = content.entries();
        final LogEntry present = held.get(entry.key());
        if (present != null && (present.equals(entry) || present.supersedes(entry))) {
            return true;
        }
        final LogEntry tombstone = held.get(new LogEntry.PartKey(entry.instanceId(), PartKind.TOMBSTONE));
        return (tombstone != null && tombstone.supersedes(entry))
                || tombstones.getOrDefault(entry.instanceId(), List.of()).stream()
                        .anyMatch(gone -> (gone.equals(entry) || gone.supersedes(entry))
                                && (content.gcVersion(gone.origin()) >= gone.version() || isFenced(content, gone)));
    }

    /** Whoever collected it did so at a watermark that this node has met, too. */
    private boolean isFenced(final VirtualDisk.Content content, final LogEntry tombstone) {
        return fenced.getOrDefault(tombstone, Map.of()).entrySet().stream()
                .anyMatch(by -> by.getValue() > 0 && content.gcVersion(by.getKey()) >= by.getValue());
    }

    long acknowledgedCount() {
        return acknowledgedCount;
    }

    long lostWithDisks() {
        return lostWithDisks;
    }
}
