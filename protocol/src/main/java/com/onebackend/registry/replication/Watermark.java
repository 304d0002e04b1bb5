package com.onebackend.registry.replication;

import com.onebackend.registry.model.Origin;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/**
 * Up to which version every catalog member has this node's own log on disk, so that its tombstones have done their
 * work.
 *
 * <p>A member that made no progress for the horizon no longer counts, but only while members that are reachable and
 * have acknowledged make a majority together with this node: a minority never collects past who is absent, so that of
 * two sides at most one has to start again from nothing.
 *
 * <p><i>Thread:</i> the gossip loop.
 *
 * <p><i>Invariants:</i> as long as the members are unknown, nothing is collected.
 */
final class Watermark {
    private final Origin self;
    private final long horizonNanos;
    /** Of every catalog member but this node; the order of walks does not matter. */
    private final Map<Origin, Ack> acks = new HashMap<>();

    private Set<Origin> present = Set.of();
    private boolean isSelfMember;
    private long lastWanted;
    private int behind;

    Watermark(final Origin self, final long horizonNanos) {
        this.self = self;
        this.horizonNanos = horizonNanos;
    }

    /** What a member has, and when it last got on, or had all that was wanted. */
    private record Ack(long version, long progressNanos) {}

    /** The catalog's nodes as they are now; one whose origin changed has acknowledged nothing. */
    void members(final Set<Origin> members, final long nowNanos) {
        acks.keySet().retainAll(members);
        isSelfMember = members.contains(self);
        for (final Origin member : members) {
            if (!member.equals(self)) {
                acks.putIfAbsent(member, new Ack(0, nowNanos));
            }
        }
    }

    /** The catalog removed it. */
    void forget(final Origin member) {
        acks.remove(member);
    }

    /** A member says how much of the own log it has on disk. */
    void acked(final Origin member, final long version, final long nowNanos) {
        final Ack known = acks.get(member);
        if (known == null) {
            return;
        }
        final boolean isProgress = version > known.version() || version >= lastWanted;
        acks.put(member, new Ack(Math.max(version, known.version()), isProgress ? nowNanos : known.progressNanos()));
    }

    /**
     * Who answers at the moment. A member that is back has the whole horizon to get on: it has not even been asked yet,
     * and to pass it now would make a node start again that lacks nothing it could not be sent.
     */
    void reachable(final Set<Origin> members, final long nowNanos) {
        for (final Origin member : members) {
            if (!present.contains(member)) {
                acks.computeIfPresent(member, (origin, ack) -> new Ack(ack.version(), nowNanos));
            }
        }
        present = members;
    }

    /**
     * How far collection may go.
     *
     * @param wanted the highest version worth asking for
     * @param reachable members that answer at the moment
     * @param isOverfull so many tombstones wait that members out of reach are passed at once
     */
    long upTo(final long wanted, final Set<Origin> reachable, final boolean isOverfull, final long nowNanos) {
        lastWanted = Math.max(lastWanted, wanted);
        behind = 0;
        if (!isSelfMember) {
            return 0;
        }
        long ofAll = wanted;
        long ofPresent = wanted;
        for (final Map.Entry<Origin, Ack> member : acks.entrySet()) {
            final Ack ack = member.getValue();
            if (ack.version() >= wanted) {
                continue;
            }
            ofAll = Math.min(ofAll, ack.version());
            final boolean isPassed = nowNanos - ack.progressNanos() >= horizonNanos
                    || (isOverfull && !reachable.contains(member.getKey()));
            if (!isPassed) {
                ofPresent = Math.min(ofPresent, ack.version());
            }
        }
        if (ofPresent == ofAll) {
            return ofAll;
        }
        int having = 1;
        for (final Map.Entry<Origin, Ack> member : acks.entrySet()) {
            if (member.getValue().version() >= ofPresent) {
                having += reachable.contains(member.getKey()) ? 1 : 0;
            } else {
                behind++;
            }
        }
        return 2 * having > acks.size() + 1 ? ofPresent : ofAll;
    }

    /** True when these members make a majority of the catalog's together with this node. */
    boolean isMajority(final Set<Origin> reachable) {
        final long present = acks.keySet().stream().filter(reachable::contains).count();
        return isSelfMember && 2 * (present + 1) > acks.size() + 1;
    }

    /** Members that were passed when last asked. */
    int behind() {
        return behind;
    }
}
