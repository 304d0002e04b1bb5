package com.onebackend.registry.simulation;

import com.onebackend.registry.model.Origin;
import com.onebackend.registry.replication.Digest;
import com.onebackend.registry.replication.LogBatch;
import com.onebackend.registry.replication.LogEntry;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.random.RandomGenerator;

/**
 * One node's storage: batches in order, each applied as a whole. A crash keeps some prefix of them that holds at least
 * everything synced.
 */
final class VirtualDisk {
    private static final Comparator<LogEntry.PartKey> KEY_ORDER =
            Comparator.comparing(LogEntry.PartKey::instanceId).thenComparing(LogEntry.PartKey::kind);

    private final List<Stored> unsynced = new ArrayList<>();
    private Content synced = new Content();
    private Content written = new Content();
    private boolean isLying;
    private boolean isStalled;

    /** One batch, the highest own version in it, and the token to be answered once it is safe; 0 = none. */
    record Stored(LogBatch batch, long ownVersion, long token) {}

    /** What is stored after some batch. */
    static final class Content {
        private final Map<LogEntry.PartKey, LogEntry> entries = new TreeMap<>(KEY_ORDER);
        private final Map<Origin, Digest.Head> heads = new TreeMap<>();

        void apply(final LogBatch batch) {
            if (batch.reset()) {
                entries.clear();
                heads.clear();
            }
            batch.puts().forEach(entry -> entries.put(entry.key(), entry));
            batch.removals().forEach(entries::remove);
            batch.heads().forEach(head -> heads.put(head.origin(), head));
        }

        Content copy() {
            final Content copy = new Content();
            copy.entries.putAll(entries);
            copy.heads.putAll(heads);
            return copy;
        }

        Map<LogEntry.PartKey, LogEntry> entries() {
            return entries;
        }

        Map<Origin, Digest.Head> heads() {
            return heads;
        }

        long gcVersion(final Origin origin) {
            final Digest.Head head = heads.get(origin);
            return head == null ? 0 : head.gcVersion();
        }

        long maxVersion(final Origin origin) {
            final Digest.Head head = heads.get(origin);
            return head == null ? 0 : head.maxVersion();
        }
    }

    void append(final LogBatch batch, final long ownVersion) {
        unsynced.add(new Stored(batch, ownVersion, 0));
        written.apply(batch);
    }

    /** Everything before this is to be made safe. */
    void appendToken(final long token) {
        unsynced.add(new Stored(LogBatch.EMPTY, 0, token));
    }

    /** How many batches a sync that starts now would cover. */
    int unsyncedBatches() {
        return unsynced.size();
    }

    /** The first so many unsynced batches are safe. Returns them. */
    List<Stored> sync(final int batches) {
        final List<Stored> safe = List.copyOf(unsynced.subList(0, batches));
        if (!isLying) {
            safe.forEach(stored -> synced.apply(stored.batch()));
            unsynced.subList(0, batches).clear();
        }
        return safe;
    }

    /** The machine lost its power. Returns how many batches were lost. */
    int crash(final RandomGenerator random) {
        final int kept = random.nextInt(unsynced.size() + 1);
        final int lost = unsynced.size() - kept;
        unsynced.subList(0, kept).forEach(stored -> synced.apply(stored.batch()));
        unsynced.clear();
        written = synced.copy();
        return lost;
    }

    void wipe() {
        unsynced.clear();
        synced = new Content();
        written = new Content();
    }

    /** From now on a sync only says that it worked: to prove that the checkers notice. */
    void lie() {
        isLying = true;
    }

    /** From now on no sync ends. */
    void stall() {
        isStalled = true;
    }

    boolean isStalled() {
        return isStalled;
    }

    Content synced() {
        return synced;
    }

    Content written() {
        return written;
    }
}
