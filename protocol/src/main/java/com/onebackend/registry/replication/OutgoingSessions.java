package com.onebackend.registry.replication;

import com.onebackend.registry.model.MemberId;
import com.onebackend.registry.model.Origin;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/**
 * The sync sessions this node answers: how many at a time, how fast, and for how long.
 *
 * <p><i>Thread:</i> the gossip loop.
 *
 * <p><i>Invariants:</i> one session, or one waiting request, per peer; at most {@link SessionConfig#bulkSessionsMax()}
 * bulk transfers, which together keep to {@link SessionConfig#bulkBytesPerSecondMax()}.
 */
final class OutgoingSessions {
    private final ReplicaConfig config;
    private final LogTable table;
    private final SyncCounters counters;
    private final TokenBucket bulkBytes;
    private final Map<String, OutgoingSession> byPeer = new LinkedHashMap<>();
    /** When each peer opened its last session; forgotten when it may open another. */
    private final Map<String, Long> openedNanos = new LinkedHashMap<>();
    /** Requests that came too soon, the last one of each peer. */
    private final Map<String, LogMessage.SyncRequest> waitingRequests = new LinkedHashMap<>();
    /** Peers whose next chunk waits for the rate limit, in the order they asked. */
    private final Set<String> throttled = new LinkedHashSet<>();
    /** By peer, instances of which it lacks the latest though its vector says it has it. */
    private final Map<String, Debts> owed = new LinkedHashMap<>();

    private int owedInstances;

    /** What is to be said to those whose requests waited in vain. */
    private final List<Replica.LateAnswer> dismissed = new ArrayList<>();

    OutgoingSessions(final ReplicaConfig config, final LogTable table, final SyncCounters counters) {
        this.config = config;
        this.table = table;
        this.counters = counters;
        this.bulkBytes = new TokenBucket(
                config.sessions().bulkBytesPerSecondMax(), config.sessions().bulkBurstBytes());
    }

    /** What one peer lacks, and when that last grew. */
    private record Debts(Origin origin, Set<String> instanceIds, long grewNanos) {}

    /**
     * The first chunk; null when there is none: it, or the request, waits if {@link #isWaiting}, else the request is
     * turned away. A peer's new request ends its old session.
     */
    LogMessage.SyncChunk open(final String peer, final LogMessage.SyncRequest request, final long nowNanos) {
        end(peer);
        expire(nowNanos);
        if (!openedNanos.containsKey(peer)) {
            return openNow(peer, request, nowNanos);
        }
        if (waitingRequests.containsKey(peer)
                || waitingRequests.size() < config.sessions().waitingRequestsMax()) {
            waitingRequests.put(peer, request);
            counters.delayedRequests++;
        } else {
            counters.turnedAway++;
        }
        return null;
    }

    /**
     * The chunk asked for; null when there is none: it waits if {@link #isWaiting}, else the session is over, because
     * the chunk is not the next one or there is no room for so long a session.
     */
    LogMessage.SyncChunk next(final String peer, final LogMessage.SyncNext next, final long nowNanos) {
        expire(nowNanos);
        final OutgoingSession session = byPeer.get(peer);
        if (session == null || session.id() != next.session()) {
            return null;
        }
        if (session.nextIndex() != next.index() || !hasPlace(session)) {
            counters.turnedAway++;
            end(peer);
            return null;
        }
        session.asked(nowNanos);
        return isThrottled(peer, session, nowNanos) ? null : chunk(peer, session, nowNanos);
    }

    /** True while an answer for this peer is still to come, out of {@link #due}. */
    boolean isWaiting(final String peer) {
        return waitingRequests.containsKey(peer) || throttled.contains(peer);
    }

    /** Answers that waited and may go now. */
    List<Replica.LateAnswer> due(final long nowNanos) {
        expire(nowNanos);
        final List<Replica.LateAnswer> answers = new ArrayList<>(dismissed);
        dismissed.clear();
        for (final String peer : List.copyOf(waitingRequests.keySet())) {
            if (!openedNanos.containsKey(peer)) {
                final LogMessage.SyncRequest request = waitingRequests.remove(peer);
                final LogMessage.SyncChunk chunk = openNow(peer, request, nowNanos);
                if (chunk != null) {
                    answers.add(new Replica.LateAnswer(peer, chunk));
                } else if (!isWaiting(peer)) {
                    answers.add(new Replica.LateAnswer(peer, new LogMessage.SyncStop(request.session())));
                }
            }
        }
        for (final Iterator<String> i = throttled.iterator(); i.hasNext() && bulkBytes.isOpen(nowNanos); ) {
            final String peer = i.next();
            i.remove();
            answers.add(new Replica.LateAnswer(peer, chunk(peer, byPeer.get(peer), nowNanos)));
        }
        return answers;
    }

