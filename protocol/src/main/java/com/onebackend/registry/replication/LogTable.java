package com.onebackend.registry.replication;

import com.onebackend.registry.model.Invariants;
import com.onebackend.registry.model.Origin;
import com.onebackend.registry.model.PartKind;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What may be shown to peers: the winners among all entries received and all own entries that are on disk.
 *
 * <p><i>Thread:</i> the gossip loop.
 *
 * <p><i>Invariants:</i> a function of the set of entries applied and of the origins evicted, whatever the order of the
 * entries; an entry is indexed in its origin's log exactly while it is one of its instance's parts.
 */
final class LogTable {
    private static final PartKind[] KINDS = PartKind.values();

    /** Looked up, never walked: walks that reach a message go through the logs, which are ordered. */
    private final Map<String, InstanceParts> instances = new HashMap<>();

    private final NavigableMap<Origin, OwnedLog> logs = new TreeMap<>();
    private final EntryPool pool = new EntryPool();
    /** Removed by the catalog; others may still have tombstones of it that this node needs. */
    private final Set<Origin> evicted = new HashSet<>();
    /** Removed so long ago that everybody has what is needed of it: nothing is kept or taken. */
    private final Set<Origin> forgotten = new TreeSet<>();
    /** Logs of which tombstones were collected that we may have missed. */
    private final Set<Origin> behind = new TreeSet<>();

    private int tombstones;
    private boolean isHashStale;
    private long hash;

    InstanceParts parts(final String instanceId) {
        return instances.getOrDefault(instanceId, InstanceParts.NONE);
    }

    /** True when the origin gave this entry's version to another entry, too. */
    boolean conflicts(final LogEntry entry) {
        final OwnedLog log = logs.get(entry.origin());
        final LogEntry known = log == null ? null : log.at(entry.version());
        return known != null && !known.equals(entry);
    }

    /** Merges one entry in. True when it is one of the winners now and was not before. */
    boolean apply(final LogEntry entry) {
        final InstanceParts before = parts(entry.instanceId());
        if (before.with(entry).equals(before)) {
            return false;
        }
        final LogEntry kept = pool.kept(entry, log(entry.origin()).origin(), before.any());
        return replace(kept.instanceId(), before, before.with(kept));
    }

    /** Takes one entry out, if it is there. */
    void drop(final LogEntry entry) {
        final InstanceParts before = parts(entry.instanceId());
        replace(entry.instanceId(), before, before.without(entry));
    }

    /** True while exactly this entry is among the winners. */
    boolean isLive(final LogEntry entry) {
        final OwnedLog log = logs.get(entry.origin());
        return log != null && entry.equals(log.at(entry.version()));
    }

    /** Raises how much of an origin's log we have. True when something moved. */
    boolean advance(final Origin origin, final long version, final long collected) {
        isHashStale = true;
        final OwnedLog log = log(origin);
        final boolean moved = log.advance(version, collected);
        noteBehind(log);
        return moved;
    }

    /** Back to having nothing of an origin's log, though entries of it may be there. */
    void rewind(final Origin origin, final long collected) {
        isHashStale = true;
        final OwnedLog log = log(origin);
        log.rewind(collected);
        noteBehind(log);
    }

    /** What was collected of an origin's log is no longer known. */
    void rewindWatermark(final Origin origin) {
        final OwnedLog log = log(origin);
        log.forgetWatermark();
        noteBehind(log);
    }

    /** The logs of which tombstones were collected that we may have missed; a copy. */
    List<Origin> behind() {
        return List.copyOf(behind);
    }

    /** True while there is such a log. */
    boolean isBehind() {
        return !behind.isEmpty();
    }

    /** True when tombstones were collected of a log of which the other has less; evicted origins do not count. */
    boolean isAheadOf(final Digest theirs) {
        final Map<Origin, Long> has = new HashMap<>();
        theirs.heads().forEach(head -> has.put(head.origin(), head.maxVersion()));
        return logs.values().stream()
                .anyMatch(
                        log -> log.gcVersion() > has.getOrDefault(log.origin(), 0L) && !evicted.contains(log.origin()));
    }

    /** Tombstones held, of all origins. */
    int tombstones() {
        return tombstones;
    }

    /** The log of an origin; null when nothing is known of it. */
    OwnedLog known(final Origin origin) {
        return logs.get(origin);
    }

    long maxVersion(final Origin origin) {
        final OwnedLog log = logs.get(origin);
        return log == null ? 0 : log.maxVersion();
    }

    long gcVersion(final Origin origin) {
        final OwnedLog log = logs.get(origin);
        return log == null ? 0 : log.gcVersion();
    }

    /**
     * From now on only the origin's tombstones count. How much of its log we have stays known: whoever has less than
     * was collected has to start again. Returns the other entries it has; the caller drops each.
     */
    List<LogEntry> evict(final Origin origin) {
        if (forgotten.contains(origin)) {
            return List.of();
        }
        evicted.add(origin);
        isHashStale = true;
        final OwnedLog log = logs.get(origin);
        if (log == null) {
            return List.of();
        }
        return log.entries().stream().filter(entry -> !entry.isTombstone()).toList();
    }

