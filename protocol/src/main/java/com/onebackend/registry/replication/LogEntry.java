package com.onebackend.registry.replication;

import com.onebackend.registry.model.Origin;
import com.onebackend.registry.model.Part;
import com.onebackend.registry.model.PartKind;
import com.onebackend.registry.model.Stamp;

/**
 * One version in one owned log: origin {@code origin} set one part of one instance. For each (instance, part kind) the
 * entry with the highest {@code (stamp, origin, version)} wins everywhere; the others are superseded and dropped.
 *
 * @param version position in the origin's log: 1, 2, 3 ...
 */
public record LogEntry(Origin origin, long version, Stamp stamp, String instanceId, Part part) {
    /** The register this entry writes. */
    public PartKey key() {
        return new PartKey(instanceId, part.kind());
    }

    /**
     * True when this entry is later than {@code other}: wins over it if both have the same key, kills it if this one
     * is a tombstone of the same instance.
     */
    public boolean supersedes(final LogEntry other) {
        final int byStamp = stamp.compareTo(other.stamp);
        if (byStamp != 0) {
            return byStamp > 0;
        }
        final int byOrigin = origin.compareTo(other.origin);
        // One origin gives a stamp twice only when it takes the same record over twice, see Replica#adopt.
        return byOrigin != 0 ? byOrigin > 0 : version > other.version;
    }

    /** The last-writer-wins register of one part of one instance. */
    public record PartKey(String instanceId, PartKind kind) {}

    /** True for a registration that was taken back. */
    public boolean isTombstone() {
        return part instanceof Part.Tombstone;
    }
}
