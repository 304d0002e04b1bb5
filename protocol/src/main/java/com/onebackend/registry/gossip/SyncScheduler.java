package com.onebackend.registry.gossip;

import com.onebackend.registry.model.Member;
import com.onebackend.registry.model.MemberId;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.random.RandomGenerator;

/**
 * Decides when to ask whom for what we lack: at an interval, at once when a member appears or a push did not fit, and
 * soon when a member's vector keeps differing from ours.
 *
 * <p><i>Thread:</i> the gossip loop.
 *
 * <p><i>Invariants:</i> at most one own session per member, at most {@link GossipConfig#sessionsMax()} in all.
 */
final class SyncScheduler {
    private final GossipConfig config;
    private final RandomGenerator random;
    /** By node id, in order, so that the same input gives the same output. */
    private final Map<String, Session> sessions = new TreeMap<>();

    private final Map<String, Long> differsSinceNanos = new TreeMap<>();
    private final Set<String> wanted = new TreeSet<>();
    private boolean isStarted;
    private long nextIntervalNanos;
    private long nextSession;
    private long completed;

    SyncScheduler(final GossipConfig config, final RandomGenerator random) {
        this.config = config;
        this.random = random;
        this.nextSession = random.nextLong();
    }

    /** One own session. */
    private record Session(long id, long deadlineNanos, long startedNanos) {}

    /** A request to be sent now. */
    record Start(Member peer, long session) {}

    /** Ask this member as soon as a place is free. */
    void want(final String nodeId) {
        wanted.add(nodeId);
    }

    /** What a member's vector hashes to, as just heard from it. */
    void heard(final MemberId peer, final boolean differs, final long nowNanos) {
        if (!differs) {
            differsSinceNanos.remove(peer.nodeId());
            return;
        }
        final Long since = differsSinceNanos.putIfAbsent(peer.nodeId(), nowNanos);
        if (since != null && nowNanos - since >= config.divergenceNanos()) {
            differsSinceNanos.remove(peer.nodeId());
            want(peer.nodeId());
        }
    }

    /** Sessions to start now, out of those wanted and those due. */
    List<Start> due(final List<Member> peers, final long nowNanos) {
        return due(peers, config.sessionsMax(), nowNanos);
    }

    /** As {@link #due(List, long)}, with another limit of sessions at the same time. */
    List<Start> due(final List<Member> peers, final int sessionsMax, final long nowNanos) {
        expire(nowNanos);
        // Compared by difference: a monotonic clock starts anywhere and may run over.
        if (!isStarted || nowNanos - nextIntervalNanos >= 0) {
            if (isStarted && !peers.isEmpty()) {
                want(peers.get(random.nextInt(peers.size())).id().nodeId());
            }
            isStarted = true;
            final Set<String> reachable = nodeIds(peers);
            differsSinceNanos.keySet().retainAll(reachable);
            wanted.retainAll(reachable);
            final long fifth = config.syncIntervalNanos() / 5;
            nextIntervalNanos = nowNanos + config.syncIntervalNanos() - fifth + random.nextLong(2 * fifth + 1);
        }
        // Asked after every message: most of the time there is nothing to do.
        if (wanted.isEmpty()) {
            return List.of();
        }
        wanted.retainAll(nodeIds(peers));
        final List<Start> starts = new ArrayList<>();
        for (final Member peer : peers) {
            final String nodeId = peer.id().nodeId();
            if (sessions.size() < sessionsMax && wanted.contains(nodeId) && !sessions.containsKey(nodeId)) {
                wanted.remove(nodeId);
                final Session session = new Session(++nextSession, nowNanos + config.sessionTimeoutNanos(), nowNanos);
                sessions.put(nodeId, session);
                starts.add(new Start(peer, session.id()));
            }
        }
        return starts;
    }

    /** True when the chunk belongs to a session of ours with this member; keeps the session alive. */
    boolean progressed(final String nodeId, final long session, final long nowNanos) {
        final Session known = sessions.get(nodeId);
        if (known == null || known.id() != session) {
            return false;
        }
        if (nowNanos - known.startedNanos() >= config.replica().retention().sessionNanosMax()) {
            // What it brings may be older than what was collected meanwhile.
            return false;
        }
        sessions.put(nodeId, new Session(session, nowNanos + config.sessionTimeoutNanos(), known.startedNanos()));
        return true;
    }

    void completed(final String nodeId) {
        sessions.remove(nodeId);
        completed++;
    }

    void aborted(final String nodeId) {
        sessions.remove(nodeId);
    }

    /** Gives up every session. */
    void abortAll() {
        sessions.clear();
    }

    /** True while a session is under way. */
    boolean isBusy() {
        return !sessions.isEmpty();
    }

    /** True when a session ran to its end and no other one is under way or wanted. */
    boolean isCaughtUp() {
        return completed > 0 && sessions.isEmpty() && wanted.isEmpty();
    }

    /** Own sessions that ran to their end. */
    long completedCount() {
        return completed;
    }

    private void expire(final long nowNanos) {
        for (final Iterator<Map.Entry<String, Session>> i = sessions.entrySet().iterator(); i.hasNext(); ) {
            final Map.Entry<String, Session> entry = i.next();
            if (nowNanos - entry.getValue().deadlineNanos() >= 0) {
                i.remove();
                wanted.add(entry.getKey());
            }
        }
    }

    private static Set<String> nodeIds(final List<Member> peers) {
        final Set<String> nodeIds = new HashSet<>();
        peers.forEach(peer -> nodeIds.add(peer.id().nodeId()));
        return nodeIds;
    }
}
