package com.onebackend.registry.replication;

import com.onebackend.registry.model.Origin;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Takes in what peers send: believes it or counts why not, merges entries, moves heads.
 *
 * <p><i>Thread:</i> the gossip loop.
 *
 * <p><i>Invariants:</i> a message is applied whole or not at all; nothing of a peer throws.
 */
final class Intake {
    private static final long NANOS_PER_MILLI = 1_000_000;

    /** No log gets longer; a peer that says so is wrong. */
    private static final long VERSION_MAX = 1L << 62;

    private final ReplicaConfig config;
    private final HybridClock clock;
    private final Origin self;
    private final LogTable table;
    private final OwnWrites own;
    private final LiveView view;
    private final ChangeRecorder recorder;
    private final Retention retention;
    private final OutgoingSessions outgoing;
    private final Quarantine quarantine = new Quarantine();
    private final Map<Refusal, Long> refusals = new EnumMap<>(Refusal.class);

    Intake(final ReplicaConfig config, final HybridClock clock, final Logs logs, final OutgoingSessions outgoing) {
        this.config = config;
        this.clock = clock;
        this.self = logs.self();
        this.table = logs.table();
        this.own = logs.own();
        this.view = logs.view();
        this.recorder = logs.recorder();
        this.retention = logs.retention();
        this.outgoing = outgoing;
    }

    /** What the parts of a {@link Replica} work on. */
    record Logs(
            Origin self, LogTable table, OwnWrites own, LiveView view, ChangeRecorder recorder, Retention retention) {}

    /** A push arrived: all of it is applied, or nothing. */
    DeltaVerdict offer(final LogMessage.Push push, final long wallMillis) {
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
    boolean lacksFrom(final Digest theirs) {
        for (final Digest.Head head : theirs.heads()) {
            final Origin origin = head.origin();
            final long known = origin.equals(self) ? own.assigned() : table.maxVersion(origin);
            if (head.maxVersion() > known && !table.isEvicted(origin)) {
                return true;
            }
        }
        return !Repair.unequalSets(table.digest(), withoutEvicted(theirs)).isEmpty();
    }

    /** How often a peer's input was refused for this reason. */
    long refused(final Refusal reason) {
        return refusals.getOrDefault(reason, 0L);
    }

    /** How often messages were refused because an entry of this origin was stamped too far ahead. */
    Map<Origin, Long> quarantined() {
        return quarantine.byOrigin();
    }

    void count(final Refusal reason) {
        refusals.merge(reason, 1L, Long::sum);
    }

    /** Merges one entry of a peer in, unless it is of an evicted origin or breaks the numbering. */
    void receive(final LogEntry entry) {
        if (isIgnored(entry.origin()) || (table.isEvicted(entry.origin()) && !entry.isTombstone())) {
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
        own.received(entry);
        recorder.changed(entry.instanceId(), before, view.parts(entry.instanceId()));
    }

    /** A peer vouches for a log up to here. */
    void advance(final Digest.Head head) {
        final Origin origin = head.origin();
        if (isIgnored(origin)) {
            return;
        }
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

    /** Why entries and heads cannot be believed; null when they can. */
    Refusal refusal(final List<LogEntry> entries, final List<Digest.Head> heads, final long wallMillis) {
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
        // Evicted ones do not count: they go in time, and until then must not keep new nodes out.
        return fresh.isEmpty() || table.livingOrigins() + fresh.size() <= config.originsMax()
                ? null
                : Refusal.ORIGINS_FULL;
    }

    /** True for an evicted origin of which nothing is taken: it is forgotten, or there are too many. */
    private boolean isIgnored(final Origin origin) {
        return table.isForgotten(origin)
                || (table.isEvicted(origin) && !table.knows(origin) && table.origins() >= config.vectorMax());
    }

    Digest withoutEvicted(final Digest digest) {
        return new Digest(digest.heads().stream()
                .filter(head -> !table.isEvicted(head.origin()))
                .toList());
    }

    /** A push that was under way for so long may bring what a tombstone killed that is collected by now. */
    private boolean isOld(final LogMessage.Push push, final long wallMillis) {
        final long oldestMillis = wallMillis - config.retention().youngNanos() / NANOS_PER_MILLI;
        return push.madeMillis() < oldestMillis;
    }
}
