package com.onebackend.registry.gossip;

import com.onebackend.registry.model.Endpoint;
import com.onebackend.registry.model.Member;
import com.onebackend.registry.model.MemberState;
import com.onebackend.registry.model.Origin;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * How the writers of the logs stand, and who takes over from those who are gone.
 *
 * <p><i>Thread:</i> the gossip loop.
 */
final class Ownership {
    private static final long PRIME = 0x9E37_79B9_7F4A_7C15L;

    private final Origin self;
    private final long strangerTimeoutNanos;
    private final Map<Origin, Member> members = new TreeMap<>();
    private final Map<Origin, Long> awaySinceNanos = new TreeMap<>();
    private Map<String, Origin> catalog = Map.of();
    /** Origins whose node was removed, or has another one now: its folder was wiped. */
    private final Set<Origin> replaced = new TreeSet<>();

    private boolean isStale = true;
    private List<Origin> reachable = List.of();
    private boolean isMajorityReachable;

    Ownership(final Member self, final HeartbeatConfig config) {
        this.self = self.id().origin();
        this.strangerTimeoutNanos = config.forwardTimeoutNanos();
        members.put(this.self, self);
    }

    /** How an origin's node stands. */
    enum Standing {
        SELF,
        ALIVE,
        /** Suspected, or of nobody we have met so far: it may be back in a moment. */
        SUSPECT,
        /** Dead, left, removed, or replaced by a node with an empty folder. */
        GONE
    }

    void memberChanged(final Member before, final Member after) {
        if (before != null && !before.id().origin().equals(after.id().origin())) {
            // The folder was wiped: nobody will ever write that log again.
            members.remove(before.id().origin());
            replaced.add(before.id().origin());
        }
        if (after.state() == MemberState.REMOVED) {
            // Kept while something of its log is here, see look: guests that come and go leave nothing behind.
            members.remove(after.id().origin());
            replaced.add(after.id().origin());
        } else {
            members.put(after.id().origin(), after);
            replaced.remove(after.id().origin());
        }
        isStale = true;
    }

    /** The nodes of the cluster by id, as the catalog names them. */
    void catalogMembers(final Map<String, Origin> nodes) {
        catalog = new TreeMap<>(nodes);
        isStale = true;
    }

    Standing standing(final Origin origin, final long nowNanos) {
        if (origin.equals(self)) {
            return Standing.SELF;
        }
        if (replaced.contains(origin)) {
            return Standing.GONE;
        }
        final Member member = members.get(origin);
        if (member == null) {
            final Long since = awaySinceNanos.get(origin);
            final boolean isLost = since != null && nowNanos - since >= strangerTimeoutNanos;
            return isLost ? Standing.GONE : Standing.SUSPECT;
        }
        return switch (member.state()) {
            case ALIVE -> Standing.ALIVE;
            case SUSPECT -> Standing.SUSPECT;
            case DEAD, LEFT, REMOVED -> Standing.GONE;
        };
    }

    /** Where the node of an origin is; null when it was never met. */
    Endpoint endpoint(final Origin origin) {
        final Member member = members.get(origin);
        return member == null ? null : member.endpoint();
    }

    /** Notes since when each origin's node is away. */
    void look(final Set<Origin> origins, final long nowNanos) {
        for (final Origin origin : origins) {
            final Member member = members.get(origin);
            if (origin.equals(self) || (member != null && member.state().isReachable())) {
                awaySinceNanos.remove(origin);
            } else {
                awaySinceNanos.putIfAbsent(origin, nowNanos);
            }
        }
        awaySinceNanos.keySet().retainAll(origins);
        replaced.retainAll(origins);
    }

    /** The origins whose node is away for at least so long, ordered. */
    List<Origin> awayFor(final long nanos, final long nowNanos) {
        final List<Origin> away = new ArrayList<>();
        awaySinceNanos.forEach((origin, since) -> {
            if (nowNanos - since >= nanos) {
                away.add(origin);
            }
        });
        return away;
    }

    boolean isAway(final Origin origin) {
        return awaySinceNanos.containsKey(origin) && !isReachable(origin);
    }

    /** True while this node reaches more than half of the catalog's nodes, itself included. */
    boolean isMajorityReachable() {
        refresh();
        return isMajorityReachable;
    }

    /** True when this node is the one to adopt the instance, as long as everybody sees the same members. */
    boolean isKeeper(final String instanceId) {
        refresh();
        return self.equals(keeper(instanceId, reachable));
    }

    /**
     * Who adopts an instance whose owner is gone: by rendezvous hashing, so that the work is shared evenly and one
     * member more or less moves only its own share. Null when there is nobody.
     *
     * <p><i>Paper:</i> Thaler, Ravishankar, "Using Name-Based Mappings to Increase Hit Rates", 1998.
     */
    static Origin keeper(final String instanceId, final Collection<Origin> alive) {
        final long name = hash(instanceId);
        Origin best = null;
        long bestScore = 0;
        for (final Origin origin : alive) {
            final long score = mix(name ^ mix(origin.value()));
            if (best == null
                    || Long.compareUnsigned(score, bestScore) > 0
                    || (score == bestScore && origin.compareTo(best) > 0)) {
                best = origin;
                bestScore = score;
            }
        }
        return best;
    }

    private boolean isReachable(final Origin origin) {
        final Member member = members.get(origin);
        return member != null && member.state().isReachable();
    }

    private void refresh() {
        if (!isStale) {
            return;
        }
        isStale = false;
        reachable = members.values().stream()
                .filter(member -> member.state().isReachable())
                .map(member -> member.id().origin())
                .toList();
        final long met = catalog.values().stream().filter(this::isReachable).count();
        isMajorityReachable = 2 * met > catalog.size();
    }

    private static long hash(final String text) {
        long hash = 0;
        for (int i = 0; i < text.length(); i++) {
            hash = (hash ^ text.charAt(i)) * PRIME;
            hash ^= hash >>> 32;
        }
        return hash;
    }

    private static long mix(final long value) {
        long mixed = value + PRIME;
        mixed = (mixed ^ (mixed >>> 30)) * 0xBF58_476D_1CE4_E5B9L;
        mixed = (mixed ^ (mixed >>> 27)) * 0x94D0_49BB_1331_11EBL;
        return mixed ^ (mixed >>> 31);
    }
}
