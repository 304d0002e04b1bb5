package com.onebackend.registry.replication;

import com.onebackend.registry.model.Origin;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * One sync session this node answers. It holds cursors, not entries: each chunk is read from the table when it is
 * asked for.
 *
 * <p>The last chunk is made in one step that reaches the end of every log, so that the heads it carries are covered by
 * entries sent, whatever was superseded between two chunks.
 *
 * <p><i>Thread:</i> the gossip loop.
 *
 * <p><i>Invariants:</i> every entry that became live behind a cursor is sent before the last chunk, and before the
 * next resume points.
 */
final class OutgoingSession {
    /** What one resume point takes on the wire, roughly. */
    private static final int POINT_BYTES = 28;

    private final long id;
    private final long openedNanos;
    private final ReplicaConfig config;
    private final LogTable table;
    private final Map<Origin, Cursor> cursors = new HashMap<>();
    /** Became live behind a cursor: versions may arrive out of order while this node syncs itself. */
    private final Deque<LogEntry> late = new ArrayDeque<>();

    private final Deque<AuditedLog> audits = new ArrayDeque<>();
    private final boolean isResumed;
    private final boolean isFromNothing;

    /** It has one of the places for bulk transfers. */
    private boolean isAdmitted;

    private int nextIndex;
    private long lastNanos;
    private long unpointedBytes;
    private int chunkBytes;

    OutgoingSession(
            final LogMessage.SyncRequest request,
            final ReplicaConfig config,
            final LogTable table,
            final long nowNanos) {
        this.id = request.session();
        this.config = config;
        this.table = table;
        this.openedNanos = nowNanos;
        this.lastNanos = nowNanos;
        this.isFromNothing = request.have().heads().stream().allMatch(head -> head.maxVersion() == 0);
        request.have().heads().forEach(head -> cursors.put(head.origin(), new Cursor(head.maxVersion())));
        this.isResumed = isResumable(request, table);
        if (isResumed) {
            request.resume()
                    .forEach(point -> cursors.merge(
                            point.origin(),
                            new Cursor(point.from()),
                            (known, resumed) -> known.sentUpTo >= resumed.sentUpTo ? known : resumed));
        }
        request.audits().stream()
                .limit(config.sessions().auditOriginsMax())
                .filter(audit -> !table.isEvicted(audit.origin()))
                .forEach(this::audit);
    }

    /** How far one log was sent. */
    private static final class Cursor {
        /** The requester, or its resume points, vouch for everything up to here. */
        final long startedAt;

        long sentUpTo;

        Cursor(final long startedAt) {
            this.startedAt = startedAt;
            this.sentUpTo = startedAt;
        }
    }

    /** A log of which the entries in some buckets are sent again. */
    private static final class AuditedLog {
        final OwnedLog log;
        final BitSet differing;
        /** Later entries are sent anyway. */
        final long upTo;

        long cursor;

        AuditedLog(final OwnedLog log, final BitSet differing, final long upTo) {
            this.log = log;
            this.differing = differing;
            this.upTo = upTo;
        }
    }

    /** The next chunk; the last one when everything the session needs is in. */
    LogMessage.SyncChunk next(final long nowNanos) {
        lastNanos = nowNanos;
        final List<LogEntry> entries = new ArrayList<>();
        final EntryBudget budget = new EntryBudget(config.chunkEntriesMax(), config.chunkBytesMax());
        final boolean last = fill(budget, entries);
        chunkBytes = budget.bytes();
        unpointedBytes += chunkBytes;
        final List<Digest.Head> heads = last ? table.vector().heads() : List.of();
        final List<ResumePoint> points = last ? List.of() : resumePoints();
        final boolean isResumedHere = isResumed && nextIndex == 0;
        return new LogMessage.SyncChunk(id, nextIndex++, last, entries, heads, false, isResumedHere, points);
    }

    /** Entries to be sent whatever the cursors say. */
    void owe(final Collection<LogEntry> entries) {
        late.addAll(entries);
    }

    /** An entry became live in the table. False when the session falls too far behind. */
    boolean added(final LogEntry entry) {
        if (entry.version() > sentUpTo(entry.origin())) {
            return true;
        }
        late.addLast(entry);
        return late.size() <= config.lateEntriesMax();
    }

    /** A request for a chunk came, which is to wait. */
    void asked(final long nowNanos) {
        lastNanos = nowNanos;
    }

    /** True when nobody asked for long, or when it takes too long altogether. */
    boolean isOver(final long nowNanos) {
        return nowNanos - lastNanos >= config.sessionIdleNanos()
                || nowNanos - openedNanos >= config.sessions().durationMaxNanos();
    }

    /** True when it takes so much that few may run at a time. */
    boolean isBulk() {
        return isFromNothing || nextIndex >= config.sessions().bulkAfterChunks();
    }

    /** It may go on although it is a bulk transfer. */
    void admit() {
        isAdmitted = true;
    }

