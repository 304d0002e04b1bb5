package com.onebackend.registry.gossip;

import com.onebackend.registry.model.Endpoint;
import com.onebackend.registry.model.Instance;
import com.onebackend.registry.model.Member;
import com.onebackend.registry.model.Origin;
import com.onebackend.registry.replication.Replica;
import java.util.Map;
import java.util.TreeSet;

/**
 * Who looks after which instance: heartbeats and where they end, pulses, and taking over from the gone.
 *
 * <p>Everything in it runs on a clock that stands still while this node does: after a pause nobody was silent for
 * longer than this node could hear.
 *
 * <p><i>Thread:</i> the gossip loop.
 */
final class Custody {
    /** No call for so long means that this process stood still; ticks come every 20 to 50 ms. */
    static final long PAUSE_NANOS = 1_000_000_000L;

    private final HeartbeatConfig config;
    private final Replica replica;
    private final Ownership ownership;
    private final SignsOfLife signs = new SignsOfLife();
    private final Heartbeats heartbeats;
    private final Pulses pulses;
    private final Orphans orphans;
    private boolean isStarted;
    private long startedNanos;
    private long lastNanos;
    private long pausedNanos;
    private long nextForwardNanos;

    Custody(
            final HeartbeatConfig config,
            final Member self,
            final Replica replica,
            final HeartbeatCounters counters,
            final Pulses.ToAll toAll) {
        this.config = config;
        this.replica = replica;
        this.ownership = new Ownership(self, config);
        this.heartbeats = new Heartbeats(config, self.id(), replica, ownership, signs, counters);
        this.pulses = new Pulses(config, self.id(), replica, signs, counters, toAll);
        this.orphans = new Orphans(config, self.id().origin(), replica, ownership, signs, counters);
    }

    /** A client said that its instance lives. */
    HeartbeatVerdict heartbeat(final String instanceId, final Now now, final Effects out) {
        return heartbeats.heartbeat(instanceId, active(now), out);
    }

    /** Lets every deadline that has passed act. */
    void tick(final Now now, final Effects out) {
        final Now active = active(now);
        heartbeats.adoptRemembered(active, out);
        pulses.tick(active, out);
        orphans.step(active);
        if (active.nanos() - nextForwardNanos >= 0) {
            nextForwardNanos = active.nanos() + config.forwardIntervalNanos();
            ownership.look(new TreeSet<>(replica.origins()), active.nanos());
            heartbeats.forward(active, out);
            orphans.schedule(active.nanos());
        }
    }

    void receive(final Endpoint from, final GossipMessage.Heartbeats message, final Now now, final Effects out) {
        heartbeats.receive(from, message, active(now), out);
    }

    void receive(final GossipMessage.HeartbeatAck message, final Now now, final Effects out) {
        heartbeats.acknowledged(message, active(now), out);
    }

    void receive(final GossipMessage.Pulse message, final Now now, final Effects out) {
        pulses.receive(message, active(now), out);
    }

    void memberChanged(final Member before, final Member after) {
        ownership.memberChanged(before, after);
    }

    void catalogMembers(final Map<String, Origin> members) {
        ownership.catalogMembers(members);
    }

    /** This instance's parts changed. */
    void changed(final String instanceId) {
        if (replica.parts(instanceId).registration() == null) {
            signs.remove(instanceId);
        }
    }

    /** The node of this origin is removed now: before its log goes. */
    void forget(final Origin origin) {
        orphans.forget(origin);
        heartbeats.forget(origin);
    }

    /** The instance with its last sign of life, as far as this node was told. */
    Instance seen(final Instance instance, final Now now) {
        // Written by another clock: not believed when it is ahead of ours.
        final long written = Math.min(instance.lastHeartbeatMillis(), now.wallMillis());
        return instance.withLastHeartbeat(Math.max(written, signs.millis(instance.id())));
    }

    long lastHeartbeatMillis(final String instanceId) {
        return signs.millis(instanceId);
    }

    /** How long ago the last sign of life was, or this node began to look after it; pauses do not count. */
    long silentNanos(final String instanceId, final Now now) {
        final long nanos = active(now).nanos();
        return nanos - signs.leaseNanos(instanceId, startedNanos);
    }

    boolean isMajorityReachable() {
        return ownership.isMajorityReachable();
    }

    private Now active(final Now now) {
        if (!isStarted) {
            isStarted = true;
            startedNanos = now.nanos();
            nextForwardNanos = now.nanos();
        } else if (now.nanos() - lastNanos >= PAUSE_NANOS) {
            pausedNanos += now.nanos() - lastNanos;
        }
        lastNanos = now.nanos();
        return new Now(now.nanos() - pausedNanos, now.wallMillis());
    }
}
