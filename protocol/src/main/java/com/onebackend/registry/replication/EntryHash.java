package com.onebackend.registry.replication;

import com.onebackend.registry.model.Origin;
import com.onebackend.registry.model.PartKind;

/** Hashes that every node computes alike, whatever its JVM. Sums of them stand for sets. */
final class EntryHash {
    private static final long PRIME = 0x9E37_79B9_7F4A_7C15L;

    private EntryHash() {}

    /** One entry's share in its log's set hash; 0 for a tombstone, which nodes may collect at different times. */
    static long of(final LogEntry entry) {
        if (entry.isTombstone()) {
            return 0;
        }
        long hash = seed(entry.part().kind());
        final String id = entry.instanceId();
        for (int i = 0; i < id.length(); i++) {
            hash = (hash ^ id.charAt(i)) * PRIME;
            hash ^= hash >>> 32;
        }
        hash = mix(hash + entry.stamp().packed());
        hash = mix(hash + entry.origin().value());
        return mix(hash + entry.version());
    }

    /** One log's share in the hash of the whole vector. */
    static long ofLog(final Origin origin, final long maxVersion, final long setHash) {
        return mix(mix(mix(origin.value()) + maxVersion) + setHash);
    }

    private static long seed(final PartKind kind) {
        return switch (kind) {
            case REGISTRATION -> 1;
            case HEALTH -> 2;
            case INTENT -> 3;
            case TOMBSTONE -> 4;
            case LEASE -> 5;
        };
    }

    /** A bijection in which every input bit changes about half of the output bits. */
    private static long mix(final long value) {
        long mixed = value + PRIME;
        mixed = (mixed ^ (mixed >>> 30)) * 0xBF58_476D_1CE4_E5B9L;
        mixed = (mixed ^ (mixed >>> 27)) * 0x94D0_49BB_1331_11EBL;
        return mixed ^ (mixed >>> 31);
    }
}
