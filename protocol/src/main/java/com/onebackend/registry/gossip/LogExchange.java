package com.onebackend.registry.gossip;

import com.onebackend.registry.membership.Lane;
import com.onebackend.registry.model.Endpoint;
import com.onebackend.registry.model.MemberId;
import com.onebackend.registry.replication.Digest;
import com.onebackend.registry.replication.LogMessage;
import com.onebackend.registry.replication.Replica;
import com.onebackend.registry.replication.SyncVerdict;
import java.util.Optional;
import java.util.random.RandomGenerator;

/**
 * Moves instances between members: pushes through {@link PushExchange}, and sessions with who asks and whom we ask.
 *
 * <p><i>Thread:</i> the gossip loop.
 *
 * <p><i>Invariants:</i> only what the {@link Replica} shows to peers is sent.
 */
final class LogExchange {
    /** A peer that is ahead of us in more logs than this is asked for a session at once. */
    static final int LACKING_LOGS_MAX = 4;

    private final MemberId selfId;
    private final Replica replica;
    private final Broadcast broadcast;
    private final SyncScheduler syncs;
    private final PushExchange pushes;
    private final GossipCounters counters;

    LogExchange(
            final GossipConfig config,
            final MemberId selfId,
            final Replica replica,
            final Broadcast broadcast,
            final GossipCounters counters,
            final RandomGenerator random) {
        this.selfId = selfId;
        this.replica = replica;
        this.broadcast = broadcast;
        this.counters = counters;
        this.syncs = new SyncScheduler(config, random);
        this.pushes = new PushExchange(selfId, replica, broadcast, syncs, counters);
    }

    /** Lets every deadline that has passed act. */
    void tick(final Now now) {
        replica.expireSessions(now.nanos());
    }

    /** Own versions became durable: they go to everybody. */
    void push(final Now now, final Effects out) {
        pushes.pushOwn(now, out);
    }

    /**
     * A push on its way to everybody arrived.
     *
     * @param until what this node is to see to
     */
    void relayed(
            final Endpoint from,
            final MemberId sender,
            final LogMessage.Push push,
            final long until,
            final Now now,
            final Effects out) {
        pushes.onPush(new MissingPushes.Source(sender.nodeId(), from), push, until, now, out);
    }

    /** A member's message about instances arrived. */
    void receive(final Endpoint from, final GossipMessage.Log message, final Now now, final Effects out) {
        final String nodeId = message.from().nodeId();
        final MissingPushes.Source source = new MissingPushes.Source(nodeId, from);
        switch (message.message().type()) {
            case PUSH -> pushes.onPush(source, (LogMessage.Push) message.message(), null, now, out);
            case HAVE -> pushes.onHave(source, (LogMessage.Have) message.message(), now);
            case GRAFT -> pushes.onGraft(from, (LogMessage.Graft) message.message(), out);
            case SYNC_PROBE -> onProbe(from, (LogMessage.SyncProbe) message.message(), out);
            case SYNC_STATUS -> onStatus(from, nodeId, (LogMessage.SyncStatus) message.message(), now, out);
            case SYNC_REQUEST -> onSyncRequest(source, (LogMessage.SyncRequest) message.message(), now, out);
            case SYNC_CHUNK -> onSyncChunk(from, nodeId, (LogMessage.SyncChunk) message.message(), now, out);
            case SYNC_NEXT -> {
                final LogMessage.SyncNext next = (LogMessage.SyncNext) message.message();
                replica.answer(nodeId, next, now.nanos()).ifPresent(chunk -> send(from, chunk, out));
            }
        }
    }

    /** What a member's vector hashes to, as just heard from it. */
    void heardHash(final MemberId from, final long digestHash, final Now now) {
        syncs.heard(from, digestHash, replica.digestHash(), now.nanos());
    }

    /** A member that is new, or back, may have what we lack and lacks what we told while it was away. */
    void appeared(final String nodeId) {
        syncs.appeared(nodeId);
    }

