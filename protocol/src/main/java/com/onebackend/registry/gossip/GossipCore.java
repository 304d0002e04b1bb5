package com.onebackend.registry.gossip;

import com.onebackend.registry.membership.Lane;
import com.onebackend.registry.membership.Membership;
import com.onebackend.registry.membership.MembershipCounters;
import com.onebackend.registry.membership.SwimMessage;
import com.onebackend.registry.membership.SwimOutput;
import com.onebackend.registry.model.Endpoint;
import com.onebackend.registry.model.Generation;
import com.onebackend.registry.model.Gpu;
import com.onebackend.registry.model.Instance;
import com.onebackend.registry.model.Member;
import com.onebackend.registry.model.MemberId;
import com.onebackend.registry.model.MemberState;
import com.onebackend.registry.model.NodeReport;
import com.onebackend.registry.model.NodeUsage;
import com.onebackend.registry.model.Origin;
import com.onebackend.registry.model.Part;
import com.onebackend.registry.replication.Digest;
import com.onebackend.registry.replication.Divergence;
import com.onebackend.registry.replication.LogEntry;
import com.onebackend.registry.replication.LogMessage;
import com.onebackend.registry.replication.Refusal;
import com.onebackend.registry.replication.Replica;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.random.RandomGenerator;

/**
 * The whole gossip protocol of one node as a machine without IO: state and input give the next state and effects.
 *
 * <p><i>Thread:</i> one owner, the gossip loop or a simulation; nothing here is synchronised.
 *
 * <p><i>Lifecycle:</i> construct, {@link #restore} everything storage holds, {@link #restored}, {@link #join}, then
 * {@link #receive}, {@link #tick} and commands in any order, {@link #leave} at the end. {@link #tick} wants to be
 * called every 20 to 50 ms.
 *
 * <p><i>Invariants:</i> own versions are sent only after {@link #committed}; a vector never goes back; the same calls
 * with the same times and the same random source give the same effects.
 *
 * <p><i>Paper:</i> SWIM (Das et al., 2002), Lifeguard (Dadgar et al., 2018), Scuttlebutt (van Renesse et al., 2008).
 */
public final class GossipCore {
    private final MemberId selfId;
    private final Membership membership;
    private final Replica replica;
    private final GossipCounters counters;
    private final Broadcast broadcast;
    private final LogExchange logs;
    private final Reports reports;
    private final Custody custody;
    private final Upkeep upkeep;
    private List<Member> peers = List.of();
    private boolean arePeersStale = true;

    public GossipCore(final GossipConfig config, final Member self, final RandomGenerator random) {
        this.selfId = self.id();
        this.membership = new Membership(config.membership(), self, random);
        this.replica = new Replica(self.id().origin(), config.replica());
        this.counters = new GossipCounters(replica.syncCounters());
        this.broadcast = new Broadcast(selfId, config.directPushMembersMax(), counters);
        this.logs = new LogExchange(config, selfId, replica, broadcast, counters, random);
        this.reports = new Reports(selfId, broadcast, random);
        this.custody = new Custody(config.heartbeats(), self, replica, counters.heartbeats, this::toAll);
        this.upkeep = new Upkeep(selfId.origin(), replica, config.replica().stampAheadMillisMax());
    }

    /** Puts back what storage held; before everything else. */
    public void restore(final LogEntry entry) {
        replica.restore(entry);
    }

    /** Puts back how much of an origin's log storage held; before everything else. */
    public void restoreHead(final Digest.Head head) {
        replica.restoreHead(head);
    }

    /** Everything was restored: reports the instances that are there. */
    public void restored(final Effects out) {
        drain(out);
    }

    /** Looks for members at these addresses, now and whenever they seem lost, for ever. */
    public void join(final List<Endpoint> seeds, final Now now, final Effects out) {
        membership.join(seeds, now.nanos(), swimOutput(now, out));
        due(now, out);
    }

    /** Says good-bye to every reachable member. */
    public void leave(final Now now, final Effects out) {
        membership.leave(now.nanos(), swimOutput(now, out));
    }

