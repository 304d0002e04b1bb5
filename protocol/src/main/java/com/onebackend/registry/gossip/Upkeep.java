package com.onebackend.registry.gossip;

import com.onebackend.registry.model.Member;
import com.onebackend.registry.model.Origin;
import com.onebackend.registry.replication.Refusal;
import com.onebackend.registry.replication.Replica;
import com.onebackend.registry.replication.Retention;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * What rides on probes for the sake of the logs: who has how much on disk, which tombstones may go, whose clock is off.
 *
 * <p><i>Thread:</i> the gossip loop.
 */
final class Upkeep {
    /** How often the own log's watermark and the clocks are looked at. */
    private static final long LOOK_NANOS = 1_000_000_000L;

    private final Origin self;
    private final Replica replica;
    private final Retention retention;
    private final Clocks clocks;
    private boolean hasLooked;
    private long lookedNanos;

    /** @param clockMillisMax own writes are refused when this node's clock is further off */
    Upkeep(final Origin self, final Replica replica, final long clockMillisMax) {
        this.self = self;
        this.replica = replica;
        this.retention = replica.retention();
        this.clocks = new Clocks(GossipConfig.CLOCK_ALARM_MILLIS, clockMillisMax);
    }

    /** Lets every deadline that has passed act. */
    void tick(final List<Member> peers, final Now now) {
        retention.tick(now.nanos());
        if (!hasLooked || now.nanos() - lookedNanos >= LOOK_NANOS) {
            hasLooked = true;
            lookedNanos = now.nanos();
            clocks.tick(peers.size(), now);
            final Set<Origin> reachable = new HashSet<>();
            peers.forEach(peer -> reachable.add(peer.id().origin()));
            retention.raise(reachable, now.nanos());
        }
    }

    /** Has what was received made safe, when it is time. */
    void askDisk(final Now now, final Effects out) {
        final long token = retention.ask(now.nanos());
        if (token > 0) {
            out.sync(token);
        }
    }

    /** What a member says beside its message. */
    void heard(final GossipMessage.Swim message, final Now now) {
        clocks.heard(message.from().nodeId(), message.wallMillis(), now);
        retention.told(message.from().origin(), message.watermark());
        if (message.acked().version() > 0 && message.acked().origin().equals(self)) {
            retention.acked(message.from().origin(), message.acked().version(), now.nanos());
        }
    }

    /** Why own writes are refused because of this node's clock, for its clients; empty when they are not. */
    String clockRefusal(final Now now) {
        return clocks.refusal(replica.nextStamp(now.wallMillis()).millis(), now.wallMillis());
    }

    /** The figures at this moment. */
    GossipCounters.Retained retained() {
        return new GossipCounters.Retained(
                retention.ownWatermark(),
                retention.tombstones(),
                retention.collected(),
                retention.resetsBegun(),
                retention.resetsFinished(),
                retention.resetsVoided(),
                retention.behind(),
                replica.refused(Refusal.STAMP_AHEAD),
                clocks.offsetMillis(),
                clocks.alarms(),
                retention.asked());
    }
}
