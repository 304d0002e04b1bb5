package com.onebackend.registry.replication;

import com.onebackend.registry.model.MemberId;
import com.onebackend.registry.model.Origin;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The sync sessions this node asked for: which chunk each expects next, and where the one that got furthest may be
 * resumed.
 *
 * <p><i>Thread:</i> the gossip loop.
 *
 * <p><i>Invariants:</i> at most one session goes on beyond {@link SessionConfig#bulkAfterChunks()} at a time; resume
 * points rest on entries received no longer than {@link SessionConfig#durationMaxNanos()} ago.
 */
final class IncomingSessions {
    private final int sessionsMax;
    private final SessionConfig config;
    private final Map<Long, Session> sessions = new LinkedHashMap<>();
    /** The one that loads; null when none does. */
    private Session loading;

    private Resume best = Resume.NONE;

    IncomingSessions(final int sessionsMax, final SessionConfig config) {
        this.sessionsMax = sessionsMax;
        this.config = config;
    }

    /** Where a session may go on, what came up to there, and since when. */
    private record Resume(List<ResumePoint> points, long entries, long sinceNanos) {
        static final Resume NONE = new Resume(List.of(), 0, 0);
    }

    /** One own session. */
    static final class Session {
        private final MemberId peer;
        private final Resume asked;
        private final Map<Origin, Long> auditedUpTo = new HashMap<>();
        private long sinceNanos;
        private long entries;
        private int nextIndex;
        private long lastNanos;
        private boolean holdsOld;

        private Session(final MemberId peer, final Resume asked, final boolean holdsOld, final long nowNanos) {
            this.peer = peer;
            this.asked = asked;
            this.holdsOld = holdsOld;
            this.sinceNanos = nowNanos;
        }

        /** True when the entry comes because the logs of the two differ under equal vectors. */
        boolean isAudited(final LogEntry entry) {
            return entry.version() <= auditedUpTo.getOrDefault(entry.origin(), 0L);
        }

        MemberId peer() {
            return peer;
        }

        /**
         * True when the requester held entries of which it does not know how old they are. What a resumed session goes
         * on with is younger than any session may get: what killed it since has not been dropped by anybody.
         */
        boolean holdsOld() {
            return holdsOld;
        }
    }

    /** Where the next session should go on; empty when it is to start anew. */
    List<ResumePoint> resume(final long nowNanos) {
        if (!best.points().isEmpty() && nowNanos - best.sinceNanos() >= config.durationMaxNanos()) {
            best = Resume.NONE;
        }
        return best.points();
    }

    /** A new session; the oldest one makes room. */
    void open(final LogMessage.SyncRequest request, final MemberId peer, final long nowNanos) {
        sessions.remove(request.session());
        final Session session =
                new Session(peer, request.resume().isEmpty() ? Resume.NONE : best, request.holds(), nowNanos);
        for (final LogAudit audit : request.audits()) {
            session.auditedUpTo.put(audit.origin(), 0L);
        }
        request.have()
                .heads()
                .forEach(head ->
                        session.auditedUpTo.computeIfPresent(head.origin(), (origin, any) -> head.maxVersion()));
        sessions.put(request.session(), session);
        if (sessions.size() > sessionsMax) {
            final Iterator<Session> oldest = sessions.values().iterator();
            forget(oldest.next());
            oldest.remove();
        }
    }

    /** The session this chunk is the next one of; null, and the session is over, when there is none. */
    Session advance(final LogMessage.SyncChunk chunk, final long nowNanos) {
        final Session session = sessions.get(chunk.session());
        if (session == null) {
            return null;
        }
        if (session.nextIndex != chunk.index()) {
            close(chunk.session());
            return null;
        }
        if (chunk.isResumed() && !session.asked.points().isEmpty()) {
            session.holdsOld = false;
            session.entries = session.asked.entries();
            session.sinceNanos = session.asked.sinceNanos();
        }
        if (nowNanos - session.sinceNanos >= config.durationMaxNanos()) {
            close(chunk.session());
            return null;
        }
        session.nextIndex++;
        session.lastNanos = nowNanos;
        return session;
    }

    /** A chunk that is not the last was applied. False, and the session is over, when another one loads already. */
    boolean isToGoOn(final Session session, final LogMessage.SyncChunk chunk) {
        session.entries += chunk.entries().size();
        if (!chunk.resume().isEmpty() && session.entries >= best.entries()) {
            best = new Resume(chunk.resume(), session.entries, session.sinceNanos);
        }
        if (session.nextIndex < config.bulkAfterChunks()) {
            return true;
        }
        if (loading == null || session.lastNanos - loading.lastNanos >= config.stallNanos()) {
            loading = session;
        }
        if (loading != session) {
            close(chunk.session());
            return false;
        }
        return true;
    }

    /** The session ran to its end. True when it was the only one, so that nothing half received lies in the table. */
    boolean complete(final long session) {
        close(session);
        best = Resume.NONE;
        return sessions.isEmpty();
    }

    /** The session is over, or never was. */
    void close(final long session) {
        final Session closed = sessions.remove(session);
        if (closed != null) {
            forget(closed);
        }
    }

    /** What was received may be gone: the next session starts anew. */
    void forgetResume() {
        best = Resume.NONE;
    }

    private void forget(final Session session) {
        if (loading == session) {
            loading = null;
        }
    }

    /** Forgets all of them. */
    void clear() {
        sessions.clear();
        loading = null;
        best = Resume.NONE;
    }
}
