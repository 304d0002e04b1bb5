package com.onebackend.registry.replication;

import com.onebackend.registry.model.Origin;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The sync sessions this node answers. A session holds cursors, not entries: each chunk is read from the table when
 * it is asked for.
 *
 * <p>The last chunk is made in one step that reaches the end of every log, so that the heads it carries are covered by
 * entries sent, whatever was superseded between two chunks.
 *
 * <p><i>Thread:</i> the gossip loop.
 *
 * <p><i>Invariants:</i> one session per peer; every entry that became live behind a cursor is sent before the last
 * chunk.
 */
final class OutgoingSessions {
    private final ReplicaConfig config;
    private final LogTable table;
    private final Map<String, Session> byPeer = new LinkedHashMap<>();

    OutgoingSessions(final ReplicaConfig config, final LogTable table) {
        this.config = config;
        this.table = table;
    }

    private static final class Session {
        final long id;
        final Map<Origin, Long> sentUpTo = new HashMap<>();
        /** Became live behind a cursor: versions may arrive out of order while this node syncs itself. */
        final Deque<LogEntry> late = new ArrayDeque<>();

        int nextIndex;
        long lastNanos;

        Session(final LogMessage.SyncRequest request) {
            this.id = request.session();
            request.have().heads().forEach(head -> sentUpTo.put(head.origin(), head.maxVersion()));
        }

        long sentUpTo(final Origin origin) {
            return sentUpTo.getOrDefault(origin, 0L);
        }
    }

    /** The first chunk; null when this node answers too many already. A peer's new request ends its old session. */
    LogMessage.SyncChunk open(final String peer, final LogMessage.SyncRequest request, final long nowNanos) {
        expire(nowNanos);
        if (!byPeer.containsKey(peer) && byPeer.size() >= config.outgoingSessionsMax()) {
            return null;
        }
        final Session session = new Session(request);
        byPeer.put(peer, session);
        return next(peer, session, nowNanos);
    }

    /** The chunk asked for; null, and the session is over, when it is not the next one. */
    LogMessage.SyncChunk next(final String peer, final LogMessage.SyncNext next, final long nowNanos) {
        expire(nowNanos);
        final Session session = byPeer.get(peer);
        if (session == null || session.id != next.session()) {
            return null;
        }
        if (session.nextIndex != next.index()) {
            byPeer.remove(peer);
            return null;
        }
        return next(peer, session, nowNanos);
    }

    /** An entry became live in the table. */
    void added(final LogEntry entry) {
        byPeer.values().removeIf(session -> {
            if (entry.version() > session.sentUpTo(entry.origin())) {
                return false;
            }
            session.late.addLast(entry);
            return session.late.size() > config.lateEntriesMax();
        });
    }

    /** Forgets the sessions nobody asked of for long. */
    void expire(final long nowNanos) {
        byPeer.values().removeIf(session -> nowNanos - session.lastNanos >= config.sessionIdleNanos());
    }

    /** Ends all sessions: what this node has is no longer worth asking for. */
    void clear() {
        byPeer.clear();
    }

    int count() {
        return byPeer.size();
    }

    private LogMessage.SyncChunk next(final String peer, final Session session, final long nowNanos) {
        session.lastNanos = nowNanos;
        final List<LogEntry> entries = new ArrayList<>();
        final boolean last = fill(session, entries);
        if (last) {
            byPeer.remove(peer);
        }
        final List<Digest.Head> heads = last ? table.vector().heads() : List.of();
        return new LogMessage.SyncChunk(session.id, session.nextIndex++, last, entries, heads);
    }

    /** True when everything the session needs is in. */
    private boolean fill(final Session session, final List<LogEntry> entries) {
        final EntryBudget budget = new EntryBudget(config.chunkEntriesMax(), config.chunkBytesMax());
        while (!session.late.isEmpty()) {
            final LogEntry entry = session.late.peekFirst();
            if (table.isLive(entry)) {
                if (!budget.take(entry)) {
                    return false;
                }
                entries.add(entry);
            }
            session.late.removeFirst();
        }
        for (final OwnedLog log : table.logs()) {
            long cursor = session.sentUpTo(log.origin());
            for (LogEntry entry = log.after(cursor); entry != null; entry = log.after(cursor)) {
                if (!budget.take(entry)) {
                    return false;
                }
                entries.add(entry);
                cursor = entry.version();
                session.sentUpTo.put(log.origin(), cursor);
            }
        }
        return true;
    }
}
