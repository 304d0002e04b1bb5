package com.onebackend.registry.replication;

import com.onebackend.registry.model.Origin;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Notices logs that differ although the vectors say they are equal, and has them read from their start.
 *
 * <p>Happens after evictions (one node saw a superseding entry of the evicted origin, the other did not), after a
 * disk that lost what it had confirmed, and by bugs. Nothing else would ever mend it.
 */
final class Repair {
    /** How rare repairs become at most when they do not help: one in so many times the usual number of sessions. */
    private static final int PATIENCE_FACTOR_MAX = 64;

    private final int sessionsMin;
    private final Set<Origin> differing = new TreeSet<>();
    private int patience;
    private int streak;
    private long count;

    Repair(final int sessionsMin) {
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

    /** An own session ended: what we have now and what the peer has. */
    void sessionEnded(final Digest ours, final Digest theirs) {
        final Set<Origin> unequal = unequalSets(ours, theirs);
        if (unequal.isEmpty()) {
            if (ours.heads().equals(theirs.heads())) {
                streak = 0;
                patience = sessionsMin;
            }
            return;
        }
        if (++streak >= patience) {
            streak = 0;
            patience = Math.min(patience * 2, sessionsMin * PATIENCE_FACTOR_MAX);
            differing.addAll(unequal);
            count++;
        }
    }

    /** True when the next request leaves logs out. */
    boolean isWanted() {
        return !differing.isEmpty();
    }

    /** What to say in the next request: without the logs to be read from their start. */
    Digest have(final Digest ours) {
        if (differing.isEmpty()) {
            return ours;
        }
        final List<Digest.Head> heads = ours.heads().stream()
                .filter(head -> !differing.contains(head.origin()))
                .toList();
        differing.clear();
        return new Digest(heads);
    }

    /** How often logs had to be read again. */
    long count() {
        return count;
    }
}
