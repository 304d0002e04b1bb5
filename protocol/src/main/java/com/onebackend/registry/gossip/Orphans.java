package com.onebackend.registry.gossip;

import com.onebackend.registry.model.Origin;
import com.onebackend.registry.model.PartKind;
import com.onebackend.registry.replication.LogEntry;
import com.onebackend.registry.replication.Replica;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Looks through the logs of the gone, again and again for as long as they are: adopts what nobody looks after and this
 * node is the keeper of, and copies what others' logs still hold of instances that this node owns, so that removing the
 * gone node takes nothing away from the living.
 *
 * <p><i>Thread:</i> the gossip loop.
 */
final class Orphans {
    private final HeartbeatConfig config;
    private final Origin self;
    private final Replica replica;
    private final Ownership ownership;
    private final SignsOfLife signs;
    private final HeartbeatCounters counters;
    private final Map<Origin, Long> walkedNanos = new TreeMap<>();
    /** How many nobody had adopted at the end of the last walk. */
    private final Map<Origin, Long> orphans = new TreeMap<>();

    private final Deque<Origin> due = new ArrayDeque<>();
    private long cursor;
    private long found;

    Orphans(
            final HeartbeatConfig config,
            final Origin self,
            final Replica replica,
            final Ownership ownership,
            final SignsOfLife signs,
            final HeartbeatCounters counters) {
        this.config = config;
        this.self = self;
        this.replica = replica;
        this.ownership = ownership;
        this.signs = signs;
        this.counters = counters;
    }

    /** Decides which logs are to be looked through. */
    void schedule(final long nowNanos) {
        if (!due.isEmpty()) {
            return;
        }
        final List<Origin> away = ownership.awayFor(config.orphanGraceNanos(), nowNanos);
        walkedNanos.keySet().retainAll(away);
        orphans.keySet().retainAll(away);
        for (final Origin origin : away) {
            final Long walked = walkedNanos.get(origin);
            if (walked == null || nowNanos - walked >= config.orphanGraceNanos()) {
                walkedNanos.put(origin, nowNanos);
                due.add(origin);
            }
        }
        counters.orphans = orphans.values().stream().mapToLong(Long::longValue).sum();
    }

    /** Looks at a bounded number of entries. */
    void step(final Now now) {
        int looks = config.orphanEntriesPerTickMax();
        while (!due.isEmpty() && looks > 0) {
            final Origin origin = due.peekFirst();
            // Own entries do not enter the table before they are on disk, yet the walk is over what there is now.
            final List<LogEntry> slice = slice(origin, looks);
            looks -= slice.size() + 1;
            for (final LogEntry entry : slice) {
                if (!ownership.isAway(origin) || !replica.hasRoom()) {
                    break;
                }
                cursor = entry.version();
                look(origin, entry, now);
            }
            if (!ownership.isAway(origin) || slice.isEmpty()) {
                due.pollFirst();
                orphans.put(origin, found);
                cursor = 0;
                found = 0;
            } else if (!replica.hasRoom()) {
                return;
            }
        }
    }

    /** The node of this origin is being removed: what its log holds of our instances is ours now. */
    void forget(final Origin origin) {
        final List<LogEntry> left = new ArrayList<>();
        replica.entriesAfter(origin, 0).forEach(left::add);
        for (final LogEntry entry : left) {
            if (!replica.hasRoom()) {
                return;
            }
            if (isOf(self, entry)) {
                rehome(entry);
            }
        }
    }

    private List<LogEntry> slice(final Origin origin, final int countMax) {
        final List<LogEntry> slice = new ArrayList<>();
        for (final LogEntry entry : replica.entriesAfter(origin, cursor)) {
            if (slice.size() == countMax) {
                break;
            }
            slice.add(entry);
        }
        return slice;
    }

    private void look(final Origin origin, final LogEntry entry, final Now now) {
        if (isOf(self, entry)) {
            rehome(entry);
        } else if (isOf(origin, entry)) {
            if (ownership.isMajorityReachable() && ownership.isKeeper(entry.instanceId())) {
                replica.adopt(entry.instanceId());
                counters.adopted++;
                counters.adoptedByKeeper++;
                signs.adopted(entry.instanceId(), now);
            } else if (entry.equals(replica.parts(entry.instanceId()).owning())) {
                found++;
            }
        }
    }

    private void rehome(final LogEntry entry) {
        final PartKind kind = entry.part().kind();
        final boolean isContent = kind != PartKind.TOMBSTONE && kind != PartKind.LEASE;
        if (isContent && entry.equals(replica.parts(entry.instanceId()).of(kind))) {
            replica.rehome(entry);
            counters.rehomed++;
        }
    }

    private boolean isOf(final Origin origin, final LogEntry entry) {
        final LogEntry owning = replica.parts(entry.instanceId()).owning();
        return owning != null && owning.origin().equals(origin);
    }
}
