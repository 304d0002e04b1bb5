package com.onebackend.registry.replication;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

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
    private final Map<String, Set<String>> owed = new LinkedHashMap<>();

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

    /**
     * The first chunk; null when there is none: the request waits if {@link #isWaiting}, else it is turned away. A
     * peer's new request ends its old session.
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
        if (session.isBulk() && (!throttled.isEmpty() || !bulkBytes.isOpen(nowNanos))) {
            counters.throttledChunks++;
            throttled.add(peer);
            return null;
        }
        return chunk(peer, session, nowNanos);
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
                answers.add(new Replica.LateAnswer(
                        peer, chunk == null ? new LogMessage.SyncStop(request.session()) : chunk));
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
    void owe(final String peer, final String instanceId) {
        if (owedInstances < config.sessions().owedInstancesMax()
                && owed.computeIfAbsent(peer, any -> new LinkedHashSet<>()).add(instanceId)) {
            owedInstances++;
        }
    }

    /** Forgets the sessions that nobody asked of for long or that last too long. */
    void expire(final long nowNanos) {
        if (byPeer.values().removeIf(session -> session.isOver(nowNanos))) {
            throttled.retainAll(byPeer.keySet());
        }
        openedNanos
                .values()
                .removeIf(opened -> nowNanos - opened >= config.sessions().openIntervalNanos());
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

    private LogMessage.SyncChunk openNow(final String peer, final LogMessage.SyncRequest request, final long nowNanos) {
        openedNanos.put(peer, nowNanos);
        if (byPeer.size() >= config.outgoingSessionsMax()) {
            counters.turnedAway++;
            return null;
        }
        final OutgoingSession session = new OutgoingSession(request, config, table, nowNanos);
        final Set<String> debts = owed.getOrDefault(peer, Set.of());
        debts.forEach(instanceId -> session.owe(table.parts(instanceId).entries()));
        byPeer.put(peer, session);
        final LogMessage.SyncChunk chunk = chunk(peer, session, nowNanos);
        if (!chunk.last() && !hasPlace(session)) {
            counters.turnedAway++;
            end(peer);
            return null;
        }
        counters.answered++;
        owedInstances -= debts.size();
        owed.remove(peer);
        return chunk;
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
