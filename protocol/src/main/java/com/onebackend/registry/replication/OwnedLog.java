package com.onebackend.registry.replication;

import com.onebackend.registry.model.Origin;
import java.util.Collection;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/** The live entries of one origin by version, and how much of its log we have. */
final class OwnedLog {
    private final Origin origin;
    private final NavigableMap<Long, LogEntry> entries = new TreeMap<>();
    /** Those of the entries that are tombstones. */
    private final NavigableMap<Long, LogEntry> tombstones = new TreeMap<>();

    private long maxVersion;
    private long gcVersion;
    private long setHash;
    /** Of the tombstones beyond {@code maxVersion}: a reset left them, and nobody else may have them. */
    private long strayHash;

    OwnedLog(final Origin origin) {
        this.origin = origin;
    }

    void add(final LogEntry entry) {
        entries.put(entry.version(), entry);
        if (entry.isTombstone()) {
            tombstones.put(entry.version(), entry);
            strayHash += entry.version() > maxVersion ? EntryHash.ofTombstone(entry) : 0;
        }
        setHash += EntryHash.of(entry);
    }

    void drop(final LogEntry entry) {
        entries.remove(entry.version());
        if (entry.isTombstone()) {
            tombstones.remove(entry.version());
            strayHash -= entry.version() > maxVersion ? EntryHash.ofTombstone(entry) : 0;
        }
        setHash -= EntryHash.of(entry);
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

    /** The live entry of a version; null when there is none. */
    LogEntry at(final long version) {
        return entries.get(version);
    }

    /** The first live entry after a version; null when there is none. */
    LogEntry after(final long version) {
        final Map.Entry<Long, LogEntry> found = entries.higherEntry(version);
        return found == null ? null : found.getValue();
    }

    NavigableMap<Long, LogEntry> entries() {
        return entries;
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
}
