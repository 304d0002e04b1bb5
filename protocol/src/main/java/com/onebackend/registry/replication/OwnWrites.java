package com.onebackend.registry.replication;

import com.onebackend.registry.model.Invariants;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The own log from the first write to the push: numbers given, writes that wait for the disk, writes that wait to be
 * pushed.
 *
 * <p>A write shows to this node at once, to peers only when it is on disk: until then it lies as a layer over the
 * {@link LogTable}, and what it supersedes stays there. Otherwise a peer could skip a version as superseded, by a write
 * that a crash then undoes: we would have the version back, the peer never.
 *
 * <p><i>Thread:</i> the gossip loop.
 *
 * <p><i>Invariants:</i> {@code pushed <= durable <= assigned}; a number is given once.
 */
final class OwnWrites {
    private final ReplicaConfig config;
    /** Written, not on disk; ascending. */
    private final Deque<LogEntry> undurable = new ArrayDeque<>();
    /** On disk, not pushed; as produced, also what was superseded since: no push may leave a version out. */
    private final Deque<LogEntry> unpushed = new ArrayDeque<>();

    private final Map<String, Layer> layers = new HashMap<>();
    private boolean hasWritten;
    private long assigned;
    private long durable;
    private long pushed;

    OwnWrites(final ReplicaConfig config) {
        this.config = config;
    }

    /** One instance as this node sees it while writes of it wait for the disk. */
    private record Layer(InstanceParts live, Deque<LogEntry> writes) {
        Layer showing(final InstanceParts other) {
            return new Layer(other, writes);
        }
    }

    /** From the disk, before the first write: the log reaches at least to here. */
    void restored(final long version) {
        assigned = Math.max(assigned, version);
        durable = assigned;
        pushed = assigned;
    }

    boolean hasRoom() {
        return undurable.size() < config.undurableMax();
    }

    /** Gives the next number. */
    long nextVersion() {
        if (!hasWritten && assigned > 0) {
            assigned += config.restartGapVersions();
        }
        hasWritten = true;
        return ++assigned;
    }

    /** True when everything written is on disk and pushed. */
    boolean isQuiet() {
        return undurable.isEmpty() && unpushed.isEmpty();
    }

    /** A new write, and how its instance looks to this node with it. */
    void staged(final LogEntry entry, final InstanceParts live) {
        undurable.addLast(entry);
        final Layer known = layers.get(entry.instanceId());
        final Layer layer = known == null ? new Layer(live, new ArrayDeque<>(1)) : known.showing(live);
        layer.writes().addLast(entry);
        layers.put(entry.instanceId(), layer);
    }

    /** How an instance looks to this node; null when it looks as in the table. */
    InstanceParts live(final String instanceId) {
        final Layer layer = layers.get(instanceId);
        return layer == null ? null : layer.live();
    }

    /** The instances with writes that wait for the disk. */
    Set<String> instanceIds() {
        final Set<String> ids = new LinkedHashSet<>();
        undurable.forEach(entry -> ids.add(entry.instanceId()));
        return ids;
    }

    /** An entry entered the table: it does so in the layer of its instance, too, if that has one. */
    void received(final LogEntry entry) {
        layers.computeIfPresent(
                entry.instanceId(), (id, layer) -> layer.showing(layer.live().with(entry)));
    }

    /**
     * An entry left the table: the layer is made anew. What it had beaten may be among the writes that wait, and is
     * gone from the layer; it will be in the table when they are on disk.
     */
    void rebased(final String instanceId, final InstanceParts shown) {
        layers.computeIfPresent(instanceId, (id, layer) -> {
            InstanceParts live = shown;
            for (final LogEntry write : layer.writes()) {
                live = live.with(write);
            }
            return layer.showing(live);
        });
    }

    /** On disk up to here; returns what has to enter the table, in order, each followed by {@link #settled}. */
    List<LogEntry> durable(final long version) {
        Invariants.check(version <= assigned, "an own version is durable that was never given");
        final List<LogEntry> published = new ArrayList<>();
        while (!undurable.isEmpty() && undurable.peekFirst().version() <= version) {
            final LogEntry entry = undurable.pollFirst();
            published.add(entry);
            unpushed.addLast(entry);
        }
        durable = Math.max(durable, version);
        return published;
    }

    /** A write entered the table; with the last one of its instance the layer goes. */
    void settled(final LogEntry entry, final InstanceParts shown) {
        final Layer layer = layers.get(entry.instanceId());
        layer.writes().removeFirst();
        if (!layer.writes().isEmpty()) {
            return;
        }
        layers.remove(entry.instanceId());
        Invariants.check(layer.live().equals(shown), "table and layer disagree when all writes are durable");
    }

    /** The next push of what is durable; null when there is nothing. */
    LogMessage.Push nextPush(final Digest.Head head, final long madeMillis) {
        if (unpushed.isEmpty()) {
            return null;
        }
        final long base = pushed;
        final EntryBudget budget = new EntryBudget(config.pushEntriesMax(), config.chunkBytesMax());
        final List<LogEntry> entries = new ArrayList<>();
        while (!unpushed.isEmpty() && budget.take(unpushed.peekFirst())) {
            entries.add(unpushed.pollFirst());
        }
        pushed = entries.get(entries.size() - 1).version();
        return new LogMessage.Push(head.origin(), base, pushed, head.gcVersion(), entries, madeMillis);
    }

    /** A peer holds an own entry of this number: it must not be given again. */
    void seen(final long version) {
        assigned = Math.max(assigned, version);
    }

    /** A peer gave us back all of our log up to here. */
    void pulledBack(final long version) {
        seen(version);
        if (isQuiet()) {
            durable = Math.max(durable, version);
            pushed = Math.max(pushed, version);
        }
    }

    /** True when the number is that of a write which waits for the disk, so that no peer can have it. */
    boolean isUndurable(final long version) {
        return !undurable.isEmpty()
                && version >= undurable.peekFirst().version()
                && version <= undurable.peekLast().version();
    }

    long assigned() {
        return assigned;
    }

    long durable() {
        return durable;
    }
}