    /** Lets every deadline that has passed act. */
    public void tick(final Now now, final Effects out) {
        membership.tick(now.nanos(), swimOutput(now, out));
        logs.tick(now, out);
        custody.tick(now, out);
        upkeep.tick(peers(), now);
        drain(out);
        upkeep.askDisk(now, out);
        reports.tick(now, out);
        due(now, out);
    }

    /**
     * A message arrived.
     *
     * @param from where the sender's gossip listens
     */
    public void receive(final Endpoint from, final GossipMessage message, final Now now, final Effects out) {
        if (message.from().equals(selfId)) {
            counters.ownEchoes++;
            return;
        }
        if (membership.isForgotten(message.from())) {
            counters.refusedRemoved++;
            return;
        }
        switch (message.type()) {
            case SWIM -> onSwim(from, (GossipMessage.Swim) message, now, out);
            case LOG -> onLog(from, (GossipMessage.Log) message, now, out);
            case REPORT -> onReport(((GossipMessage.Report) message).report(), out);
            case REPORTS_ASKED -> reports.answer(from, out);
            case REPORT_BATCH ->
                ((GossipMessage.ReportBatch) message).reports().forEach(report -> onReport(report, out));
            case RELAYED -> onRelayed(from, (GossipMessage.Relayed) message, now, out);
            case HEARTBEATS -> custody.receive(from, (GossipMessage.Heartbeats) message, now, out);
            case HEARTBEAT_ACK -> custody.receive((GossipMessage.HeartbeatAck) message, now, out);
            case PULSE -> custody.receive((GossipMessage.Pulse) message, now, out);
        }
        drain(out);
        due(now, out);
    }

    /**
     * Writes one part of an instance into the own log; needs {@link #hasRoom}. It may be acknowledged once {@link
     * #committed} was called with the returned version or a higher one. A registration whose {@code born} is {@link
     * com.onebackend.registry.model.Stamp#ZERO} keeps that of the one it replaces, or is born now.
     */
    public long write(final String instanceId, final Part part, final Now now, final Effects out) {
        final LogEntry entry = replica.write(instanceId, part, now.wallMillis());
        drain(out);
        return entry.version();
    }

    /** False while so many own writes wait for the disk that {@link #write} must not be called. */
    public boolean hasRoom() {
        return replica.hasRoom();
    }

    /** Own versions up to here are on disk: tell the others. */
    public void committed(final long ownVersion, final Now now, final Effects out) {
        replica.durable(ownVersion);
        broadcast.members(peers());
        logs.push(now, out);
        due(now, out);
    }

    /** Storage did what {@link Effects#sync} asked for with this token. */
    public void synced(final long token, final Now now, final Effects out) {
        replica.retention().answered(token);
        due(now, out);
    }

    /**
     * The nodes of the catalog, dead or alive, this one included: tombstones are kept until all of them have them, and
     * what nobody looks after is adopted only by who reaches more than half of them. Until the first call nothing is
     * collected.
     *
     * @param members the origin of each by node id
     */
    public void catalogMembers(final Map<String, Origin> members, final Now now, final Effects out) {
        replica.retention().members(Set.copyOf(members.values()), now.nanos());
        custody.catalogMembers(members);
    }

    /**
     * An own instance that a reset took out gave a sign of life. Returns the own version that has to be committed
     * before it may be acknowledged; 0 when there is nothing to claim. Needs {@link #hasRoom}.
     */
    public long reclaim(final String instanceId, final Now now, final Effects out) {
        final boolean isBack = replica.reclaim(instanceId, now.wallMillis());
        final long version = isBack ? replica.lastVersion() : 0;
        drain(out);
        return version;
    }

    /** Why own writes are refused because of this node's clock, for its clients; empty when they are not. */
    public String clockRefusal(final Now now) {
        return upkeep.clockRefusal(now);
    }

    /** True while this node starts again from nothing, because it was away for too long: it shows only a part. */
    public boolean isResetting() {
        return replica.retention().isPartial();
    }

