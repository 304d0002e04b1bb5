package com.onebackend.registry.replication;

import com.onebackend.registry.model.Origin;
import com.onebackend.registry.model.PartKind;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * How long tombstones stay, and what happens to a node that was away for longer.
 *
 * <p>A log's watermark says up to which version its tombstones may be gone. Whoever has less of a log than its
 * watermark may hold what they killed, under any origin: nobody takes entries from it, and it starts again from
 * nothing.
 *
 * <p><i>Thread:</i> the gossip loop.
 *
 * <p><i>Invariants:</i> a node gives entries only to who knows of no watermark beyond its vector; a vector that passes
 * a watermark without what was before it belongs to a node that held nothing.
 */
public final class Retention {
    /** A reset that for so many graces finds nobody to load from takes what it gets. */
    private static final int WAIT_GRACES = 3;

    private final Origin self;
    private final RetentionConfig config;
    private final LogTable table;
    private final OwnWrites own;
    private final LiveView view;
    private final ChangeRecorder recorder;
    private final VersionAges ages;
    private final Watermark watermark;
    private final Collector collector;
    private final DurableHeads durableHeads;
    private final Aside aside;
    private final Fences fences;
    private final ResetPatience patience;

    /** While resetting: tombstones that stayed and that nobody has sent again; null = not looked for yet. */
    private Set<LogEntry> unconfirmed;

    private long restoredOwnVersion;
    private boolean isLoaded;
    private long nowNanos;
    private long collected;
    private long resetsBegun;
    private long resetsFinished;
    private long resetsVoided;
    /** A reset was given up as one, and nothing was loaded since. */
    private boolean isVoided;

    /** After a reset the own log up to the first is read from peers like any other, so far up to the second. */
    private long ownWantedVersion;

    private long ownLoadedVersion;

    Retention(
            final Origin self,
            final RetentionConfig config,
            final LogTable table,
            final OwnWrites own,
            final LiveView view,
            final ChangeRecorder recorder) {
        this.self = self;
        this.config = config;
        this.table = table;
        this.own = own;
        this.view = view;
        this.recorder = recorder;
        this.ages = new VersionAges(config.tombstoneMinNanos());
        this.watermark = new Watermark(self, config.horizonNanos());
        this.collector = new Collector(config.dropGraceNanos());
        this.durableHeads = new DurableHeads(config.syncIntervalNanos());
        this.patience = new ResetPatience(WAIT_GRACES * config.dropGraceNanos());
        this.fences = new Fences(config.horizonNanos());
        this.aside = new Aside(config.asideMax(), config.asideNanos());
    }

    Aside aside() {
        return aside;
    }

    /** The catalog's nodes as they are now: all of them must acknowledge. Until the first call nothing is collected. */
    public void members(final Set<Origin> members, final long now) {
        watermark.members(members, now);
    }

    /** A member says that it has the own log up to here, on its disk. */
    public void acked(final Origin member, final long version, final long now) {
        watermark.acked(member, version, now);
    }

    /** How much of a log this node has on its disk, for its origin to know; 0 when nothing is known. */
    public long durableVersion(final Origin origin) {
        return durableHeads.of(origin);
    }

    /** The token with which storage is to be asked to make everything safe that it was told; 0 = not now. */
    public long ask(final long now) {
        return durableHeads.ask(now);
    }

    /** Storage did what it was asked with this token. */
    public void answered(final long token) {
        durableHeads.answered(token);
    }

    /** How often storage was asked. */
    public long asked() {
        return durableHeads.questions();
    }

    /** The own log's watermark: its tombstones up to here are, or will soon be, collected everywhere. */
    public long ownWatermark() {
        return table.gcVersion(self);
    }

    /** Tombstones held now, of all origins. */
    public int tombstones() {
        return table.tombstones();
    }

    /** Catalog members that collection has passed because they were away for too long. */
    public int behind() {
        return watermark.behind();
    }

    void restoredOwn(final long version) {
        restoredOwnVersion = Math.max(restoredOwnVersion, version);
    }