    /** Does what has become due, and starts the sessions that are wanted. */
    void due(final Now now, final Effects out) {
        pushes.due(now, out);
        for (final SyncScheduler.Start start : syncs.due(broadcast.members(), replica::digestHash, now.nanos())) {
            final boolean isDeep = start.isDeep();
            send(start.peer().endpoint(), new LogMessage.SyncProbe(start.session(), hash(isDeep), isDeep), out);
        }
    }

    /** Own sessions that ran to their end. */
    long syncsCompleted() {
        return syncs.completedCount();
    }

    /** True while everything that was to be asked of reachable members was asked and answered, at least once. */
    boolean isCaughtUp() {
        return syncs.isCaughtUp();
    }

    private long hash(final boolean isDeep) {
        return isDeep ? replica.digestHash() + replica.collectedHash() : replica.digestHash();
    }

    private void onProbe(final Endpoint from, final LogMessage.SyncProbe probe, final Effects out) {
        final boolean isSame = probe.hash() == hash(probe.isDeep());
        final LogMessage.SyncStatus.Kind kind =
                isSame ? LogMessage.SyncStatus.Kind.SAME : LogMessage.SyncStatus.Kind.DIFFERS;
        counters.probesSame += isSame ? 1 : 0;
        counters.probesDifferent += isSame ? 0 : 1;
        send(from, new LogMessage.SyncStatus(probe.session(), kind), out);
    }

    private void onStatus(
            final Endpoint from,
            final String nodeId,
            final LogMessage.SyncStatus status,
            final Now now,
            final Effects out) {
        if (!syncs.progressed(nodeId, status.session(), now.nanos())) {
            return;
        }
        switch (status.kind()) {
            case SAME -> syncs.completed(nodeId);
            case DIFFERS -> send(from, replica.request(status.session()), out);
            case BUSY -> syncs.refused(nodeId, status.session(), now.nanos());
        }
    }

    private void onSyncRequest(
            final MissingPushes.Source from, final LogMessage.SyncRequest request, final Now now, final Effects out) {
        counters.sessionsAnswered++;
        if (isAhead(from, request.have(), now)) {
            syncs.want(from.nodeId());
        }
        final Optional<LogMessage.SyncChunk> chunk = replica.answer(from.nodeId(), request, now.nanos());
        if (chunk.isPresent()) {
            send(from.endpoint(), chunk.get(), out);
        } else {
            counters.sessionsBusy++;
            final LogMessage busy = new LogMessage.SyncStatus(request.session(), LogMessage.SyncStatus.Kind.BUSY);
            send(from.endpoint(), busy, out);
        }
    }

    /** True when a session of our own has to bring what the peer has; a few logs may just be on their way. */
    private boolean isAhead(final MissingPushes.Source from, final Digest theirs, final Now now) {
        if (!replica.lacksFrom(theirs)) {
            return false;
        }
        int lacking = 0;
        for (final Digest.Head head : theirs.heads()) {
            final boolean lacks =
                    pushes.lacks(from, head.origin(), head.maxVersion(), PushExchange.RELAY_PATIENCE_NANOS, now);
            lacking += lacks ? 1 : 0;
        }
        return lacking == 0 || lacking > LACKING_LOGS_MAX;
    }

    private void onSyncChunk(
            final Endpoint from,
            final String nodeId,
            final LogMessage.SyncChunk chunk,
            final Now now,
            final Effects out) {
        if (!syncs.progressed(nodeId, chunk.session(), now.nanos())) {
            counters.chunksRefused++;
            return;
        }
        final SyncVerdict verdict = replica.chunk(chunk, now.wallMillis());
        switch (verdict) {
            case MORE -> send(from, new LogMessage.SyncNext(chunk.session(), chunk.index() + 1), out);
            case DONE -> {
                syncs.completed(nodeId);
                pushes.onSynced(now, out);
            }
            case REFUSED -> {
                counters.chunksRefused++;
                syncs.aborted(nodeId);
            }
        }
    }

    private void send(final Endpoint to, final LogMessage message, final Effects out) {
        out.send(to, Lane.STREAM, new GossipMessage.Log(selfId, message));
    }
}
