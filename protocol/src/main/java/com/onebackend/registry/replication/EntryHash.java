package com.onebackend.registry.replication;

import com.onebackend.registry.model.Origin;
import com.onebackend.registry.model.Part;
import com.onebackend.registry.model.PartKind;

/** Hashes that every node computes alike, whatever its JVM. Sums of them stand for sets. */
final class EntryHash {
    private static final long PRIME = 0x9E37_79B9_7F4A_7C15L;

    private EntryHash() {}

    /** One entry's share in its log's set hash; 0 for a tombstone, which nodes may collect at different times. */
    static long of(final LogEntry entry) {
        return entry.isTombstone() ? 0 : ofContent(entry);
    }

    /** A tombstone's share while it is counted all the same. */
    static long ofTombstone(final LogEntry entry) {
        return ofContent(entry);
    }

    private static long ofContent(final LogEntry entry) {
        long hash = text(seed(entry.part().kind()), entry.instanceId());
        hash = content(hash, entry.part());
        hash = mix(hash + entry.stamp().packed());
        hash = mix(hash + entry.origin().value());
        return mix(hash + entry.version());
    }

    /** One log's share in the hash of the whole vector. */
    static long ofLog(final Origin origin, final long maxVersion, final long setHash) {
        return mix(mix(mix(origin.value()) + maxVersion) + setHash);
    }

    /** The bucket of an instance: 0 to 255. How a text hashes is part of the language, so nodes agree. */
    static int bucket(final String instanceId) {
        return (int) (mix(instanceId.hashCode()) >>> 56);
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

    private static long content(final long seed, final Part part) {
        if (part instanceof Part.Registration r) {
            long hash = text(text(text(text(seed, r.slug()), r.url()), r.scheme()), r.host());
            hash = text(text(text(text(hash, r.ip()), r.path()), r.deploymentId()), r.nodeUrl());
            for (final String tag : r.tags()) {
                hash = text(hash, tag);
            }
            return mix(mix(hash + r.port()) + r.born().packed());
        }
        if (part instanceof Part.Health health) {
            return mix(mix(text(seed, health.details()) + status(health)) + health.seenMillis());
        }
        return part instanceof Part.Intent intent ? mix(text(seed, intent.reason()) + mode(intent)) : seed;
    }

    private static int status(final Part.Health health) {
        return switch (health.status()) {
            case UNKNOWN -> 0;
            case HEALTHY -> 1;
            case UNHEALTHY -> 2;
            case STARTING -> 3;
            case STOPPING -> 4;
        };
    }

    private static int mode(final Part.Intent intent) {
        return switch (intent.mode()) {
            case SERVE -> 0;
            case DRAIN -> 1;
            case MAINTENANCE -> 2;
        };
    }

    /** Half a surrogate pair is sent as a question mark: it must count as one where it was written, too. */
    private static long text(final long seed, final String text) {
        long hash = seed;
        for (int i = 0; i < text.length(); i++) {
            final char c = text.charAt(i);
            hash = (hash ^ (Character.isSurrogate(c) ? '?' : c)) * PRIME;
            hash ^= hash >>> 32;
        }
        return mix(hash + text.length());
    }

    /** A bijection in which every input bit changes about half of the output bits. */
    private static long mix(final long value) {
        long mixed = value + PRIME;
        mixed = (mixed ^ (mixed >>> 30)) * 0xBF58_476D_1CE4_E5B9L;
        mixed = (mixed ^ (mixed >>> 27)) * 0x94D0_49BB_1331_11EBL;
        return mixed ^ (mixed >>> 31);
    }
}
