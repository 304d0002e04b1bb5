package com.onebackend.registry.gossip;

import com.onebackend.registry.model.MemberId;
import com.onebackend.registry.model.Origin;
import com.onebackend.registry.replication.Digest;
import com.onebackend.registry.replication.LogEntry;
import com.onebackend.registry.replication.Replica;

/**
 * Tells the others which own instances gave a sign of life, and hears the same of theirs: what readers everywhere need
 * in order to show a last heartbeat, at the cost of a bit per record.
 *
 * <p><i>Thread:</i> the gossip loop.
 *
 * <p><i>Invariants:</i> a bitmap means something only to who has exactly the same log; everybody else ignores it. Never
 * stored, never answered, never repeated: the next one makes up for a lost one.
 */
final class Pulses {
    private final HeartbeatConfig config;
    private final MemberId selfId;
    private final Replica replica;
    private final SignsOfLife signs;
    private final HeartbeatCounters counters;
    private final ToAll toAll;
    private boolean isStarted;
    private boolean isWalking;
    private long cursor;
    private long nextNanos;

    /** Brings a message to every reachable member. */
    @FunctionalInterface
    interface ToAll {
        void send(GossipMessage message, Effects out);
    }

    Pulses(
            final HeartbeatConfig config,
            final MemberId selfId,
            final Replica replica,
            final SignsOfLife signs,
            final HeartbeatCounters counters,
            final ToAll toAll) {
        this.config = config;
        this.selfId = selfId;
        this.replica = replica;
        this.signs = signs;
        this.counters = counters;
        this.toAll = toAll;
    }

    /** Sends the next message of a pulse, when one is due. */
    void tick(final Now now, final Effects out) {
        if (!isStarted) {
            isStarted = true;
            // Members that start together do not all speak at once.
            final long share = Long.remainderUnsigned(selfId.origin().value(), config.pulseIntervalNanos());
            nextNanos = now.nanos() + share;
        }
        if (!isWalking && now.nanos() - nextNanos >= 0) {
            nextNanos = now.nanos() + config.pulseIntervalNanos();
            // Nothing of the own log may be on disk yet.
            isWalking = replica.head(selfId.origin()) != null && signs.startRound();
            cursor = 0;
        }
        if (isWalking) {
            step(out);
        }
    }

    /** Another owner's pulse. */
    void receive(final GossipMessage.Pulse pulse, final Now now, final Effects out) {
        final Origin origin = pulse.origin();
        final Digest.Head head = origin.equals(selfId.origin()) ? null : replica.head(origin);
        if (head == null || head.maxVersion() != pulse.maxVersion() || head.setHash() != pulse.setHash()) {
            counters.pulsesIgnored++;
            return;
        }
        counters.pulsesApplied++;
        int index = 0;
        for (final LogEntry entry : replica.entriesAfter(origin, pulse.afterVersion())) {
            if (entry.isTombstone()) {
                continue;
            }
            if (index == pulse.seen().size()) {
                return;
            }
            if (pulse.seen().at(index++) && replica.instance(entry.instanceId()) != null) {
                signs.heard(entry.instanceId(), now);
                out.heartbeatSeen(entry.instanceId());
            }
        }
    }

    private void step(final Effects out) {
        final Digest.Head head = replica.head(selfId.origin());
        final long after = cursor;
        final Bits.Builder bits = new Bits.Builder();
        isWalking = false;
        // Tombstones take no bit: nodes collect them at different times. Yet looking at them takes time, too.
        int looks = 2 * config.pulseEntriesMax();
        for (final LogEntry entry : replica.entriesAfter(selfId.origin(), after)) {
            if (bits.size() == config.pulseEntriesMax() || looks-- == 0) {
                isWalking = true;
                break;
            }
            cursor = entry.version();
            if (!entry.isTombstone()) {
                bits.add(signs.isNews(entry.instanceId()));
            }
        }
        if (bits.hasSet()) {
            counters.pulsesSent++;
            toAll.send(
                    new GossipMessage.Pulse(
                            selfId, selfId.origin(), head.maxVersion(), head.setHash(), after, bits.build()),
                    out);
        }
    }
}
