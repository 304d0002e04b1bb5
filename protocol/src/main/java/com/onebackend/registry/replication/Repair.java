package com.onebackend.registry.replication;

import com.onebackend.registry.model.Origin;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Notices logs that differ although the vectors say they are equal, and has them compared bucket by bucket.
 *
 * <p>Happens after evictions (one node saw a superseding entry of the evicted origin, the other did not), after a
 * disk that lost what it had confirmed, and by bugs. Nothing else would ever mend it.
 */
final class Repair {
    /** How rare repairs become at most when they do not help: one in so many times the usual number of sessions. */
    private static final int PATIENCE_FACTOR_MAX = 64;

    private final int sessionsMin;
    private final NavigableSet<Origin> differing = new TreeSet<>();
    private Set<Origin> lastOrigins = Set.of();
    private final Set<Integer> mendedBuckets = new TreeSet<>();
    private long mendedEntries;
    private int patience;
    private int streak;
    private final SyncCounters counters;

    Repair(final int sessionsMin, final SyncCounters counters) {
        this.counters = counters;
        this.sessionsMin = sessionsMin;
        this.patience = sessionsMin;
    }

    /** The logs whose sets differ while the whole vectors are equal; empty when the vectors differ. */
    static Set<Origin> unequalSets(final Digest ours, final Digest theirs) {
        final Map<Origin, Digest.Head> others = new TreeMap<>();
        theirs.heads().forEach(head -> others.put(head.origin(), head));
        final Set<Origin> unequal = new TreeSet<>();
        for (final Digest.Head head : ours.heads()) {
            final Digest.Head other = others.remove(head.origin());
            if (head.maxVersion() != (other == null ? 0 : other.maxVersion())) {
                return Set.of();
            }
            if (head.setHash() != (other == null ? 0 : other.setHash())) {
                unequal.add(head.origin());
            }
        }
        for (final Digest.Head other : others.values()) {
            if (other.maxVersion() != 0) {
                return Set.of();
            }
            if (other.setHash() != 0) {
                unequal.add(other.origin());
            }
        }
        return unequal;
    }

    /** A peer has exactly what we have: what differed before was on its way. */
    void foundEqual() {
        streak = 0;
        patience = sessionsMin;
    }

    /** An own session ended: what we have now and what the peer has. */
    void sessionEnded(final Digest ours, final Digest theirs) {
        final Set<Origin> unequal = unequalSets(ours, theirs);
        if (unequal.isEmpty()) {
            if (ours.heads().equals(theirs.heads())) {
                foundEqual();
            }
            return;
        }
        if (++streak >= patience) {
            streak = 0;
            patience = Math.min(patience * 2, sessionsMin * PATIENCE_FACTOR_MAX);
            differing.addAll(unequal);
            lastOrigins = unequal;
            mendedBuckets.clear();
            mendedEntries = 0;
            counters.divergences++;
        }
    }

    /** What the next request is to compare: so many of the differing logs. */
    List<LogAudit> audits(final LogTable table, final int originsMax) {
        final List<LogAudit> audits = new ArrayList<>();
        while (!differing.isEmpty() && audits.size() < originsMax) {
            final Origin origin = differing.first();
            differing.remove(origin);
            final OwnedLog log = table.known(origin);
            audits.add(log == null ? new LogAudit(origin, List.of()) : log.audit());
        }
        return audits;
    }

    /** An audit brought back an entry that was missing or wrong. */
    void mended(final LogEntry entry) {
        mendedBuckets.add(EntryHash.bucket(entry.instanceId()));
        mendedEntries++;
    }

    /** How often logs differed. */
    long count() {
        return counters.divergences;
    }

    /** The last time they did; null when they never did. */
    Divergence last() {
        return count() == 0
                ? null
                : new Divergence(List.copyOf(lastOrigins), List.copyOf(mendedBuckets), mendedEntries);
    }
}