    /**
     * An instance gave a sign of life at this node. It ends at the instance's owner, as fast as the pulses need it; it
     * is a write only when it takes the instance over from an owner that is gone.
     */
    public HeartbeatVerdict heartbeat(final String instanceId, final Now now, final Effects out) {
        final HeartbeatVerdict verdict = custody.heartbeat(instanceId, now, out);
        drain(out);
        final boolean isUnknown = verdict.kind() == HeartbeatVerdict.Kind.UNKNOWN;
        // Unlike a lease, what is reclaimed is stamped by the clock.
        if (isUnknown && replica.hasRoom() && clockRefusal(now).isEmpty()) {
            final long version = reclaim(instanceId, now, out);
            return version > 0 ? HeartbeatVerdict.adopted(version) : verdict;
        }
        return verdict;
    }

    /** This node's resources were sampled: tell the others. */
    public void report(final NodeUsage usage, final List<Gpu> gpus, final Now now, final Effects out) {
        broadcast.members(peers());
        reports.sampled(usage, gpus, now, out);
    }

    /** The catalog removed a node: it is never believed again up to this generation, and its instances go. */
    public void forget(
            final String nodeId, final Origin origin, final Generation upTo, final Now now, final Effects out) {
        membership.forget(nodeId, origin, upTo, now.nanos(), swimOutput(now, out));
        reports.forget(nodeId);
        if (!origin.equals(selfId.origin())) {
            custody.forget(origin);
            replica.evict(origin);
            drain(out);
        }
    }

    /** The instance as its parts make it; null when it is not registered. */
    public Instance instance(final String instanceId) {
        return replica.instance(instanceId);
    }

    /** The instance as its parts and the signs of life make it; null when it is not registered. */
    public Instance shown(final String instanceId, final Now now) {
        final Instance instance = replica.instance(instanceId);
        return instance == null ? null : custody.seen(instance, now);
    }

    /** The last sign of life that this node was told of, milliseconds since 1970; 0 when none is known. */
    public long lastHeartbeatMillis(final String instanceId) {
        return custody.lastHeartbeatMillis(instanceId);
    }

    /**
     * How long ago the instance gave its last sign of life, or this process began to look after it. Time in which this
     * process stood still does not count.
     */
    public long silentNanos(final String instanceId, final Now now) {
        return custody.silentNanos(instanceId, now);
    }

    /** True while this node reaches more than half of the catalog's nodes, itself included. */
    public boolean isMajorityReachable() {
        return custody.isMajorityReachable();
    }

    /** Every member this node knows, itself included, ordered by node id. */
    public List<Member> members() {
        return membership.members();
    }

    /** This node as it presents itself. */
    public Member self() {
        return membership.self();
    }

    /** How much of every log this node has. */
    public Digest digest() {
        return replica.digest();
    }

    /** One number over {@link #digest}. */
    public long digestHash() {
        return replica.digestHash();
    }

    /** Anti-entropy sessions of this node that ran to their end. */
    public long syncsCompleted() {
        return logs.syncsCompleted();
    }

    /**
     * True while everything that was to be asked of reachable members was asked and answered, by at least one that had
     * everything itself. Where all that can be reached are new, as in a cluster that begins, by each of them.
     */
    public boolean isCaughtUp() {
        return logs.isCaughtUp();
    }

    /** How often a peer's input was refused for this reason. */
    public long refused(final Refusal reason) {
        return replica.refused(reason);
    }

    /** Sync sessions of other members that this node answers at the moment. */
    public int sessionsAnswered() {
        return replica.sessionsAnswered();
    }

    /** Deregistrations that are still remembered. */
    public int tombstones() {
        return replica.retention().tombstones();
    }

    /** The last time logs differed from a peer's under equal vectors: worth an alarm. */
    public Optional<Divergence> lastDivergence() {
        return replica.lastDivergence();
    }

    /** What happened since the start. */
    public GossipCounters counters() {
        counters.retained = upkeep.retained();
        return counters;
    }

    /** What happened in membership since the start, and how it stands. */
    public MembershipCounters.Snapshot membershipCounters() {
        return membership.counters();
    }

    private void onSwim(final Endpoint from, final GossipMessage.Swim message, final Now now, final Effects out) {
        membership.receive(from, message.from(), message.message(), now.nanos(), swimOutput(now, out));
        upkeep.heard(message, now);
        if (message.message().type() != SwimMessage.Type.JOIN) {
            logs.heardHash(message.from(), message.digestHash(), now);
        }
    }

