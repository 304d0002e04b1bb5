package com.onebackend.registry.node.gossip;

import com.onebackend.registry.gossip.GossipCore;
import com.onebackend.registry.gossip.GossipCounters;
import com.onebackend.registry.membership.MembershipCounters;
import com.onebackend.registry.model.Member;
import com.onebackend.registry.model.Origin;
import com.onebackend.registry.replication.Digest;
import com.onebackend.registry.replication.Refusal;
import java.util.Collections;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The core's figures at one moment, for metrics. Immutable: taken on the gossip loop, read from any thread.
 *
 * @param counters what happened since the start
 * @param membership what happened to members, and how this node stands
 * @param refused how often peers' input was refused, by reason
 * @param syncsCompleted own anti-entropy sessions that ran to their end
 * @param syncsAnswered sessions of others under way here
 * @param heads how much of each log this node has, ordered by origin; at most {@link #HEADS_MAX}
 * @param origins how many logs there are
 * @param versions the sum of the last versions of all logs, also of those without a row
 * @param tombstones deregistrations that are still remembered
 * @param unacknowledged answers that wait for the disk
 * @param identityConflicts when another process with this node's id was last noticed
 * @param divergences when logs last differed under equal versions
 */
public record GossipFigures(
        GossipCounters.Snapshot counters,
        MembershipCounters.Snapshot membership,
        Map<Refusal, Long> refused,
        long syncsCompleted,
        int syncsAnswered,
        List<LogHead> heads,
        int origins,
        long versions,
        int tombstones,
        int unacknowledged,
        Rise identityConflicts,
        Rise divergences) {
    /** Logs shown one by one; a larger cluster is watched by {@link #versions}. */
    static final int HEADS_MAX = 128;

    /**
     * How much of one log this node has.
     *
     * @param node the id of the member that writes it; empty when no member is known to
     */
    public record LogHead(Origin origin, String node, long version) {}

    /** Whoever has figures, always the latest; to be asked from any thread. */
    @FunctionalInterface
    public interface Source {
        GossipFigures figures();
    }

    /**
     * A count of what should not happen, and when it last rose.
     *
     * @param nanos of no meaning while the count is 0
     */
    public record Rise(long count, long nanos) {
        /** It has never happened. */
        public static final Rise NONE = new Rise(0, 0);

        /** The count is this now. */
        public Rise next(final long now, final long nowNanos) {
            return now > count ? new Rise(now, nowNanos) : this;
        }

        /** True when it last rose less than {@code withinNanos} ago. */
        public boolean isRecent(final long withinNanos, final long nowNanos) {
            return count > 0 && nowNanos - nanos < withinNanos;
        }
    }

    /** On the loop only. */
    static GossipFigures first(final GossipCore core, final int unacknowledged, final long nowNanos) {
        return of(core, unacknowledged, Rise.NONE, Rise.NONE, nowNanos);
    }

    /** The figures now, when these are the ones before; on the loop only. */
    GossipFigures next(final GossipCore core, final int waiting, final long nowNanos) {
        return of(core, waiting, identityConflicts, divergences, nowNanos);
    }

    private static GossipFigures of(
            final GossipCore core,
            final int unacknowledged,
            final Rise identityConflicts,
            final Rise divergences,
            final long nowNanos) {
        final Map<Refusal, Long> refused = new EnumMap<>(Refusal.class);
        for (final Refusal reason : Refusal.values()) {
            refused.put(reason, core.refused(reason));
        }
        final Digest digest = core.digest();
        final GossipCounters.Snapshot counters = core.counters().snapshot();
        final MembershipCounters.Snapshot membership = core.membershipCounters();
        return new GossipFigures(
                counters,
                membership,
                Collections.unmodifiableMap(refused),
                core.syncsCompleted(),
                core.sessionsAnswered(),
                heads(digest, core.members()),
                digest.heads().size(),
                digest.heads().stream().mapToLong(Digest.Head::maxVersion).sum(),
                core.tombstones(),
                unacknowledged,
                identityConflicts.next(membership.identityConflicts(), nowNanos),
                divergences.next(counters.syncs().divergences(), nowNanos));
    }

    private static List<LogHead> heads(final Digest digest, final List<Member> members) {
        final Map<Origin, String> names = new HashMap<>();
        members.forEach(member -> names.put(member.id().origin(), member.id().nodeId()));
        return digest.heads().stream()
                .map(head -> new LogHead(head.origin(), names.getOrDefault(head.origin(), ""), head.maxVersion()))
                .limit(HEADS_MAX)
                .toList();
    }
}
