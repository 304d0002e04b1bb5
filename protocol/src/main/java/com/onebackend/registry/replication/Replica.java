package com.onebackend.registry.replication;

import com.onebackend.registry.model.Instance;
import com.onebackend.registry.model.Invariants;
import com.onebackend.registry.model.Origin;
import com.onebackend.registry.model.Part;
import com.onebackend.registry.model.Stamp;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

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
    private static final long NANOS_PER_MILLI = 1_000_000;

    /** No log gets longer; a peer that says so is wrong. */
    private static final long VERSION_MAX = 1L << 62;

    private final Origin self;
    private final ReplicaConfig config;
    private final HybridClock clock;
    private final LogTable table = new LogTable();
    private final OwnWrites own;
    private final OutgoingSessions outgoing;
    private final IncomingSessions incoming;
    private final Repair repair;
    private final ChangeRecorder recorder = new ChangeRecorder();
    private final LiveView view;
    private final Retention retention;
    private final Quarantine quarantine = new Quarantine();
    private final Map<Refusal, Long> refusals = new EnumMap<>(Refusal.class);
    private boolean isStarted;
    private boolean heldWhenAsked;

    public Replica(final Origin self, final ReplicaConfig config) {
        this.self = self;
        this.config = config;
        this.clock = new HybridClock(config.stampAheadMillisMax());
        this.own = new OwnWrites(config);
        this.outgoing = new OutgoingSessions(config, table);
        this.incoming = new IncomingSessions(config.incomingSessionsMax());
        this.repair = new Repair(config.repairAfterSessions());
        this.view = new LiveView(table, own, recorder);
        this.retention = new Retention(self, config.retention(), table, own, view, recorder);
    }

    /**
     * What the last steps changed.
     *
     * @param batch to be written to storage as one
     * @param instanceIds instances whose parts changed, each once, in the order of their first change
     * @param ownVersion the highest own version written in the batch; 0 when there is none
     */
    public record Changes(LogBatch batch, List<String> instanceIds, long ownVersion) {}

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
        isStarted = true;
        Invariants.check(own.hasRoom(), "too many own writes wait for the disk");
        final InstanceParts before = view.parts(instanceId);
        final Stamp stamp = clock.tick(wallMillis);
        final LogEntry entry = new LogEntry(self, own.nextVersion(), stamp, instanceId, born(part, before, stamp));
        final InstanceParts after = before.with(entry);
        own.staged(entry, after);
        recorder.changed(instanceId, before, after);
        recorder.wrote(entry);
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
    public Optional<LogMessage.Push> nextPush() {
        return Optional.ofNullable(own.nextPush(table.head(self)));
    }

    /** A push arrived: all of it is applied, or nothing. */
    public DeltaVerdict offer(final LogMessage.Push push, final long wallMillis) {
        isStarted = true;
        final Refusal refusal = refusal(push, wallMillis);
        if (refusal != null) {
            count(refusal);
            return DeltaVerdict.REFUSED;
        }
        final long known = push.origin().equals(self) ? own.durable() : table.maxVersion(push.origin());
        final Digest.Head head = new Digest.Head(push.origin(), push.head(), push.gcVersion(), 0);
        if (push.head() <= known) {
            retention.learned(head);
            return DeltaVerdict.DUPLICATE;
        }
        if (push.base() > known || push.gcVersion() > push.head() || isOld(push, wallMillis)) {
            return DeltaVerdict.BEHIND;
        }
        push.entries().forEach(this::receive);
        advance(head);
        return DeltaVerdict.APPLIED;
    }

    /** True when a peer with this digest has something that we lack. */
    public boolean lacksFrom(final Digest theirs) {
        for (final Digest.Head head : theirs.heads()) {
            final Origin origin = head.origin();
            final long known = origin.equals(self) ? own.assigned() : table.maxVersion(origin);
            if (head.maxVersion() > known && !table.isEvicted(origin)) {
                return true;
            }
        }
        return !Repair.unequalSets(digest(), withoutEvicted(theirs)).isEmpty();
    }

    /** Opens an own session; the request goes to one peer, whose chunks come back through {@link #chunk}. */
    public LogMessage.SyncRequest request(final long session) {
        isStarted = true;
        incoming.open(session);
        heldWhenAsked = retention.holdsOld();
        retention.asking();
        if (retention.isResetting()) {
            // Of the own log, too, everything that others have is wanted.
            return new LogMessage.SyncRequest(session, withOwn(table.vector(), null), heldWhenAsked);
        }
        final boolean isPartial = repair.isWanted() || retention.isReadingOwn();
        final Digest have = withOwn(repair.have(table.vector()), retention.ownHeadToAsk(table.head(self)));
        return new LogMessage.SyncRequest(session, have, heldWhenAsked && !isPartial);
    }

    /** A chunk of an own session arrived: all of it is applied, or nothing. Only the last one moves the vector. */
    public SyncVerdict chunk(final LogMessage.SyncChunk chunk, final long wallMillis) {
        isStarted = true;
        final Refusal refusal = incoming.advance(chunk.session(), chunk.index())
                ? refusal(chunk.entries(), chunk.heads(), wallMillis)
                : Refusal.SESSION;
        if (refusal != null) {
            incoming.close(chunk.session());
            count(refusal);
            return SyncVerdict.REFUSED;
        }
        final boolean isBehind = chunk.last()
                && (retention.isLoaded() || heldWhenAsked)
                && retention.isBehind(new Digest(chunk.heads()));
        if (isBehind || chunk.reset()) {
            incoming.close(chunk.session());
            return isBehind ? SyncVerdict.BEHIND : SyncVerdict.DECLINED;
        }
        chunk.entries().forEach(this::receive);
        retention.progressed();
        if (!chunk.last()) {
            return SyncVerdict.MORE;
        }
        final boolean wasResetting = retention.isResetting();
        chunk.heads().forEach(this::advance);
        chunk.heads().stream()
                .filter(head -> head.origin().equals(self))
                .forEach(head -> retention.ownLoaded(head.maxVersion()));
        retention.loaded(wasResetting);
        if (incoming.close(chunk.session())) {
            repair.sessionEnded(digest(), withoutEvicted(new Digest(chunk.heads())));
        }
        return SyncVerdict.DONE;
    }

    /** Chunk 0 for a peer's request; empty when this node answers too many sessions: the peer asks somebody else. */
    public Optional<LogMessage.SyncChunk> answer(
            final String peer, final LogMessage.SyncRequest request, final long nowNanos) {
        if (retention.isResetting() || retention.isBehind(request.have())) {
            return Optional.of(resetChunk(request, List.of()));
        }
        if (request.holds() && retention.isAhead(request.have())) {
            return Optional.of(resetChunk(request, table.vector().heads()));
        }
        return Optional.ofNullable(outgoing.open(peer, request, nowNanos));
    }

    /** The next chunk for a peer; empty when the session is unknown, expired or asked out of order. */
    public Optional<LogMessage.SyncChunk> answer(
            final String peer, final LogMessage.SyncNext next, final long nowNanos) {
        return Optional.ofNullable(outgoing.next(peer, next, nowNanos));
    }

    /** Forgets answered sessions that are idle for too long. */
    public void expireSessions(final long nowNanos) {
        outgoing.expire(nowNanos);
    }

    /**
     * The catalog removed a node: its records go, its pushes are refused from now on. Its tombstones stay and go on
     * killing what is older, or a deregistration could be undone by whoever was away. To be called again after a
     * restart.
     */
    public void evict(final Origin origin) {
        Invariants.check(!origin.equals(self), "a node does not evict itself");
        final List<LogEntry> leaving = table.evict(origin);
        leaving.forEach(view::drop);
        retention.evicted(origin);
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

    /** The live entries of one origin, ordered by version; a view that must not be kept over a change. */
    public Collection<LogEntry> entriesOf(final Origin origin) {
        for (final OwnedLog log : table.logs()) {
            if (log.origin().equals(origin)) {
                return Collections.unmodifiableCollection(log.entries().values());
            }
        }
        return List.of();
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
        final InstanceParts aside = retention.aside().take(instanceId);
        final InstanceParts known = view.parts(instanceId);
        if (aside == null || aside.registration() == null || known.registration() != null) {
            return false;
        }
        if (known.tombstone() != null && known.tombstone().supersedes(aside.registration())) {
            return false;
        }
        write(instanceId, aside.registration().part(), wallMillis);
        if (aside.intent() != null) {
            write(instanceId, aside.intent().part(), wallMillis);
        }
        return true;
    }

    /** The last own version given; 0 before the first. */
    public long lastVersion() {
        return own.assigned();
    }

    /** How often messages were refused because an entry of this origin was stamped too far ahead. */
    public Map<Origin, Long> quarantined() {
        return quarantine.byOrigin();
    }

    /** How much of every log this node has and may pass on; of its own log what is on disk. */
    public Digest digest() {
        return table.digest();
    }

    /** One number over {@link #digest} without what was collected. */
    public long digestHash() {
        return table.digestHash();
    }

    /** How often a peer's input was refused for this reason. */
    public long refused(final Refusal reason) {
        return refusals.getOrDefault(reason, 0L);
    }

    /** How often logs were read again because sets differed under equal vectors; rarely anything but 0. */
    public long repairs() {
        return repair.count();
    }

    /** Sync sessions this node answers at the moment. */
    public int sessionsAnswered() {
        return outgoing.count();
    }

    /** What changed since the last call, restored instances included. */
    public Changes drain() {
        return recorder.drain(origin -> {
            final Digest.Head head = table.head(origin);
            final long reached = origin.equals(self) ? own.assigned() : head.maxVersion();
            return new Digest.Head(origin, reached, head.gcVersion(), head.setHash());
        });
    }

    /** The winning entries of an instance as peers may see it. */
    InstanceParts shown(final String instanceId) {
        return table.parts(instanceId);
    }

    private void restoredOwn(final long version) {
        own.restored(version);
        retention.restoredOwn(version);
        table.advance(self, own.durable(), 0);
    }

    /** A push that was under way for so long may bring what a tombstone killed that is collected by now. */
    private boolean isOld(final LogMessage.Push push, final long wallMillis) {
        final long oldestMillis = wallMillis - config.retention().youngNanos() / NANOS_PER_MILLI;
        return push.entries().stream().anyMatch(entry -> entry.stamp().millis() < oldestMillis);
    }

    private static LogMessage.SyncChunk resetChunk(final LogMessage.SyncRequest request, final List<Digest.Head> why) {
        return new LogMessage.SyncChunk(request.session(), 0, true, List.of(), why, true);
    }

    /** With another head of the own log, where there is one; none when it is null. */
    private Digest withOwn(final Digest digest, final Digest.Head head) {
        final List<Digest.Head> heads = new ArrayList<>(digest.heads());
        heads.replaceAll(known -> known.origin().equals(self) ? head : known);
        heads.removeIf(Objects::isNull);
        return new Digest(heads);
    }

    private static Part born(final Part part, final InstanceParts before, final Stamp stamp) {
        if (!(part instanceof Part.Registration declared) || !declared.born().equals(Stamp.ZERO)) {
            return part;
        }
        final LogEntry known = before.registration();
        return declared.withBorn(known == null ? stamp : ((Part.Registration) known.part()).born());
    }

    /** Merges one entry of a peer in, unless it is of an evicted origin or breaks the numbering. */
    private void receive(final LogEntry entry) {
        if (table.isEvicted(entry.origin()) && !entry.isTombstone()) {
            return;
        }
        final boolean isOwn = entry.origin().equals(self);
        if (table.conflicts(entry) || (isOwn && own.isUndurable(entry.version()))) {
            count(Refusal.CONFLICT);
            return;
        }
        clock.observe(entry.stamp());
        if (entry.isTombstone()) {
            retention.confirmed(entry);
        }
        if (isOwn) {
            own.seen(entry.version());
        }
        final InstanceParts before = view.parts(entry.instanceId());
        if (table.apply(entry)) {
            outgoing.added(entry);
        }
        own.relayered(entry.instanceId(), before.with(entry));
        recorder.changed(entry.instanceId(), before, view.parts(entry.instanceId()));
    }

    private void advance(final Digest.Head head) {
        final Origin origin = head.origin();
        if (!origin.equals(self)) {
            if (table.advance(origin, head.maxVersion(), 0)) {
                recorder.headMoved(origin);
            }
            retention.reached(origin, head.maxVersion());
        } else if (head.maxVersion() > own.durable()) {
            own.pulledBack(head.maxVersion());
            table.advance(self, own.durable(), 0);
            recorder.headMoved(self);
        }
        retention.learned(head);
    }

    private Refusal refusal(final LogMessage.Push push, final long wallMillis) {
        if (table.isEvicted(push.origin())) {
            return Refusal.EVICTED;
        }
        if (push.origin().equals(self) && push.head() > own.durable()) {
            return Refusal.OWN_ORIGIN;
        }
        long previous = push.base();
        for (final LogEntry entry : push.entries()) {
            if (!entry.origin().equals(push.origin()) || entry.version() <= previous) {
                return Refusal.MALFORMED;
            }
            previous = entry.version();
        }
        if (push.base() < 0 || push.entries().isEmpty() || previous != push.head()) {
            return Refusal.MALFORMED;
        }
        return refusal(push.entries(), List.of(), wallMillis);
    }

    private Refusal refusal(final List<LogEntry> entries, final List<Digest.Head> heads, final long wallMillis) {
        final Set<Origin> fresh = new HashSet<>();
        for (final LogEntry entry : entries) {
            if (entry.version() < 1 || entry.version() > VERSION_MAX) {
                return Refusal.MALFORMED;
            }
            if (!clock.accepts(entry.stamp(), wallMillis)) {
                quarantine.refused(entry.origin());
                return Refusal.STAMP_AHEAD;
            }
            fresh.add(entry.origin());
        }
        for (final Digest.Head head : heads) {
            if (head.maxVersion() < head.gcVersion() || head.gcVersion() < 0 || head.maxVersion() > VERSION_MAX) {
                return Refusal.MALFORMED;
            }
            fresh.add(head.origin());
        }
        fresh.removeIf(origin -> table.knows(origin) || table.isEvicted(origin));
        return fresh.isEmpty() || table.origins() + fresh.size() <= config.originsMax() ? null : Refusal.ORIGINS_FULL;
    }

    private Digest withoutEvicted(final Digest digest) {
        return new Digest(digest.heads().stream()
                .filter(head -> !table.isEvicted(head.origin()))
                .toList());
    }

    private void count(final Refusal reason) {
        refusals.merge(reason, 1L, Long::sum);
    }
}
