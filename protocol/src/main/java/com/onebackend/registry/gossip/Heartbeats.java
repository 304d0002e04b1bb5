package com.onebackend.registry.gossip;

import com.onebackend.registry.gossip.Ownership.Standing;
import com.onebackend.registry.membership.Lane;
import com.onebackend.registry.model.Endpoint;
import com.onebackend.registry.model.MemberId;
import com.onebackend.registry.model.Origin;
import com.onebackend.registry.replication.LogEntry;
import com.onebackend.registry.replication.Replica;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Brings each heartbeat to the owner of its instance: keeps it, forwards it, remembers it while the owner is suspected,
 * or adopts the instance when the owner is gone.
 *
 * <p><i>Thread:</i> the gossip loop.
 *
 * <p><i>Invariants:</i> a heartbeat is never a log entry, except the one that adopts.
 */
final class Heartbeats {
    private final HeartbeatConfig config;
    private final MemberId selfId;
    private final Replica replica;
    private final Ownership ownership;
    private final SignsOfLife signs;
    private final HeartbeatCounters counters;
    private final Map<Origin, ForwardChannel> channels = new TreeMap<>();
    /** Owners that are gone while heartbeats wait for them. */
    private final Set<Origin> gone = new TreeSet<>();

    private long nextSequence;

    Heartbeats(
            final HeartbeatConfig config,
            final MemberId selfId,
            final Replica replica,
            final Ownership ownership,
            final SignsOfLife signs,
            final HeartbeatCounters counters) {
        this.config = config;
        this.selfId = selfId;
        this.replica = replica;
        this.ownership = ownership;
        this.signs = signs;
        this.counters = counters;
    }

    /** A client said that its instance lives. */
    HeartbeatVerdict heartbeat(final String instanceId, final Now now, final Effects out) {
        final LogEntry owning = replica.parts(instanceId).owning();
        if (owning == null) {
            counters.unknown++;
            return HeartbeatVerdict.UNKNOWN;
        }
        final Origin owner = owning.origin();
        return switch (ownership.standing(owner, now.nanos())) {
            case SELF -> {
                keep(instanceId, now, out);
                yield HeartbeatVerdict.KEPT;
            }
            case ALIVE -> {
                if (isLost(owner, instanceId, now) && replica.hasRoom()) {
                    yield adopt(instanceId, now, out);
                }
                channel(owner).add(instanceId);
                counters.forwarded++;
                yield HeartbeatVerdict.FORWARDED;
            }
            case SUSPECT -> remember(owner, instanceId);
            case GONE -> replica.hasRoom() ? adopt(instanceId, now, out) : remember(owner, instanceId);
        };
    }

    /** Turns what was remembered for owners that are gone into adoptions, a bounded number of them. */
    void adoptRemembered(final Now now, final Effects out) {
        int room = config.adoptionsPerTickMax();
        for (final Iterator<Origin> i = gone.iterator(); i.hasNext() && room > 0 && replica.hasRoom(); ) {
            final ForwardChannel channel = channels.get(i.next());
            if (channel == null || ownership.standing(channel.owner(), now.nanos()) != Standing.GONE) {
                i.remove();
                continue;
            }
            for (final String instanceId : channel.take(room)) {
                room--;
                route(instanceId, now, out);
            }
            if (!channel.hasWaiting()) {
                i.remove();
                channels.remove(channel.owner());
            }
        }
    }

    /** Sends what waits for owners that are alive, one message each unless it is too long for one. */
    void forward(final Now now, final Effects out) {
        for (final ForwardChannel channel : List.copyOf(channels.values())) {
            counters.batchesUnacknowledged += channel.expire(now.nanos(), config.forwardTimeoutNanos());
            switch (ownership.standing(channel.owner(), now.nanos())) {
                case ALIVE -> forward(channel, now, out);
                case GONE -> {
                    channel.returned();
                    gone.add(channel.owner());
                }
                case SELF, SUSPECT -> {}
            }
            if (channel.isIdle()) {
                channels.remove(channel.owner());
            }
        }
    }

    /** Another node's heartbeats for our instances. */
    void receive(final Endpoint from, final GossipMessage.Heartbeats message, final Now now, final Effects out) {
        counters.batchesReceived++;
        final boolean isOurs = message.owner().equals(selfId.origin());
        final List<Long> unknown = new ArrayList<>();
        for (final long version : message.versions()) {
            final LogEntry entry = isOurs ? replica.ownEntry(version) : null;
            if (entry != null && isOwned(entry.instanceId())) {
                keep(entry.instanceId(), now, out);
            } else {
                unknown.add(version);
            }
        }
        out.send(from, Lane.STREAM, new GossipMessage.HeartbeatAck(selfId, message.sequence(), unknown));
    }

