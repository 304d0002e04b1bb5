package com.onebackend.registry.gossip;

import com.onebackend.registry.membership.Lane;
import com.onebackend.registry.model.Endpoint;
import com.onebackend.registry.model.MemberId;
import com.onebackend.registry.replication.Digest;
import com.onebackend.registry.replication.LogMessage;
import com.onebackend.registry.replication.Replica;
import com.onebackend.registry.replication.Retention;
import com.onebackend.registry.replication.SyncVerdict;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
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

    private final GossipConfig config;
    private final MemberId selfId;
    private final Replica replica;
    private final Broadcast broadcast;
    private final SyncScheduler syncs;
    private final PushExchange pushes;
    private final GossipCounters counters;

    /** Who waits for an answer, and where. */
    private final Map<String, Endpoint> askers = new HashMap<>();

    LogExchange(
            final GossipConfig config,
            final MemberId selfId,
            final Replica replica,
            final Broadcast broadcast,
            final GossipCounters counters,
            final RandomGenerator random) {
        this.config = config;
        this.selfId = selfId;
        this.replica = replica;
        this.broadcast = broadcast;
        this.counters = counters;
        this.syncs = new SyncScheduler(config, random);
        this.pushes = new PushExchange(selfId, replica, broadcast, syncs, counters);
    }

    /** Lets every deadline that has passed act. */
    void tick(final Now now, final Effects out) {
        replica.expireSessions(now.nanos());
        for (final Replica.LateAnswer answer : replica.lateAnswers(now.nanos())) {
            final Endpoint to = askers.get(answer.peer());
            if (to != null) {
                send(to, answer.message(), out);
            }
        }
        askers.keySet().removeIf(peer -> !replica.isAnswerWaiting(peer));
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
            case SYNC_STATUS -> onStatus(from, message.from(), (LogMessage.SyncStatus) message.message(), now, out);
            case SYNC_REQUEST ->
                onSyncRequest(source, message.from(), (LogMessage.SyncRequest) message.message(), now, out);
            case SYNC_CHUNK -> onSyncChunk(from, message.from(), (LogMessage.SyncChunk) message.message(), now, out);
            case SYNC_NEXT -> {
                final LogMessage.SyncNext next = (LogMessage.SyncNext) message.message();
                answer(from, nodeId, next.session(), replica.answer(nodeId, next, now.nanos()), out);
            }
            case SYNC_STOP -> onSyncStop(nodeId, (LogMessage.SyncStop) message.message());
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
        // What a second peer says is not to be mixed with the half of what a first one said.
        final int sessionsMax = replica.retention().isLoaded() ? config.sessionsMax() : 1;
        final List<SyncScheduler.Start> starts =
                syncs.due(broadcast.members(), sessionsMax, replica::digestHash, now.nanos());
        final SyncScheduler.Ended ended = syncs.takeEnded();
        ended.sessions().forEach(replica::abandon);
        counters.syncsTimedOut += ended.timedOut();
        for (final SyncScheduler.Start start : starts) {
            final boolean isDeep = start.isDeep();
            send(start.peer().endpoint(), new LogMessage.SyncProbe(start.session(), hash(isDeep), isDeep), out);
        }
    }

    /** Own sessions that ran to their end. */
    long syncsCompleted() {
        return syncs.completedCount();
    }

    /** As {@link GossipCore#isCaughtUp}. */
    boolean isCaughtUp() {
        return syncs.isCaughtUp() && !replica.retention().isPartial();
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
        final boolean isLoading = replica.retention().isPartial() || !syncs.isSettled();
        send(from, new LogMessage.SyncStatus(probe.session(), kind, isLoading), out);
    }

    private void onStatus(
            final Endpoint from,
            final MemberId answerer,
            final LogMessage.SyncStatus status,
            final Now now,
            final Effects out) {
        final String nodeId = answerer.nodeId();
        if (!syncs.progressed(nodeId, status.session(), now.nanos())) {
            return;
        }
        syncs.answered(nodeId, status.isLoading());
        switch (status.kind()) {
            case SAME -> {
                replica.foundEqual();
                syncs.completed(nodeId);
            }
            case DIFFERS -> send(from, replica.request(status.session(), answerer, now.nanos()), out);
        }
    }

    private void onSyncRequest(
            final MissingPushes.Source from,
            final MemberId requester,
            final LogMessage.SyncRequest request,
            final Now now,
            final Effects out) {
        final String nodeId = requester.nodeId();
        final boolean isResetting = request.have().heads().stream().anyMatch(Digest.Head::isBehind);
        if (!isResetting && (!syncs.isBusy() || replica.retention().isLoaded())) {
            resetIfBehind(requester, request.have());
        }
        if (isAhead(from, request.have(), now)) {
            syncs.want(nodeId);
        }
        answer(from.endpoint(), nodeId, request.session(), replica.answer(nodeId, request, now.nanos()), out);
    }

    /** Sends the chunk, or remembers where it is to go later, or says that none will come. */
    private void answer(
            final Endpoint to,
            final String nodeId,
            final long session,
            final Optional<LogMessage.SyncChunk> chunk,
            final Effects out) {
        if (chunk.isPresent()) {
            send(to, chunk.get(), out);
        } else if (replica.isAnswerWaiting(nodeId)) {
            askers.put(nodeId, to);
        } else {
            send(to, new LogMessage.SyncStop(session), out);
        }
    }

    private void onSyncStop(final String nodeId, final LogMessage.SyncStop stop) {
        replica.stopped(nodeId, stop);
        if (syncs.turnedAway(nodeId, stop.session())) {
            counters.syncsTurnedAway++;
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
            final MemberId answerer,
            final LogMessage.SyncChunk chunk,
            final Now now,
            final Effects out) {
        final String nodeId = answerer.nodeId();
        if (!syncs.progressed(nodeId, chunk.session(), now.nanos())) {
            counters.chunksRefused++;
            return;
        }
        final SyncVerdict verdict = replica.chunk(chunk, now.wallMillis(), now.nanos());
        switch (verdict) {
            case MORE -> send(from, new LogMessage.SyncNext(chunk.session(), chunk.index() + 1), out);
            case LATER -> {
                syncs.deferred(nodeId);
                send(from, new LogMessage.SyncStop(chunk.session()), out);
            }
            case DONE -> {
                syncs.completed(nodeId);
                pushes.onSynced(now, out);
            }
            case BEHIND -> {
                syncs.aborted(nodeId);
                resetIfBehind(answerer, new Digest(chunk.heads()));
            }
            case DECLINED -> syncs.aborted(nodeId);
            case REFUSED -> {
                counters.chunksRefused++;
                syncs.aborted(nodeId);
                syncs.lookElsewhere(nodeId);
            }
        }
    }

    /** A member collected tombstones that this node may have missed: everything here may have been deregistered. */
    private void resetIfBehind(final MemberId member, final Digest theirs) {
        final Retention retention = replica.retention();
        if (!retention.isBehind(theirs) || !(retention.isLoaded() || retention.holdsOld())) {
            return;
        }
        // Should both be behind each other, which takes two majorities, one of them keeps what it has.
        if (retention.isAhead(theirs) && selfId.origin().compareTo(member.origin()) > 0) {
            return;
        }
        syncs.startAnew();
        replica.reset(theirs);
        syncs.want(member.nodeId());
    }

    private void send(final Endpoint to, final LogMessage message, final Effects out) {
        out.send(to, Lane.STREAM, new GossipMessage.Log(selfId, message));
    }
}
