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
 * @param tombstones deregistrations that are still remembered
 * @param unacknowledged answers that wait for the disk
 */
public record GossipFigures(
        GossipCounters.Snapshot counters,
        MembershipCounters.Snapshot membership,
        Map<Refusal, Long> refused,
        long syncsCompleted,
        int syncsAnswered,
        List<LogHead> heads,
        int origins,
        int tombstones,
        int unacknowledged) {
    /** Logs shown one by one; a larger cluster is watched by its sums. */
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

    /** On the loop only. */
    static GossipFigures of(final GossipCore core, final int unacknowledged) {
        final Map<Refusal, Long> refused = new EnumMap<>(Refusal.class);
        for (final Refusal reason : Refusal.values()) {
            refused.put(reason, core.refused(reason));
        }
        final Digest digest = core.digest();
        return new GossipFigures(
                core.counters().snapshot(),
                core.membershipCounters(),
                Collections.unmodifiableMap(refused),
                core.syncsCompleted(),
                core.sessionsAnswered(),
                heads(digest, core.members()),
                digest.heads().size(),
                core.tombstones(),
                unacknowledged);
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
