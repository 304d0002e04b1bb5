package com.onebackend.registry.replication;

import com.onebackend.registry.model.Origin;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.NavigableMap;
import java.util.NoSuchElementException;
import java.util.TreeMap;

/** The live entries of one origin by version, and how much of its log we have. */
final class OwnedLog {
    private final Origin origin;
    private final VersionedEntries entries = new VersionedEntries();
    /** Those of the entries that are tombstones. */
    private final NavigableMap<Long, LogEntry> tombstones = new TreeMap<>();
    /** The set hash by bucket of the instance id; null before the first entry that counts for it. */
    private long[] buckets;

    private long maxVersion;
    private long gcVersion;
    private long setHash;
    /** Of the tombstones beyond {@code maxVersion}: a reset left them, and nobody else may have them. */
    private long strayHash;

    OwnedLog(final Origin origin) {
        this.origin = origin;
    }

    void add(final LogEntry entry) {
        entries.put(entry);
        if (entry.isTombstone()) {
            tombstones.put(entry.version(), entry);
            strayHash += entry.version() > maxVersion ? EntryHash.ofTombstone(entry) : 0;
        }
        count(entry, EntryHash.of(entry));
    }

    void drop(final LogEntry entry) {
        entries.removeVersion(entry.version());
        if (entry.isTombstone()) {
            tombstones.remove(entry.version());
            strayHash -= entry.version() > maxVersion ? EntryHash.ofTombstone(entry) : 0;
        }
        count(entry, -EntryHash.of(entry));
        if (!hasRecords()) {
            buckets = null;
        }
    }

    /** Raises what we have; never lowers it. True when something moved. */
    boolean advance(final long version, final long collected) {
        final boolean moved = version > maxVersion || collected > gcVersion;
        if (version > maxVersion) {
            for (final LogEntry known :
                    tombstones.subMap(maxVersion, false, version, true).values()) {
                strayHash -= EntryHash.ofTombstone(known);
            }
            maxVersion = version;
        }
        gcVersion = Math.max(gcVersion, collected);
        return moved;
    }

    /** We no longer have what we had; tombstones up to {@code collected} are said to be collected elsewhere. */
    void rewind(final long collected) {
        gcVersion = collected;
        for (final LogEntry known : tombstones.headMap(maxVersion, true).values()) {
            strayHash += EntryHash.ofTombstone(known);
        }
        maxVersion = 0;
    }

    void forgetWatermark() {
        gcVersion = 0;
    }

    /** True when tombstones were collected that we may have missed: what we hold may have been deregistered. */
    boolean isBehind() {
        return gcVersion > maxVersion;
    }

    /** The first tombstone; null when there is none. */
    LogEntry firstTombstone() {
        return tombstones.isEmpty() ? null : tombstones.firstEntry().getValue();
    }

    /** The version of the last tombstone up to this one; 0 when there is none. */
    long lastTombstone(final long upTo) {
        final Long found = tombstones.floorKey(upTo);
        return found == null ? 0 : found;
    }

    Collection<LogEntry> tombstones() {
        return tombstones.values();
    }

    /** True when there is more than tombstones. */
    boolean hasRecords() {
        return entries.size() > tombstones.size();
    }

    /** True when there is more than tombstones up to this version. */
    boolean hasRecordsUpTo(final long version) {
        LogEntry entry = entries.after(0);
        while (entry != null && entry.version() <= version && entry.isTombstone()) {
            entry = entries.after(entry.version());
        }
        return entry != null && entry.version() <= version;
    }

    /** The live entry of a version; null when there is none. */
    LogEntry at(final long version) {
        return entries.at(version);
    }

    /** The first live entry after a version; null when there is none. */
    LogEntry after(final long version) {
        return entries.after(version);
    }

    /** The live entries after a version, one look-up for each. */
    Iterable<LogEntry> entriesAfter(final long version) {
        return () -> new Iterator<>() {
            private LogEntry next = entries.after(version);

            @Override
            public boolean hasNext() {
                return next != null;
            }

            @Override
            public LogEntry next() {
                if (next == null) {
                    throw new NoSuchElementException();
                }
                final LogEntry found = next;
                next = entries.after(found.version());
                return found;
            }
        };
    }

    /** The live entries, ordered by version; a view. */
    Collection<LogEntry> entries() {
        return Collections.unmodifiableCollection(entries);
    }

    /** The version of the last live entry, which may lie above what we have all of; 0 when there is none. */
    long lastVersion() {
        return entries.lastVersion();
    }

    /** One bucket of the set hash. */
    long bucket(final int index) {
        return buckets == null ? 0 : buckets[index];
    }

    /** What to be compared with a peer. */
    LogAudit audit() {
        final List<Long> sums = new ArrayList<>();
        if (buckets != null) {
            for (final long sum : buckets) {
                sums.add(sum);
            }
        }
        return new LogAudit(origin, sums);
    }

    Origin origin() {
        return origin;
    }

    long maxVersion() {
        return maxVersion;
    }

    long gcVersion() {
        return gcVersion;
    }

    /** One number over all that a peer should have of it, too. */
    long hash() {
        return EntryHash.ofLog(origin, maxVersion, setHash + strayHash);
    }

    Digest.Head head() {
        return new Digest.Head(origin, maxVersion, gcVersion, setHash);
    }

    /** True when a peer that knows nothing of this origin has the same of it as we. */
    boolean isBlank() {
        return maxVersion == 0 && setHash == 0 && strayHash == 0;
    }

    /** True when there is nothing to say of it. */
    boolean isUnknown() {
        return isBlank() && gcVersion == 0;
    }

    private void count(final LogEntry entry, final long hash) {
        if (hash == 0) {
            return;
        }
        if (buckets == null) {
            buckets = new long[LogAudit.BUCKETS];
        }
        buckets[EntryHash.bucket(entry.instanceId())] += hash;
        setHash += hash;
    }
}
