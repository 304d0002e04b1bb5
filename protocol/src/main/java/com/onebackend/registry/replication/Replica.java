package com.onebackend.registry.replication;

import com.onebackend.registry.model.Instance;
import com.onebackend.registry.model.Invariants;
import com.onebackend.registry.model.MemberId;
import com.onebackend.registry.model.Origin;
import com.onebackend.registry.model.Part;
import com.onebackend.registry.model.Stamp;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * All owned logs as one node has them: merges what arrives, numbers what it writes, and knows what a peer lacks.
 *
 * <p><i>Thread:</i> one owner, the gossip loop or a simulation; nothing here is synchronised.
 *
 * <p><i>Lifecycle:</i> {@link #restore} and {@link #restoreHead} for all that storage holds, then everything else in
 * any order; {@link #drain} after each step, and {@link #durable} when own versions of a drained batch are on disk.
 *
 * <p><i>Invariants:</i>
 *
 * <ul>
 *   <li>What is shown to peers is a function of the set of entries received and of own entries on disk, whatever
 *       order they came in and how often.
 *   <li>Of every version up to an origin's {@code maxVersion} we hold the entry or one that supersedes it. Hence pushes
 *       leave nothing out, and a sync moves the whole vector at once, at its end: one log alone may say "superseded"
 *       by an entry in another log that was not sent yet.
 *   <li>An own version that is not on disk is never sent, and hides nothing from peers.
 * </ul>
 *
 * <p><i>Paper:</i> Scuttlebutt (van Renesse et al., "Efficient Reconciliation and Flow Control for Anti-Entropy
 * Protocols", 2008), with several writers per record.
 */
public final class Replica {
    private final Origin self;
    private final ReplicaConfig config;
    private final HybridClock clock;
    private final LogTable table = new LogTable();
    private final OwnWrites own;
    private final OutgoingSessions outgoing;
    private final IncomingSessions incoming;
    private final Repair repair;
    private final SyncCounters counters = new SyncCounters();
    private final ChangeRecorder recorder = new ChangeRecorder();
    private final LiveView view;
    private final Retention retention;
    private final Intake intake;
    private final Asking asking;
    private boolean isStarted;

    public Replica(final Origin self, final ReplicaConfig config) {
        this.self = self;
        this.config = config;
        this.clock = new HybridClock(config.stampAheadMillisMax());
        this.own = new OwnWrites(config);
        this.outgoing = new OutgoingSessions(config, table, counters);
        this.incoming = new IncomingSessions(config.incomingSessionsMax(), config.sessions());
        this.repair = new Repair(config.repairAfterSessions(), counters);
        this.view = new LiveView(table, own, recorder);
        this.retention = new Retention(self, config.retention(), table, own, view, recorder);
        final Intake.Logs logs = new Intake.Logs(self, table, own, view, recorder, retention);
        this.intake = new Intake(config, clock, logs, outgoing);
        this.asking = new Asking(config, logs, intake, incoming, outgoing, repair, counters);
    }

    /**
     * What the last steps changed.
     *
     * @param batch to be written to storage as one
     * @param instanceIds instances whose parts changed, each once, in the order of their first change
     * @param ownVersion the highest own version written in the batch; 0 when there is none
     */
    public record Changes(LogBatch batch, List<String> instanceIds, long ownVersion) {}

    /** An answer to a peer that had to wait. */
    public record LateAnswer(String peer, LogMessage message) {}

    /** Puts back an entry of storage, in any order. */
    public void restore(final LogEntry entry) {
        Invariants.check(!isStarted, "restored after the start");
        clock.observe(entry.stamp());
        table.apply(entry);
        if (entry.origin().equals(self)) {
            restoredOwn(entry.version());
        }
        recorder.restored(entry.instanceId());
    }

    /** Puts back how much of a log storage holds; its set hash is computed anew from the entries. */
    public void restoreHead(final Digest.Head head) {
        Invariants.check(!isStarted, "restored after the start");
        if (head.isForgotten()) {
            table.forget(head.origin());
            return;
        }
        table.advance(head.origin(), head.maxVersion(), head.gcVersion());
        if (head.origin().equals(self)) {
            restoredOwn(head.maxVersion());
        }
        retention.restored(head);
    }

    /** The stamp that the next {@link #write} at this time would get: greater than every stamp seen. */
    public Stamp nextStamp(final long wallMillis) {
        return clock.peek(wallMillis);
    }

    /** False while so many own writes wait for the disk that a client should be told to come back. */
    public boolean hasRoom() {
        return own.hasRoom();
    }

    /**
     * Writes one part into the own log. A registration whose {@code born} is {@link Stamp#ZERO} keeps that of the
     * registration it replaces, or is born now. Needs {@link #hasRoom}.
     */
    public LogEntry write(final String instanceId, final Part part, final long wallMillis) {
        requireRoom();
        return write(instanceId, part, clock.tick(wallMillis));
    }

    /**
     * Takes over an instance whose owner is gone. The stamp is the next one after the entry that made the other its
     * owner, not a new one: whatever anybody wrote since, seen here or not, is later and stays. Nodes that adopt the
     * same record at once write the same stamp, and the higher origin wins. Needs {@link #hasRoom}.
     */
    public LogEntry adopt(final String instanceId) {
        requireRoom();
        final LogEntry owning = view.parts(instanceId).owning();
        Invariants.check(owning != null && !owning.origin().equals(self), "nothing to adopt: " + instanceId);
        return write(instanceId, new Part.Lease(), owning.stamp().next());
    }

    /**
     * Writes what another origin's log says of an instance into the own log, so that it stays when that log is removed.
     * The stamp is the next one, so that it replaces exactly this entry. Needs {@link #hasRoom}.
     */
    public LogEntry rehome(final LogEntry entry) {
        requireRoom();
        return write(entry.instanceId(), entry.part(), entry.stamp().next());
    }

    private LogEntry write(final String instanceId, final Part part, final Stamp stamp) {
        isStarted = true;
        final InstanceParts before = view.parts(instanceId);
        final LogEntry entry = new LogEntry(self, own.nextVersion(), stamp, instanceId, born(part, before, stamp));
        final InstanceParts after = before.with(entry);
        own.staged(entry, after);
        recorder.changed(instanceId, before, after);
        recorder.gave(self, entry.version());
        return entry;
    }

    /** Own versions up to here are on disk: they may be pushed, synced and acknowledged. */
    public void durable(final long ownVersion) {
        for (final LogEntry entry : own.durable(ownVersion)) {
            if (table.apply(entry)) {
                outgoing.added(entry);
            }
            own.settled(entry, table.parts(entry.instanceId()));
        }
        table.advance(self, own.durable(), 0);
    }

    /** The next push to every peer; to be asked until it is empty, after each {@link #durable}. */
    public Optional<LogMessage.Push> nextPush(final long wallMillis) {
        // Of the hybrid clock: a wall clock that is slow would make every push look late.
        return Optional.ofNullable(
                own.nextPush(table.head(self), clock.peek(wallMillis).millis()));
    }

    /** A push arrived: all of it is applied, or nothing. */
    public DeltaVerdict offer(final LogMessage.Push push, final long wallMillis) {
        isStarted = true;
        return intake.offer(push, wallMillis);
    }

    /** True when a peer with this digest has something that we lack. */
    public boolean lacksFrom(final Digest theirs) {
        return intake.lacksFrom(theirs);
    }

    /** Opens an own session; the request goes to this peer, whose chunks come back through {@link #chunk}. */
    public LogMessage.SyncRequest request(final long session, final MemberId peer, final long nowNanos) {
        isStarted = true;
        return asking.request(session, peer, nowNanos);
    }

    /** A chunk of an own session arrived: all of it is applied, or nothing. Only the last one moves the vector. */
    public SyncVerdict chunk(final LogMessage.SyncChunk chunk, final long wallMillis, final long nowNanos) {
        isStarted = true;
        return asking.chunk(chunk, wallMillis, nowNanos);
    }

    /** A peer's vector and ours turned out to be equal: ours is whole. */
    public void foundEqual() {
        repair.foundEqual();
        if (!retention.isResetting()) {
            retention.loaded(false);
        }
    }

    /** No further chunk of this own session is expected. */
    public void abandon(final long session) {
        incoming.close(session);
    }

    /**
     * Chunk 0 for a peer's request; empty when it comes later, which {@link #isAnswerWaiting} says, or never, because
     * this node answers too many sessions: the peer should ask somebody else.
     */
    public Optional<LogMessage.SyncChunk> answer(
            final String peer, final LogMessage.SyncRequest request, final long nowNanos) {
        if (request.have().heads().size() > config.vectorMax()
                || request.resume().size() > ResumePoint.POINTS_MAX) {
            intake.count(Refusal.MALFORMED);
            return Optional.empty();
        }
        if (retention.isResetting() || retention.isBehind(request.have())) {
            return Optional.of(reset(request, List.of()));
        }
        final boolean holdsOld = request.holds() && !OutgoingSession.isResumable(request, table);
        if (holdsOld && retention.isAhead(request.have())) {
            return Optional.of(reset(request, table.vector().heads()));
        }
        return Optional.ofNullable(outgoing.open(peer, request, nowNanos));
    }

    /**
     * The next chunk for a peer; empty when it comes later, which {@link #isAnswerWaiting} says, or never, because the
     * session is unknown, expired, asked out of order or too long to go on beside others.
     */
    public Optional<LogMessage.SyncChunk> answer(
            final String peer, final LogMessage.SyncNext next, final long nowNanos) {
        return Optional.ofNullable(outgoing.next(peer, next, nowNanos));
    }

    /** True while an answer for this peer will come out of {@link #lateAnswers}. */
    public boolean isAnswerWaiting(final String peer) {
        return outgoing.isWaiting(peer);
    }

    /** Answers that waited for their turn and may go now. */
    public List<LateAnswer> lateAnswers(final long nowNanos) {
        return outgoing.due(nowNanos);
    }

    /** A peer wants no more of its session; or a peer ends one of ours, which is for the caller to see. */
    public void stopped(final String peer, final LogMessage.SyncStop stop) {
        outgoing.stop(peer, stop.session());
    }

    /** Forgets answered sessions that are idle or go on for too long. */
    public void expireSessions(final long nowNanos) {
        outgoing.expire(nowNanos);
    }

    /**
     * The catalog removed a node: its records go, its pushes are refused from now on. Its tombstones stay and go on
     * killing what is older, or a deregistration could be undone by whoever was away, until {@link Fences} lets them
     * and all else that is known of it go. To be called again after a restart.
     */
    public void evict(final Origin origin) {
        Invariants.check(!origin.equals(self), "a node does not evict itself");
        final List<LogEntry> leaving = table.evict(origin);
        leaving.forEach(view::drop);
        retention.evicted(origin);
        incoming.forgetResume();
        outgoing.forget(origin);
        if (!leaving.isEmpty()) {
            recorder.headMoved(origin);
        }
    }

    /** The winning entries of an instance as this node sees it, with own writes that wait for the disk. */
    public InstanceParts parts(final String instanceId) {
        return view.parts(instanceId);
    }

    /** The instance as it is shown; null when it is not registered. */
    public Instance instance(final String instanceId) {
        return view.parts(instanceId).instance();
    }

    /** What this node keeps of tombstones, whose acknowledgements it waits for, and what it may collect. */
    public Retention retention() {
        return retention;
    }

    /**
     * Begins again with nothing: this node missed tombstones that {@code theirs} shows to be collected. Only the end
     * of a session ends it.
     */
    public void reset(final Digest theirs) {
        incoming.clear();
        outgoing.clear();
        retention.reset(theirs);
    }

    /**
     * The client of an own instance that a {@link #reset} took out gave a sign of life: writes it anew. True when it
     * was there and nobody deregistered it; else the client has to register in full. Needs {@link #hasRoom}.
     */
    public boolean reclaim(final String instanceId, final long wallMillis) {
        requireRoom();
        final InstanceParts aside = retention.aside().take(instanceId);
        final InstanceParts known = view.parts(instanceId);
        if (aside == null || aside.registration() == null || known.registration() != null) {
            return false;
        }
        if (known.tombstone() != null && known.tombstone().supersedes(aside.registration())) {
            return false;
        }
        // One step with one check: both entries are written, or none, though the second may be one too many.
        write(instanceId, aside.registration().part(), clock.tick(wallMillis));
        if (aside.intent() != null) {
            write(instanceId, aside.intent().part(), clock.tick(wallMillis));
        }
        return true;
    }

    /** The last own version given; 0 before the first. */
    public long lastVersion() {
        return own.assigned();
    }

    /** How often messages were refused because an entry of this origin was stamped too far ahead. */
    public Map<Origin, Long> quarantined() {
        return intake.quarantined();
    }

    /**
     * The live entries of one origin after a version, ordered by version; not to be walked over a change. Of the own
     * log only what is on disk.
     */
    public Iterable<LogEntry> entriesAfter(final Origin origin, final long version) {
        final OwnedLog log = table.known(origin);
        return log == null ? List.of() : log.entriesAfter(version);
    }

    /** The live entry of an own version that is on disk; null when there is none. */
    public LogEntry ownEntry(final long version) {
        return table.at(self, version);
    }

    /** How much of one log this node has and may pass on; null when it has nothing of it. */
    public Digest.Head head(final Origin origin) {
        return table.knows(origin) ? table.head(origin) : null;
    }

    /** The origins of which this node has anything, ordered. */
    public List<Origin> origins() {
        return table.logs().stream().map(OwnedLog::origin).toList();
    }

    /** How much of every log this node has and may pass on; of its own log what is on disk. */
    public Digest digest() {
        return table.digest();
    }

    /** One number over {@link #digest} without what was collected. */
    public long digestHash() {
        return table.digestHash();
    }

    /** One number over what was collected of every log. */
    public long collectedHash() {
        return table.collectedHash();
    }

    /**
     * Up to where this node has the log of an origin; {@link Long#MAX_VALUE} when it wants nothing of it. Of the own
     * log everything ever given.
     */
    public long knownOf(final Origin origin) {
        if (table.isEvicted(origin)) {
            return Long.MAX_VALUE;
        }
        return origin.equals(self) ? own.assigned() : table.maxVersion(origin);
    }

    /** How often a peer's input was refused for this reason. */
    public long refused(final Refusal reason) {
        return intake.refused(reason);
    }

    /** How often sets differed under equal vectors, so that logs had to be audited; rarely anything but 0. */
    public long repairs() {
        return repair.count();
    }

    /** The last time they did. */
    public Optional<Divergence> lastDivergence() {
        return Optional.ofNullable(repair.last());
    }

    /** What sync sessions did. */
    public SyncCounters syncCounters() {
        return counters;
    }

    /** Sync sessions this node answers at the moment. */
    public int sessionsAnswered() {
        return outgoing.count();
    }

    /** What changed since the last call, restored instances included. */
    public Changes drain() {
        return recorder.drain(origin -> {
            if (table.isForgotten(origin)) {
                return Digest.Head.ofForgotten(origin);
            }
            final Digest.Head head = table.head(origin);
            final long reached = origin.equals(self) ? own.assigned() : head.maxVersion();
            return new Digest.Head(origin, reached, head.gcVersion(), head.setHash());
        });
    }

    /** The winning entries of an instance as peers may see it. */
    InstanceParts shown(final String instanceId) {
        return table.parts(instanceId);
    }

    private void requireRoom() {
        Invariants.check(own.hasRoom(), "too many own writes wait for the disk");
    }

    private void restoredOwn(final long version) {
        own.restored(version);
        retention.restoredOwn(version);
        table.advance(self, own.durable(), 0);
    }

    private static LogMessage.SyncChunk reset(final LogMessage.SyncRequest request, final List<Digest.Head> why) {
        return new LogMessage.SyncChunk(request.session(), 0, true, List.of(), why, true, false, List.of());
    }

    private static Part born(final Part part, final InstanceParts before, final Stamp stamp) {
        if (!(part instanceof Part.Registration declared) || !declared.born().equals(Stamp.ZERO)) {
            return part;
        }
        final LogEntry known = before.registration();
        return declared.withBorn(known == null ? stamp : ((Part.Registration) known.part()).born());
    }
}