    boolean isAdmitted() {
        return isAdmitted;
    }

    long id() {
        return id;
    }

    /** The index of the chunk to come. */
    int nextIndex() {
        return nextIndex;
    }

    /** Estimated size of the chunk made last. */
    int chunkBytes() {
        return chunkBytes;
    }

    /** True when everything that the points' maker skipped as superseded is superseded here, too. */
    static boolean isResumable(final LogMessage.SyncRequest request, final LogTable table) {
        return !request.resume().isEmpty()
                && request.resume().stream().allMatch(point -> table.maxVersion(point.origin()) >= point.seen());
    }

    private void audit(final LogAudit theirs) {
        final OwnedLog log = table.known(theirs.origin());
        if (log == null) {
            return;
        }
        final BitSet differing = new BitSet(LogAudit.BUCKETS);
        for (int i = 0; i < LogAudit.BUCKETS; i++) {
            differing.set(i, log.bucket(i) != theirs.bucket(i));
        }
        if (!differing.isEmpty()) {
            audits.add(new AuditedLog(log, differing, sentUpTo(theirs.origin())));
        }
    }

    private long sentUpTo(final Origin origin) {
        final Cursor cursor = cursors.get(origin);
        return cursor == null ? 0 : cursor.sentUpTo;
    }

    /** True when everything the session needs is in. */
    private boolean fill(final EntryBudget budget, final List<LogEntry> entries) {
        while (!late.isEmpty()) {
            final LogEntry entry = late.peekFirst();
            if (table.isLive(entry) && !put(entry, budget, entries)) {
                return false;
            }
            late.removeFirst();
        }
        int scansLeft = config.sessions().auditScanMax();
        while (!audits.isEmpty()) {
            scansLeft = readAudited(audits.peekFirst(), scansLeft, budget, entries);
            if (scansLeft < 0) {
                return false;
            }
            audits.removeFirst();
        }
        for (final OwnedLog log : table.logs()) {
            if (!read(log, budget, entries)) {
                return false;
            }
        }
        return true;
    }

    /** True when the log was read to its end. */
    private boolean read(final OwnedLog log, final EntryBudget budget, final List<LogEntry> entries) {
        Cursor cursor = cursors.get(log.origin());
        for (LogEntry entry = log.after(cursor == null ? 0 : cursor.sentUpTo);
                entry != null;
                entry = log.after(cursor.sentUpTo)) {
            if (!put(entry, budget, entries)) {
                return false;
            }
            if (cursor == null) {
                cursor = new Cursor(0);
                cursors.put(log.origin(), cursor);
            }
            cursor.sentUpTo = entry.version();
        }
        return true;
    }

    /** How many entries may still be looked at; negative when the log was not read to its end. */
    private int readAudited(
            final AuditedLog audited, final int scansMax, final EntryBudget budget, final List<LogEntry> entries) {
        int scansLeft = scansMax;
        for (LogEntry entry = audited.log.after(audited.cursor);
                entry != null && entry.version() <= audited.upTo;
                entry = audited.log.after(audited.cursor)) {
            final boolean isWanted = audited.differing.get(EntryHash.bucket(entry.instanceId()));
            if (--scansLeft < 0 || (isWanted && !put(entry, budget, entries))) {
                return -1;
            }
            audited.cursor = entry.version();
        }
        return scansLeft;
    }

    private static boolean put(final LogEntry entry, final EntryBudget budget, final List<LogEntry> entries) {
        if (!budget.take(entry)) {
            return false;
        }
        entries.add(entry);
        return true;
    }

    /** Where the requester stands with this chunk; empty while that cannot be said, or takes too much room. */
    private List<ResumePoint> resumePoints() {
        final long bytes = (long) table.origins() * POINT_BYTES;
        if (!late.isEmpty()
                || !audits.isEmpty()
                || table.origins() > ResumePoint.POINTS_MAX
                || unpointedBytes < bytes * config.sessions().pointShare()) {
            return List.of();
        }
        unpointedBytes = 0;
        final List<ResumePoint> points = new ArrayList<>(table.origins());
        for (final OwnedLog log : table.logs()) {
            if (!log.isUnknown()) {
                points.add(resumePoint(log));
            }
        }
        return points;
    }

    /**
     * Up to our own maximum we have every entry or something that supersedes it, and all that we have is at most at
     * the log's last version: hence the two limits.
     */
    private ResumePoint resumePoint(final OwnedLog log) {
        final Cursor cursor = cursors.get(log.origin());
        final long startedAt = cursor == null ? 0 : cursor.startedAt;
        final long sent = cursor == null ? 0 : cursor.sentUpTo;
        final long from = Math.max(startedAt, Math.min(sent, log.maxVersion()));
        return new ResumePoint(log.origin(), from, Math.max(log.maxVersion(), log.lastVersion()));
    }
}