    /** Storage held this head. */
    void restored(final Digest.Head head) {
        if (head.gcVersion() > 0) {
            collector.learned(head.origin());
        }
        reached(head.origin(), head.maxVersion());
    }

    /** The log was received up to here. */
    void reached(final Origin origin, final long version) {
        if (!origin.equals(self) && !table.isEvicted(origin)) {
            durableHeads.moved(origin, version);
        }
    }

    /** An origin says how far its log's tombstones may be collected; a node that lacks some of them learns it later. */
    public void told(final Origin origin, final long watermarkOfIt) {
        if (watermarkOfIt > table.gcVersion(origin) && !table.isEvicted(origin)) {
            learned(new Digest.Head(origin, 0, watermarkOfIt, 0));
        }
    }

    /** A log's tombstones may be collected up to here, of which this node has everything. */
    void learned(final Digest.Head head) {
        final Origin origin = head.origin();
        if (head.gcVersion() > table.gcVersion(origin) && head.gcVersion() <= table.maxVersion(origin)) {
            table.advance(origin, 0, head.gcVersion());
            recorder.headMoved(origin);
            collector.learned(origin);
        }
    }

    /**
     * True when the other collected tombstones that this node may have missed. Of an origin that is forgotten it missed
     * none, though the other still speaks of it.
     */
    public boolean isBehind(final Digest theirs) {
        for (final Digest.Head head : theirs.heads()) {
            final Origin origin = head.origin();
            if (table.isForgotten(origin)) {
                continue;
            }
            final long has = origin.equals(self) ? own.assigned() : table.maxVersion(origin);
            if (head.gcVersion() > has) {
                return true;
            }
        }
        return false;
    }

    /**
     * True when this node collected tombstones that the other may have missed. Of evicted origins only the other knows
     * whether it lacks something or has forgotten them: it sees our heads before it takes anything for whole.
     */
    public boolean isAhead(final Digest theirs) {
        return table.isAheadOf(theirs);
    }

    /** True when this node holds what a reset would drop. */
    public boolean holdsOld() {
        for (final OwnedLog log : table.logs()) {
            if (log.hasRecords() && (!log.origin().equals(self) || log.hasRecordsUpTo(oldOwnVersion()))) {
                return true;
            }
        }
        return false;
    }

    /** True while this node has dropped everything and has not yet got it anew. */
    public boolean isResetting() {
        return table.isBehind();
    }

    /** True while what this node holds may be a part only, although it once was all. */
    public boolean isPartial() {
        return isResetting() || isVoided;
    }

    /** True once this process received a whole vector. What was on the disk may be half of one and some pushes. */
    public boolean isLoaded() {
        return isLoaded && !isResetting();
    }

    /** While resetting, before a session: notes which tombstones are those that stayed. */
    void asking() {
        if (isResetting() && unconfirmed == null) {
            unconfirmed = new LinkedHashSet<>();
            for (final OwnedLog log : table.logs()) {
                if (!log.origin().equals(self)) {
                    unconfirmed.addAll(log.tombstones());
                }
            }
        }
    }

    /**
     * The own log's head in a request: {@code real}, unless records of it that a reset took out may still come back.
     * One of them may supersede what another log would then be thought to hold.
     */
    Digest.Head ownHeadToAsk(final Digest.Head real) {
        return isReadingOwn() ? new Digest.Head(self, Math.min(ownLoadedVersion, real.maxVersion()), 0, 0) : real;
    }

    /** True while the own log, too, is read from peers. */
    boolean isReadingOwn() {
        return ownLoadedVersion < ownWantedVersion;
    }

    /** A peer has shown all it has of the own log. */
    void ownLoaded(final long version) {
        ownLoadedVersion = Math.max(ownLoadedVersion, version);
    }

    /** A peer holds this tombstone, too. */
    void confirmed(final LogEntry tombstone) {
        if (unconfirmed != null) {
            unconfirmed.remove(tombstone);
        }
    }

