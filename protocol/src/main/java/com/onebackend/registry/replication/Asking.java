package com.onebackend.registry.replication;

import com.onebackend.registry.model.MemberId;
import com.onebackend.registry.model.Origin;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * The asking side of sync sessions: what to ask a peer for, and what to do with what comes.
 *
 * <p><i>Thread:</i> the gossip loop.
 *
 * <p><i>Invariants:</i> the vector moves with the last chunk only, for all logs at once.
 */
final class Asking {
    private final ReplicaConfig config;
    private final Origin self;
    private final LogTable table;
    private final LiveView view;
    private final Retention retention;
    private final Intake intake;
    private final IncomingSessions incoming;
    private final OutgoingSessions outgoing;
    private final Repair repair;
    private final SyncCounters counters;

    Asking(
            final ReplicaConfig config,
            final Intake.Logs logs,
            final Intake intake,
            final IncomingSessions incoming,
            final OutgoingSessions outgoing,
            final Repair repair,
            final SyncCounters counters) {
        this.config = config;
        this.self = logs.self();
        this.table = logs.table();
        this.view = logs.view();
        this.retention = logs.retention();
        this.intake = intake;
        this.incoming = incoming;
        this.outgoing = outgoing;
        this.repair = repair;
        this.counters = counters;
    }

    /** Opens an own session; the request goes to this peer, whose chunks come back through {@link #chunk}. */
    LogMessage.SyncRequest request(final long session, final MemberId peer, final long nowNanos) {
        final boolean holdsOld = retention.holdsOld();
        retention.asking();
        final Digest have = withOwn(
                table.vector(),
                // While everything is reloaded, also that of the own log is wanted which only others have.
                retention.isResetting() ? null : retention.ownHeadToAsk(table.head(self)));
        final LogMessage.SyncRequest request = new LogMessage.SyncRequest(
                session,
                have,
                holdsOld && (retention.isResetting() || !retention.isReadingOwn()),
                incoming.resume(nowNanos),
                repair.audits(table, config.sessions().auditOriginsMax()));
        incoming.open(request, peer, nowNanos);
        counters.asked++;
        return request;
    }

    /** A chunk of an own session arrived: all of it is applied, or nothing. Only the last one moves the vector. */
    SyncVerdict chunk(final LogMessage.SyncChunk chunk, final long wallMillis, final long nowNanos) {
        final IncomingSessions.Session session = incoming.advance(chunk, nowNanos);
        final Refusal refusal = session == null || chunk.resume().size() > ResumePoint.POINTS_MAX
                ? Refusal.SESSION
                : intake.refusal(chunk.entries(), chunk.heads(), wallMillis);
        if (refusal != null) {
            incoming.close(chunk.session());
            intake.count(refusal);
            return SyncVerdict.REFUSED;
        }
        final boolean isBehind = chunk.last()
                && (retention.isLoaded() || session.holdsOld())
                && retention.isBehind(new Digest(chunk.heads()));
        if (isBehind || chunk.reset()) {
            incoming.close(chunk.session());
            if (!isBehind) {
                retention.declined(nowNanos);
            }
            return isBehind ? SyncVerdict.BEHIND : SyncVerdict.DECLINED;
        }
        for (final LogEntry entry : chunk.entries()) {
            if (session.isAudited(entry)) {
                mend(session.peer(), entry, nowNanos);
            } else {
                intake.receive(entry);
            }
            counters.bytesIn += EntrySize.of(entry);
        }
        counters.chunksIn++;
        counters.entriesIn += chunk.entries().size();
        counters.resumed += chunk.isResumed() ? 1 : 0;
        retention.progressed();
        if (!chunk.last()) {
            final boolean isToGoOn = incoming.isToGoOn(session, chunk);
            counters.deferred += isToGoOn ? 0 : 1;
            return isToGoOn ? SyncVerdict.MORE : SyncVerdict.LATER;
        }
        final boolean wasResetting = retention.isResetting();
        chunk.heads().forEach(intake::advance);
        chunk.heads().stream()
                .filter(head -> head.origin().equals(self))
                .forEach(head -> retention.ownLoaded(head.maxVersion()));
        if (wasResetting) {
            retention.forgetUnspokenOf(chunk.heads());
        }
        retention.loaded(wasResetting);
        if (incoming.complete(chunk.session())) {
            repair.sessionEnded(table.digest(), intake.withoutEvicted(new Digest(chunk.heads())));
        }
        return SyncVerdict.DONE;
    }

    /**
     * An entry that the peer has under a vector equal to ours, in a bucket that differs. Where the two say different
     * things under one number, the word of its origin counts. What we have something later of, the peer lacks.
     */
    private void mend(final MemberId peer, final LogEntry entry, final long nowNanos) {
        if (table.isLive(entry)) {
            return;
        }
        final LogEntry wrong = table.conflicting(entry);
        if (wrong != null && peer.origin().equals(entry.origin())) {
            view.drop(wrong);
        }
        intake.receive(entry);
        if (table.isLive(entry)) {
            repair.mended(entry);
            counters.repairedEntries++;
        } else if (wrong == null) {
            outgoing.owe(peer, entry.instanceId(), nowNanos);
        }
    }

    /** With another head of the own log, where there is one; none when it is null. */
    private Digest withOwn(final Digest digest, final Digest.Head head) {
        final List<Digest.Head> heads = new ArrayList<>(digest.heads());
        heads.replaceAll(known -> known.origin().equals(self) ? head : known);
        heads.removeIf(Objects::isNull);
        return new Digest(heads);
    }
}