    /** The requester wants no more of this session. */
    void stop(final String peer, final long session) {
        final OutgoingSession known = byPeer.get(peer);
        if (known != null && known.id() == session) {
            end(peer);
        }
    }

    /** An entry became live in the table. */
    void added(final LogEntry entry) {
        if (!byPeer.isEmpty() && byPeer.values().removeIf(session -> !session.added(entry))) {
            throttled.retainAll(byPeer.keySet());
        }
    }

    /** The peer holds an entry of this instance that something supersedes which it should have and has not. */
    void owe(final MemberId peer, final String instanceId, final long nowNanos) {
        if (owedInstances >= config.sessions().owedInstancesMax()) {
            return;
        }
        final Debts known = owed.get(peer.nodeId());
        final Set<String> instanceIds = known == null ? new LinkedHashSet<>() : known.instanceIds();
        owedInstances += instanceIds.add(instanceId) ? 1 : 0;
        owed.put(peer.nodeId(), new Debts(peer.origin(), instanceIds, nowNanos));
    }

    /** The catalog removed a node: it asks for nothing any more. */
    void forget(final Origin origin) {
        forgive(debts -> origin.equals(debts.origin()));
    }

    /** Debts that were not asked for in a long time would in the end leave no room for those of others. */
    private void forgive(final Predicate<Debts> isToGo) {
        owed.values().removeIf(debts -> {
            final boolean goes = isToGo.test(debts);
            owedInstances -= goes ? debts.instanceIds().size() : 0;
            return goes;
        });
    }

    /** Forgets the sessions that nobody asked of for long or that last too long. */
    void expire(final long nowNanos) {
        if (byPeer.values().removeIf(session -> session.isOver(nowNanos))) {
            throttled.retainAll(byPeer.keySet());
        }
        openedNanos
                .values()
                .removeIf(opened -> nowNanos - opened >= config.sessions().openIntervalNanos());
        forgive(debts -> nowNanos - debts.grewNanos() >= config.sessions().durationMaxNanos());
    }

    /** Ends all sessions: what this node has is no longer worth asking for. */
    void clear() {
        byPeer.clear();
        throttled.clear();
        owed.clear();
        owedInstances = 0;
        waitingRequests.forEach((peer, request) ->
                dismissed.add(new Replica.LateAnswer(peer, new LogMessage.SyncStop(request.session()))));
        waitingRequests.clear();
    }

    int count() {
        return byPeer.size();
    }

    /** Instances owed, to all peers together. */
    int owed() {
        return owedInstances;
    }

    private LogMessage.SyncChunk openNow(final String peer, final LogMessage.SyncRequest request, final long nowNanos) {
        openedNanos.put(peer, nowNanos);
        if (byPeer.size() >= config.outgoingSessionsMax()) {
            counters.turnedAway++;
            return null;
        }
        final OutgoingSession session = new OutgoingSession(request, config, table, nowNanos);
        // Before anything is read: those who are turned away must not use up what is meant for those who are not.
        if (!hasPlace(session)) {
            counters.turnedAway++;
            return null;
        }
        counters.answered++;
        byPeer.put(peer, session);
        final Debts debts = owed.remove(peer);
        if (debts != null) {
            debts.instanceIds()
                    .forEach(instanceId -> session.owe(table.parts(instanceId).entries()));
            owedInstances -= debts.instanceIds().size();
        }
        return isThrottled(peer, session, nowNanos) ? null : chunk(peer, session, nowNanos);
    }

    /** True, and the peer waits for its turn, when its bulk transfer may not send now. */
    private boolean isThrottled(final String peer, final OutgoingSession session, final long nowNanos) {
        if (!session.isBulk() || (throttled.isEmpty() && bulkBytes.isOpen(nowNanos))) {
            return false;
        }
        counters.throttledChunks++;
        throttled.add(peer);
        return true;
    }

    private LogMessage.SyncChunk chunk(final String peer, final OutgoingSession session, final long nowNanos) {
        final LogMessage.SyncChunk chunk = session.next(nowNanos);
        if (session.isBulk()) {
            bulkBytes.take(session.chunkBytes(), nowNanos);
        }
        if (chunk.last()) {
            end(peer);
        }
        counters.chunksOut++;
        counters.entriesOut += chunk.entries().size();
        counters.bytesOut += session.chunkBytes();
        return chunk;
    }

    private void end(final String peer) {
        byPeer.remove(peer);
        throttled.remove(peer);
    }

    /** True unless the session is a bulk transfer for which there is no place; takes one if it needs one. */
    private boolean hasPlace(final OutgoingSession session) {
        if (!session.isBulk() || session.isAdmitted()) {
            return true;
        }
        final long taken =
                byPeer.values().stream().filter(OutgoingSession::isAdmitted).count();
        if (taken >= config.sessions().bulkSessionsMax()) {
            return false;
        }
        session.admit();
        return true;
    }
}