    /**
     * A session ended: the vector advanced as a whole. A tombstone that stayed over a reset and that the peer, who has
     * the log beyond it, does not hold was superseded there and perhaps collected: nobody would ever collect ours.
     */
    void loaded(final boolean wasResetting) {
        isLoaded = true;
        isVoided = false;
        if (!wasResetting || isResetting()) {
            return;
        }
        resetsFinished++;
        if (unconfirmed != null) {
            for (final LogEntry tombstone : unconfirmed) {
                if (tombstone.version() <= table.maxVersion(tombstone.origin())) {
                    view.drop(tombstone);
                }
            }
            unconfirmed = null;
        }
    }

    /**
     * Drops everything but tombstones, which can only ever kill, and own entries so young that no tombstone later than
     * them can have been collected; goes back to nothing of the others' logs. What {@code theirs} says of watermarks is
     * what a peer must meet from now on; whatever else was known is not, or nobody might.
     */
    void reset(final Digest theirs) {
        final long old = oldOwnVersion();
        final Map<Origin, Long> watermarks = new HashMap<>();
        theirs.heads().forEach(head -> watermarks.put(head.origin(), head.gcVersion()));
        for (final OwnedLog log : table.logs()) {
            final boolean isOwn = log.origin().equals(self);
            for (final LogEntry entry : List.copyOf(log.entries())) {
                if (entry.isTombstone() || (isOwn && entry.version() > old)) {
                    continue;
                }
                if (isOwn && entry.part().kind() == PartKind.REGISTRATION) {
                    aside.keep(entry.instanceId(), view.parts(entry.instanceId()));
                }
                view.drop(entry);
            }
            if (!isOwn) {
                table.rewind(log.origin(), watermarks.getOrDefault(log.origin(), 0L));
            }
        }
        theirs.heads().forEach(head -> {
            if (head.gcVersion() > table.gcVersion(head.origin()) && !table.isForgotten(head.origin())) {
                table.advance(head.origin(), 0, head.gcVersion());
            }
        });
        durableHeads.clear();
        unconfirmed = null;
        record();
        isLoaded = false;
        ownWantedVersion = own.assigned();
        ownLoadedVersion = 0;
        resetsBegun++;
    }

    /** An own session brought something: there is a peer to load from. */
    void progressed() {
        patience.restart();
    }

    /**
     * A majority is there, and nobody in it meets the watermarks: whoever did lost its disk. What is left of the
     * records is worth more than that none of them may have been deregistered.
     */
    private void loadFromAnybody() {
        for (final Origin origin : table.behind()) {
            if (origin.equals(self)) {
                table.rewindWatermark(origin);
            } else {
                table.rewind(origin, 0);
            }
            recorder.headMoved(origin);
        }
        isVoided = true;
        resetsVoided++;
    }

    /** A peer was asked and has nothing to give. */
    void declined(final long now) {
        patience.declined(now);
    }

    /** A node that reaches no majority, or nobody who answers, waits for ever: it has nothing worth showing. */
    private void giveUpAfterLong(final Set<Origin> reachable, final long now) {
        if (!isResetting() || !watermark.isMajority(reachable)) {
            patience.restart();
        } else if (patience.isOver(now)) {
            loadFromAnybody();
        }
    }

    /** Lets every deadline that has passed act. */
    public void tick(final long now) {
        nowNanos = now;
        ages.mark(now, own.assigned());
        aside.expire(isResetting(), now);
        collector.stamp(table::gcVersion, now);
        int room = config.dropsPerTickMax();
        for (Collector.Due due = collector.due(now); due != null && room > 0; due = collector.due(now)) {
            room = drop(due.origin(), due.version(), room);
            if (room > 0) {
                collector.done(table.gcVersion(due.origin()));
            }
        }
    }

