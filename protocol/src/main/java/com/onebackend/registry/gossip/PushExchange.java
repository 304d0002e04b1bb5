package com.onebackend.registry.gossip;

import com.onebackend.registry.membership.Lane;
import com.onebackend.registry.model.Endpoint;
import com.onebackend.registry.model.Member;
import com.onebackend.registry.model.MemberId;
import com.onebackend.registry.model.Origin;
import com.onebackend.registry.replication.DeltaVerdict;
import com.onebackend.registry.replication.LogMessage;
import com.onebackend.registry.replication.Replica;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Brings new versions to everybody within moments, and notices what got lost. Pushes go out by {@link Broadcast}.
 * Whoever applied some tells a few others up to where it has their logs; one that still lacks it a moment later asks.
 *
 * <p><i>Thread:</i> the gossip loop.
 *
 * <p><i>Invariants:</i> a push is handed on, announced and offered to others only after it was applied here; that it is
 * on the disk here is not needed: it is on its origin's, and a node that loses its tail asks for it again.
 *
 * <p><i>Paper:</i> Plumtree (Leitao, Pereira, Rodrigues, 2007) for announcements and grafts; the tree itself is
 * {@link RelayTree}.
 */
final class PushExchange {
    /** What is new here is announced after so long, all of it together. */
    static final long DIRECT_HAVE_NANOS = 20_000_000L;

    /** The same where pushes are handed on: nobody would ask sooner. */
    static final long RELAY_HAVE_NANOS = 80_000_000L;

    /** Sent from its origin to everybody, it should be here so soon after others have it. */
    static final long DIRECT_PATIENCE_NANOS = 40_000_000L;

    /** Handed on from node to node, it may take so long. */
    static final long RELAY_PATIENCE_NANOS = 300_000_000L;

    /** Announced in one datagram; more go in the next one. */
    static final int MARKS_MAX = 64;

    private static final int DIRECT_BACKUPS = 2;

    private final MemberId selfId;
    private final Replica replica;
    private final Broadcast broadcast;
    private final SyncScheduler syncs;
    private final GossipCounters counters;
    private final RecentPushes recent = new RecentPushes();
    private final HeldPushes held;
    private final MissingPushes missing = new MissingPushes();
    /** By origin: up to where, not announced yet. */
    private final Map<Origin, Long> unannounced = new TreeMap<>();

    private long announceNanos;

    PushExchange(
            final MemberId selfId,
            final Replica replica,
            final Broadcast broadcast,
            final SyncScheduler syncs,
            final GossipCounters counters) {
        this.selfId = selfId;
        this.replica = replica;
        this.broadcast = broadcast;
        this.syncs = syncs;
        this.counters = counters;
        this.held = new HeldPushes(RelayTree.position(selfId.nodeId()));
    }

    /** Own versions became durable: they go to everybody. */
    void pushOwn(final Now now, final Effects out) {
        Optional<LogMessage.Push> push = replica.nextPush(now.wallMillis());
        while (push.isPresent()) {
            recent.add(push.get());
            counters.pushesSent += broadcast.toAll(new GossipMessage.Log(selfId, push.get()), out);
            announce(push.get(), now);
            push = replica.nextPush(now.wallMillis());
        }
    }

    /**
     * A push arrived.
     *
     * @param until what this node is to see to; null when it is to keep it for itself
     */
    void onPush(
            final MissingPushes.Source from,
            final LogMessage.Push push,
            final Long until,
            final Now now,
            final Effects out) {
        final DeltaVerdict verdict = take(push, until, now, out);
        if (verdict == DeltaVerdict.APPLIED) {
            settle(push.origin(), now, out);
        } else if (verdict == DeltaVerdict.BEHIND) {
            counters.pushesBehind++;
            final boolean isHeld = held.hold(push, until, now.nanos());
            counters.pushesHeld += isHeld ? 1 : 0;
            counters.pushesHeldOverflow += isHeld ? 0 : 1;
            final long patience = until == null ? 0 : RELAY_PATIENCE_NANOS;
            missing.note(push.origin(), isHeld ? push.base() : push.head(), from, patience, now.nanos());
        }
    }

    /** A member says up to where it has some logs. */
    void onHave(final MissingPushes.Source from, final LogMessage.Have have, final Now now) {
        final long patience = broadcast.isDirect() ? DIRECT_PATIENCE_NANOS : RELAY_PATIENCE_NANOS;
        have.marks().forEach(mark -> lacks(from, mark.origin(), mark.version(), patience, now));
    }