    private void onLog(final Endpoint from, final GossipMessage.Log message, final Now now, final Effects out) {
        logs.receive(from, message, now, out);
        drain(out);
    }

    /** What this node took in, or has, it hands on to those it is to see to. */
    private void onRelayed(final Endpoint from, final GossipMessage.Relayed message, final Now now, final Effects out) {
        broadcast.members(peers());
        final GossipMessage body = message.body();
        if (body instanceof GossipMessage.Report report) {
            if (onReport(report.report(), out)) {
                broadcast.onward(message.until(), body, out);
            }
        } else if (body instanceof GossipMessage.Pulse pulse) {
            if (!pulse.from().equals(selfId) && !membership.isForgotten(pulse.from())) {
                custody.receive(pulse, now, out);
                broadcast.onward(message.until(), body, out);
            }
        } else if (body instanceof GossipMessage.Log log && log.message() instanceof LogMessage.Push push) {
            logs.relayed(from, message.from(), push, message.until(), now, out);
            drain(out);
        }
    }

    /** True when others may have it from here. */
    private boolean onReport(final NodeReport report, final Effects out) {
        final MemberId author = report.from();
        if (author.equals(selfId) || membership.isForgotten(author)) {
            return false;
        }
        // A member this node has not heard of yet: the report is not kept, but others may know it.
        return membership.member(author.nodeId()) == null || reports.receive(report, out);
    }

    /** The others worth sending to, ordered by node id; the same list for as long as nothing changes. */
    private List<Member> peers() {
        if (arePeersStale) {
            final List<Member> sorted = new ArrayList<>(membership.reachablePeers());
            sorted.sort(Comparator.comparing(member -> member.id().nodeId()));
            peers = Collections.unmodifiableList(sorted);
            arePeersStale = false;
        }
        return peers;
    }

    private void toAll(final GossipMessage message, final Effects out) {
        broadcast.members(peers());
        broadcast.toAll(message, out);
    }

    private void due(final Now now, final Effects out) {
        broadcast.members(peers());
        logs.due(now, out);
    }

    private void drain(final Effects out) {
        final Replica.Changes changes = replica.drain();
        if (!changes.batch().isEmpty()) {
            out.persist(changes.batch(), changes.ownVersion());
        }
        changes.instanceIds().forEach(instanceId -> {
            custody.changed(instanceId);
            out.instanceChanged(instanceId);
        });
    }

    private SwimOutput swimOutput(final Now now, final Effects out) {
        return new SwimOutput() {
            @Override
            public void send(final Endpoint to, final Lane lane, final SwimMessage message) {
                send(to, lane, GossipMessage.Acked.NOTHING, message);
            }

            @Override
            public void send(final MemberId target, final Endpoint to, final Lane lane, final SwimMessage message) {
                final long durable = replica.retention().durableVersion(target.origin());
                send(
                        to,
                        lane,
                        durable == 0 ? GossipMessage.Acked.NOTHING : new GossipMessage.Acked(target.origin(), durable),
                        message);
            }

            private void send(
                    final Endpoint to, final Lane lane, final GossipMessage.Acked acked, final SwimMessage message) {
                out.send(
                        to,
                        lane,
                        new GossipMessage.Swim(
                                selfId,
                                replica.digestHash(),
                                acked,
                                replica.retention().ownWatermark(),
                                now.wallMillis(),
                                message));
            }

            @Override
            public void changed(final Member before, final Member after) {
                arePeersStale = true;
                custody.memberChanged(before, after);
                out.memberChanged(before, after);
                onMemberChanged(before, after, out);
            }

            @Override
            public void refused(final Member incumbent) {
                out.refused(incumbent);
            }
        };
    }

    private void onMemberChanged(final Member before, final Member after, final Effects out) {
        final boolean isSelf = after.id().equals(selfId);
        if (!isSelf && after.state() == MemberState.REMOVED) {
            reports.forget(after.id().nodeId());
        }
        final boolean wasAlive =
                before != null && before.state().isReachable() && before.id().equals(after.id());
        if (isSelf || wasAlive || after.state() != MemberState.ALIVE) {
            return;
        }
        logs.appeared(after.id().nodeId());
        reports.appeared(after.endpoint(), out);
    }
}