    /** An owner acknowledged a batch; what it does not know is looked up again. */
    void acknowledged(final GossipMessage.HeartbeatAck message, final Now now, final Effects out) {
        final ForwardChannel channel = channels.get(message.from().origin());
        final ForwardChannel.Batch batch = channel == null ? null : channel.acknowledged(message.sequence());
        if (batch == null) {
            return;
        }
        for (final long version : message.unknown()) {
            final int index = Collections.binarySearch(batch.versions(), version);
            if (index < 0) {
                continue;
            }
            counters.forwardsRefused++;
            final String instanceId = batch.instanceIds().get(index);
            final LogEntry owning = replica.parts(instanceId).owning();
            // The same again means that the owner's newer word is still under way: the next heartbeat finds it.
            final boolean isSame = owning != null
                    && owning.version() == version
                    && owning.origin().equals(channel.owner());
            if (owning != null && !isSame) {
                route(instanceId, now, out);
            }
        }
    }

    /** The node of this origin was removed with its instances. */
    void forget(final Origin origin) {
        channels.remove(origin);
    }

    private void keep(final String instanceId, final Now now, final Effects out) {
        counters.kept++;
        signs.kept(instanceId, now);
        out.heartbeatSeen(instanceId);
    }

    private HeartbeatVerdict remember(final Origin owner, final String instanceId) {
        channel(owner).add(instanceId);
        counters.remembered++;
        return HeartbeatVerdict.REMEMBERED;
    }

    private HeartbeatVerdict adopt(final String instanceId, final Now now, final Effects out) {
        final LogEntry entry = replica.adopt(instanceId);
        counters.adopted++;
        counters.adoptedByHeartbeat++;
        signs.kept(instanceId, now);
        out.heartbeatSeen(instanceId);
        return HeartbeatVerdict.adopted(entry.version());
    }

    /** A heartbeat that was already counted finds its way anew. */
    private void route(final String instanceId, final Now now, final Effects out) {
        final LogEntry owning = replica.parts(instanceId).owning();
        if (owning == null) {
            return;
        }
        final Standing standing = ownership.standing(owning.origin(), now.nanos());
        if (standing == Standing.SELF) {
            keep(instanceId, now, out);
        } else if (standing == Standing.GONE && replica.hasRoom()) {
            adopt(instanceId, now, out);
        } else {
            channel(owning.origin()).add(instanceId);
        }
    }

    /** True when the owner, although a member, acknowledges nothing, and tells no sign of life of this instance. */
    private boolean isLost(final Origin owner, final String instanceId, final Now now) {
        final ForwardChannel channel = channels.get(owner);
        if (channel == null || !channel.isSilent()) {
            return false;
        }
        final long longAgo = now.nanos() - config.forwardTimeoutNanos();
        return now.nanos() - signs.leaseNanos(instanceId, longAgo) >= config.forwardTimeoutNanos();
    }

    private boolean isOwned(final String instanceId) {
        final LogEntry owning = replica.parts(instanceId).owning();
        return owning != null && owning.origin().equals(selfId.origin());
    }

    private void forward(final ForwardChannel channel, final Now now, final Effects out) {
        final List<LogEntry> named = new ArrayList<>();
        for (final String instanceId : channel.take(Integer.MAX_VALUE)) {
            final LogEntry owning = replica.parts(instanceId).owning();
            if (owning != null && owning.origin().equals(channel.owner())) {
                named.add(owning);
            } else {
                route(instanceId, now, out);
            }
        }
        named.sort(Comparator.comparingLong(LogEntry::version));
        if (named.isEmpty() && channel.isSilent()) {
            // Nothing to say, but the owner may be reachable again.
            send(channel, List.of(), now, out);
        }
        for (int from = 0; from < named.size(); from += config.batchHeartbeatsMax()) {
            final int to = Math.min(named.size(), from + config.batchHeartbeatsMax());
            send(channel, named.subList(from, to), now, out);
        }
    }

    private void send(final ForwardChannel channel, final List<LogEntry> named, final Now now, final Effects out) {
        final List<Long> versions = named.stream().map(LogEntry::version).toList();
        final List<String> instanceIds =
                named.stream().map(LogEntry::instanceId).toList();
        final ForwardChannel.Batch batch = new ForwardChannel.Batch(++nextSequence, now.nanos(), versions, instanceIds);
        counters.batchesUnacknowledged += channel.sent(batch, config.batchesInFlightMax());
        counters.batchesSent++;
        out.send(
                ownership.endpoint(channel.owner()),
                Lane.STREAM,
                new GossipMessage.Heartbeats(selfId, channel.owner(), batch.sequence(), versions));
    }

    private ForwardChannel channel(final Origin owner) {
        return channels.computeIfAbsent(owner, ForwardChannel::new);
    }
}