    /** Raises the own log's watermark as far as the members' acknowledgements, or the horizon, let it. */
    public void raise(final Set<Origin> reachable, final long now) {
        fences.stamp(now);
        watermark.reachable(reachable, now);
        giveUpAfterLong(reachable, now);
        if (fences.choose(own.assigned(), now) && own.isQuiet() && !isResetting()) {
            // A node that writes nothing would wait for ever: it gives a version to nothing.
            recorder.gave(self, own.nextVersion());
        }
        final OwnedLog log = table.known(self);
        if (log == null || isResetting()) {
            return;
        }
        final long oldEnough = Math.min(log.maxVersion(), ages.versionOfAge(config.tombstoneMinNanos(), now));
        final long wanted = Math.max(log.lastTombstone(oldEnough), fences.upTo(oldEnough));
        if (wanted <= log.gcVersion()) {
            watermark.upTo(0, reachable, false, now);
        } else {
            final boolean isOverfull = log.tombstones().size() > config.tombstonesMax();
            final long allowed = watermark.upTo(wanted, reachable, isOverfull, now);
            final long fence = fences.upTo(allowed);
            final long next = Math.max(log.lastTombstone(Math.min(oldEnough, allowed)), fence);
            if (next > log.gcVersion()) {
                table.advance(self, 0, next);
                recorder.headMoved(self);
                collector.learned(self);
            }
        }
        dropFenced(log.gcVersion());
    }

    /** The catalog removed a node. Also when nothing is known of its log: tombstones of it may come from others. */
    void evicted(final Origin origin) {
        watermark.forget(origin);
        durableHeads.forget(origin);
        if (!table.isForgotten(origin)) {
            fences.add(origin);
        }
    }

    /**
     * While resetting, a peer gave all it has: of evicted origins of which it does not speak it has forgotten the
     * watermark that this node was asked to meet, or it would not have answered.
     */
    void forgetUnspokenOf(final List<Digest.Head> theirs) {
        final Set<Origin> spokenOf = new HashSet<>();
        theirs.forEach(head -> spokenOf.add(head.origin()));
        for (final Origin origin : table.behind()) {
            if (table.isEvicted(origin) && !spokenOf.contains(origin)) {
                drop(origin, Long.MAX_VALUE, Integer.MAX_VALUE);
                forget(origin);
            }
        }
    }

    private void forget(final Origin origin) {
        table.forget(origin);
        durableHeads.forget(origin);
        recorder.headMoved(origin);
        fences.done(origin);
    }

    /** Tombstones dropped since the start. */
    public long collected() {
        return collected;
    }

    /** Resets of this node since the start. */
    public long resetsBegun() {
        return resetsBegun;
    }

    /** Resets for which nobody met the watermarks, so that what was left was loaded all the same. */
    public long resetsVoided() {
        return resetsVoided;
    }

    /** Resets that ended with a whole vector. */
    public long resetsFinished() {
        return resetsFinished;
    }

    /** Own versions up to here do not outlive a reset. */
    private long oldOwnVersion() {
        return Math.max(restoredOwnVersion, ages.versionOfAge(config.youngNanos(), nowNanos));
    }

    /** Storage begins anew with what is left. */
    private void record() {
        recorder.reset();
        final Set<String> left = new LinkedHashSet<>(own.instanceIds());
        for (final OwnedLog log : table.logs()) {
            log.entries().forEach(entry -> left.add(entry.instanceId()));
            if (!log.isUnknown()) {
                recorder.headMoved(log.origin());
            }
            if (log.gcVersion() > 0) {
                collector.learned(log.origin());
            }
        }
        recorder.headMoved(self);
        table.forgotten().forEach(recorder::headMoved);
        left.forEach(id -> recorder.kept(id, view.parts(id)));
    }

    /** Drops a log's tombstones up to a version while there is room; returns what is left of it. */
    private int drop(final Origin origin, final long upTo, final int roomMax) {
        int room = roomMax;
        final OwnedLog log = table.known(origin);
        if (log == null) {
            return room;
        }
        for (LogEntry tombstone = log.firstTombstone();
                room > 0 && tombstone != null && tombstone.version() <= upTo;
                tombstone = log.firstTombstone()) {
            view.drop(tombstone);
            collected++;
            room--;
        }
        return room;
    }

    private void dropFenced(final long watermarkNow) {
        for (final Origin origin : fences.passed(watermarkNow)) {
            if (drop(origin, Long.MAX_VALUE, config.dropsPerTickMax()) > 0) {
                forget(origin);
            }
        }
    }
}