    /** The last of an evicted origin's log goes; it must not have entries any more. */
    void forget(final Origin origin) {
        final OwnedLog gone = logs.remove(origin);
        Invariants.check(gone == null || gone.entries().isEmpty(), "a log with entries is not forgotten");
        behind.remove(origin);
        evicted.remove(origin);
        forgotten.add(origin);
        isHashStale = true;
    }

    /** True when the catalog removed it. */
    boolean isEvicted(final Origin origin) {
        return evicted.contains(origin) || forgotten.contains(origin);
    }

    /** True when nothing of its log is kept or taken any more. */
    boolean isForgotten(final Origin origin) {
        return forgotten.contains(origin);
    }

    /** The origins that are forgotten, ordered; a view. */
    Set<Origin> forgotten() {
        return Collections.unmodifiableSet(forgotten);
    }

    boolean knows(final Origin origin) {
        return logs.containsKey(origin);
    }

    int origins() {
        return logs.size();
    }

    /** Logs of origins that are not evicted; counted, as it is rarely asked for. */
    int livingOrigins() {
        return (int) logs.keySet().stream()
                .filter(origin -> !evicted.contains(origin))
                .count();
    }

    /** The live entry with the number of this one and another content; null when there is none. */
    LogEntry conflicting(final LogEntry entry) {
        return conflicts(entry) ? logs.get(entry.origin()).at(entry.version()) : null;
    }

    /** The live entry of one version; null when there is none. */
    LogEntry at(final Origin origin, final long version) {
        final OwnedLog log = logs.get(origin);
        return log == null ? null : log.at(version);
    }

    /** Every log, ordered by origin; of an evicted origin only tombstones are left. */
    Collection<OwnedLog> logs() {
        return logs.values();
    }

    /** The head of one log, also when it is blank. */
    Digest.Head head(final Origin origin) {
        final OwnedLog log = logs.get(origin);
        return log == null ? new Digest.Head(origin, 0, 0, 0) : log.head();
    }

    /** The heads of all origins that are not evicted. */
    Digest digest() {
        final List<Digest.Head> heads = new ArrayList<>(logs.size());
        for (final OwnedLog log : logs.values()) {
            if (!log.isBlank() && !isEvicted(log.origin())) {
                heads.add(log.head());
            }
        }
        return new Digest(heads);
    }

    /** Everything that there is to say of all logs, of evicted origins too: what goes into messages. */
    Digest vector() {
        final List<Digest.Head> heads = new ArrayList<>(logs.size());
        for (final OwnedLog log : logs.values()) {
            if (!log.isUnknown()) {
                heads.add(log.head());
            }
        }
        return new Digest(heads);
    }

    /** One number over vector and sets; equal for equal ones, whatever was collected. */
    long digestHash() {
        if (isHashStale) {
            hash = 0;
            for (final OwnedLog log : logs.values()) {
                if (!log.isBlank() && !isEvicted(log.origin())) {
                    hash += log.hash();
                }
            }
            isHashStale = false;
        }
        return hash;
    }

    /**
     * One number over what was collected of every log, and over how much there is of those evicted that have
     * tombstones. Of the others nobody lacks anything, and nodes forget them at different times.
     */
    long collectedHash() {
        long sum = 0;
        for (final OwnedLog log : logs.values()) {
            final boolean isEvicted = isEvicted(log.origin());
            // The hash of the vector does not speak of evicted logs at all.
            final long version = isEvicted ? log.maxVersion() : 0;
            final boolean counts = isEvicted ? !log.tombstones().isEmpty() : log.gcVersion() > 0;
            if (counts) {
                sum += EntryHash.ofLog(log.origin(), log.gcVersion(), version);
            }
        }
        return sum;
    }

    private boolean replace(final String instanceId, final InstanceParts before, final InstanceParts after) {
        if (before.equals(after)) {
            return false;
        }
        for (final PartKind kind : KINDS) {
            final LogEntry gone = before.of(kind);
            final LogEntry come = after.of(kind);
            if (Objects.equals(gone, come)) {
                continue;
            }
            if (gone != null) {
                log(gone.origin()).drop(gone);
                tombstones -= gone.isTombstone() ? 1 : 0;
            }
            if (come != null) {
                log(come.origin()).add(come);
                tombstones += come.isTombstone() ? 1 : 0;
            }
        }
        if (after.isEmpty()) {
            instances.remove(instanceId);
        } else {
            instances.put(instanceId, after);
        }
        isHashStale = true;
        return true;
    }

    private void noteBehind(final OwnedLog log) {
        if (log.isBehind()) {
            behind.add(log.origin());
        } else {
            behind.remove(log.origin());
        }
    }

    private OwnedLog log(final Origin origin) {
        return logs.computeIfAbsent(origin, OwnedLog::new);
    }
}
