package com.onebackend.registry.node.gossip;

import com.onebackend.registry.gossip.Effects;
import com.onebackend.registry.gossip.GossipMessage;
import com.onebackend.registry.membership.Lane;
import com.onebackend.registry.model.Endpoint;
import com.onebackend.registry.model.Member;
import com.onebackend.registry.model.MemberState;
import com.onebackend.registry.model.NodeReport;
import com.onebackend.registry.replication.LogBatch;
import com.onebackend.registry.wire.WireCodec;
import com.onebackend.registry.wire.WireLimits;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Performs what can be performed at once, keeps the rest for the end of the round.
 *
 * <p><i>Thread:</i> the gossip loop; {@link #dropped} and {@link #transitions} from any.
 */
final class LoopEffects implements Effects {
    private static final Logger LOG = LoggerFactory.getLogger(LoopEffects.class);

    private final GossipLoop.Outbox outbox;
    private final DiskQueue disk;
    private final ShownState shown;
    private final LongAdder dropped = new LongAdder();
    private final Map<MemberState, LongAdder> transitions = new EnumMap<>(MemberState.class);
    private Consumer<Member> onRefused = incumbent -> {};
    private GossipMessage encoded;
    private byte[] bytes;

    LoopEffects(final GossipLoop.Outbox outbox, final DiskQueue disk, final ShownState shown) {
        this.outbox = outbox;
        this.disk = disk;
        this.shown = shown;
        for (final MemberState state : MemberState.values()) {
            transitions.put(state, new LongAdder());
        }
    }

    /** Told when another process that lives has this node's id; before the loop starts. */
    void onRefused(final Consumer<Member> listener) {
        onRefused = listener;
    }

    /** Messages the transports dropped at once. */
    long dropped() {
        return dropped.sum();
    }

    /** How often a member, this one included, came to be believed in this state. */
    long transitions(final MemberState to) {
        return transitions.get(to).sum();
    }

    @Override
    public void send(final Endpoint to, final Lane lane, final GossipMessage message) {
        // A push goes to every member as the same object: encode it once.
        if (message != encoded) {
            bytes = WireCodec.encode(message);
            encoded = message;
        }
        final boolean fits = bytes.length <= WireLimits.DATAGRAM_MESSAGE_BYTES_MAX;
        if (!outbox.send(to, fits ? lane : Lane.STREAM, bytes)) {
            dropped.increment();
        }
    }

    @Override
    public void persist(final LogBatch batch, final long ownVersion) {
        disk.add(batch, ownVersion);
    }

    @Override
    public void sync(final long token) {
        disk.sync(token);
    }

    @Override
    public void instanceChanged(final String instanceId) {
        shown.instanceChanged(instanceId);
    }

    @Override
    public void heartbeatSeen(final String instanceId) {
        shown.heartbeatSeen(instanceId);
    }

    @Override
    public void memberChanged(final Member before, final Member after) {
        shown.membersChanged();
        if (before == null || before.state() != after.state()) {
            transitions.get(after.state()).increment();
        }
        if (after.state() == MemberState.REMOVED) {
            shown.forgetReport(after.id().nodeId());
        }
        LOG.info(
                "member id={} state={} was={} incarnation={} generation={} at={}",
                after.id().nodeId(),
                after.state(),
                before == null ? "UNKNOWN" : before.state(),
                after.incarnation().value(),
                after.id().generation().value(),
                after.endpoint());
    }

    @Override
    public void reported(final NodeReport report) {
        shown.reported(report);
    }

    @Override
    public void refused(final Member incumbent) {
        LOG.error(
                "refused: node id={} belongs to another process at={} url={} generation={}",
                incumbent.id().nodeId(),
                incumbent.endpoint(),
                incumbent.url(),
                incumbent.id().generation().value());
        onRefused.accept(incumbent);
    }
}