    /** A member asks for pushes that it missed. */
    void onGraft(final Endpoint from, final LogMessage.Graft graft, final Effects out) {
        for (final LogMessage.Push push : recent.after(graft.origin(), graft.base())) {
            counters.grafted++;
            out.send(from, Lane.STREAM, new GossipMessage.Log(selfId, push));
        }
    }

    /** A sync brought something: what was held may fit now. */
    void onSynced(final Now now, final Effects out) {
        for (final Origin origin : held.origins()) {
            settle(origin, now, out);
        }
    }

    /** Does what is due; called after every message, so it must cost nothing when there is nothing. */
    void due(final Now now, final Effects out) {
        if (!unannounced.isEmpty() && now.nanos() - announceNanos >= 0) {
            sendHave(now, out);
        }
        for (final MissingPushes.Step step : missing.due(replica::knownOf, now.nanos())) {
            if (step.graft() == null) {
                syncs.want(step.source().nodeId());
            } else {
                counters.graftsAsked++;
                out.send(step.source().endpoint(), Lane.STREAM, new GossipMessage.Log(selfId, step.graft()));
            }
        }
        if (!held.isEmpty()) {
            counters.pushesHeldExpired += held.expire(now.nanos());
        }
    }

    /** A member has a log up to there. True when that is more than we have. */
    boolean lacks(
            final MissingPushes.Source from,
            final Origin origin,
            final long version,
            final long patienceNanos,
            final Now now) {
        if (version <= replica.knownOf(origin)) {
            return false;
        }
        missing.note(origin, version, from, patienceNanos, now.nanos());
        return true;
    }

    private DeltaVerdict take(final LogMessage.Push push, final Long until, final Now now, final Effects out) {
        final DeltaVerdict verdict = replica.offer(push, now.wallMillis());
        switch (verdict) {
            case APPLIED -> {
                counters.pushesApplied++;
                recent.add(push);
                missing.reached(push.origin(), push.head());
                announce(push, now);
            }
            case DUPLICATE -> counters.pushesDuplicate++;
            case BEHIND -> {}
            case REFUSED -> counters.pushesRefused++;
        }
        // A copy that came another way does not reach those this node is to see to.
        final boolean isHere = verdict == DeltaVerdict.APPLIED || verdict == DeltaVerdict.DUPLICATE;
        if (until != null && isHere) {
            broadcast.onward(until, new GossipMessage.Log(selfId, push), out);
        }
        return verdict;
    }

    /** Applies what was held and fits now. */
    private void settle(final Origin origin, final Now now, final Effects out) {
        HeldPushes.Held next = held.next(origin, replica.knownOf(origin));
        while (next != null) {
            take(next.push(), next.until(), now, out);
            next = held.next(origin, replica.knownOf(origin));
        }
    }

    private void announce(final LogMessage.Push push, final Now now) {
        if (unannounced.isEmpty()) {
            announceNanos = now.nanos() + haveNanos();
        }
        unannounced.merge(push.origin(), push.head(), Math::max);
    }

    private long haveNanos() {
        return broadcast.isDirect() ? DIRECT_HAVE_NANOS : RELAY_HAVE_NANOS;
    }

    private void sendHave(final Now now, final Effects out) {
        final List<LogMessage.Have.Mark> marks = new ArrayList<>();
        for (final Iterator<Map.Entry<Origin, Long>> i = unannounced.entrySet().iterator();
                i.hasNext() && marks.size() < MARKS_MAX; ) {
            final Map.Entry<Origin, Long> entry = i.next();
            marks.add(new LogMessage.Have.Mark(entry.getKey(), entry.getValue()));
            i.remove();
        }
        announceNanos = now.nanos() + haveNanos();
        final int count = broadcast.isDirect() ? DIRECT_BACKUPS : RelayTree.BACKUPS_MAX;
        for (final Member member : broadcast.backups(count)) {
            final List<LogMessage.Have.Mark> news = marks.stream()
                    .filter(mark -> !mark.origin().equals(member.id().origin()))
                    .toList();
            if (!news.isEmpty()) {
                counters.havesSent++;
                final LogMessage have = new LogMessage.Have(news);
                out.send(member.endpoint(), Lane.DATAGRAM, new GossipMessage.Log(selfId, have));
            }
        }
    }
}
