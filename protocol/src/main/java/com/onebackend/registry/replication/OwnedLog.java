package com.onebackend.registry.replication;

import com.onebackend.registry.model.Origin;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/** The live entries of one origin by version, and how much of its log we have. */
final class OwnedLog {
    private final Origin origin;
    private final NavigableMap<Long, LogEntry> entries = new TreeMap<>();
    private long maxVersion;
    private long gcVersion;
    private long setHash;

    OwnedLog(final Origin origin) {
        this.origin = origin;
    }

    void add(final LogEntry entry) {
        entries.put(entry.version(), entry);
        setHash += EntryHash.of(entry);
    }

    void drop(final LogEntry entry) {
        entries.remove(entry.version());
        setHash -= EntryHash.of(entry);
    }

    /** Raises what we have; never lowers it. True when something moved. */
    boolean advance(final long version, final long collected) {
        final boolean moved = version > maxVersion || collected > gcVersion;
        maxVersion = Math.max(maxVersion, version);
        gcVersion = Math.max(gcVersion, collected);
        return moved;
    }

    /** Forgets how much of it we have, for an origin that is gone. */
    void forgetHead() {
        maxVersion = 0;
        gcVersion = 0;
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

    Digest.Head head() {
        return new Digest.Head(origin, maxVersion, gcVersion, setHash);
    }

    /** True when a peer that knows nothing of this origin has the same of it as we. */
    boolean isBlank() {
        return maxVersion == 0 && setHash == 0;
    }
}
