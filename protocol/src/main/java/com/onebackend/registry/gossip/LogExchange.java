package com.onebackend.registry.gossip;

import com.onebackend.registry.membership.Lane;
import com.onebackend.registry.model.Endpoint;
import com.onebackend.registry.model.Member;
import com.onebackend.registry.model.MemberId;
import com.onebackend.registry.replication.DeltaVerdict;
import com.onebackend.registry.replication.Digest;
import com.onebackend.registry.replication.LogMessage;
import com.onebackend.registry.replication.Replica;
import com.onebackend.registry.replication.Retention;
import com.onebackend.registry.replication.SyncVerdict;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;

/**
 * Moves instances between members: pushes own versions as soon as they are durable, takes pushes in, asks for what is
 * lacking and answers who asks.
 *
 * <p><i>Thread:</i> the gossip loop.
 *
 * <p><i>Invariants:</i> only what the {@link Replica} shows to peers is sent.
 */
final class LogExchange {
    private final GossipConfig config;
    private final MemberId selfId;
    private final Replica replica;
    private final SyncScheduler syncs;
    private final GossipCounters counters;

    LogExchange(
            final GossipConfig config,
            final MemberId selfId,
            final Replica replica,
            final GossipCounters counters,
            final RandomGenerator random) {
        this.config = config;
        this.selfId = selfId;
        this.replica = replica;
        this.counters = counters;
        this.syncs = new SyncScheduler(config, random);
    }

    /** Lets every deadline that has passed act. */
    void tick(final Now now) {
        replica.expireSessions(now.nanos());
    }

    /** Own versions became durable: they go to everybody. */
    void push(final List<Member> peers, final Effects out) {
        for (Optional<LogMessage.Push> push = replica.nextPush(); push.isPresent(); push = replica.nextPush()) {
            final GossipMessage message = new GossipMessage.Log(selfId, push.get());
            if (peers.size() < config.directPushMembersMax()) {
                peers.forEach(peer -> out.send(peer.endpoint(), Lane.STREAM, message));
                counters.pushesSent += peers.size();
            }
        }
    }

    /** A member's message about instances arrived. */
    void receive(final Endpoint from, final GossipMessage.Log message, final Now now, final Effects out) {
        final String nodeId = message.from().nodeId();
        switch (message.message().type()) {
            case PUSH -> onPush(nodeId, (LogMessage.Push) message.message(), now);
            case SYNC_REQUEST ->
                onSyncRequest(from, message.from(), (LogMessage.SyncRequest) message.message(), now, out);
            case SYNC_CHUNK -> onSyncChunk(from, message.from(), (LogMessage.SyncChunk) message.message(), now, out);
            case SYNC_NEXT -> {
                final LogMessage.SyncNext next = (LogMessage.SyncNext) message.message();
                replica.answer(nodeId, next, now.nanos()).ifPresent(chunk -> send(from, chunk, out));
            }
        }
    }

    /** What a member's vector hashes to, as just heard from it. */
    void heardHash(final MemberId from, final long digestHash, final Now now) {
        syncs.heard(from, digestHash != replica.digestHash(), now.nanos());
    }

    /** A member that is new, or back, may have what we lack and lacks what we told while it was away. */
    void appeared(final String nodeId) {
        // A session with its earlier process will never end.
        syncs.aborted(nodeId);
        syncs.want(nodeId);
    }

    /** Starts the sessions that are wanted or due. */
    void startSyncs(final List<Member> peers, final Now now, final Effects out) {
        // What a second peer says is not to be mixed with the half of what a first one said.
        final int sessionsMax = replica.retention().isLoaded() ? config.sessionsMax() : 1;
        for (final SyncScheduler.Start start : syncs.due(peers, sessionsMax, now.nanos())) {
            send(start.peer().endpoint(), replica.request(start.session()), out);
        }
    }

    /** Own sessions that ran to their end. */
    long syncsCompleted() {
        return syncs.completedCount();
    }

    /** True while everything that was to be asked of reachable members was asked and answered, at least once. */
    boolean isCaughtUp() {
        return syncs.isCaughtUp() && !replica.retention().isResetting();
    }

    private void onPush(final String nodeId, final LogMessage.Push push, final Now now) {
        final DeltaVerdict verdict = replica.offer(push, now.wallMillis());
        switch (verdict) {
            case APPLIED -> counters.pushesApplied++;
            case DUPLICATE -> counters.pushesDuplicate++;
            case BEHIND -> {
                counters.pushesBehind++;
                syncs.want(nodeId);
            }
            case REFUSED -> counters.pushesRefused++;
        }
    }

    private void onSyncRequest(
            final Endpoint from,
            final MemberId requester,
            final LogMessage.SyncRequest request,
            final Now now,
            final Effects out) {
        final String nodeId = requester.nodeId();
        final boolean isResetting = request.have().heads().stream().anyMatch(Digest.Head::isBehind);
        if (!isResetting && (!syncs.isBusy() || replica.retention().isLoaded())) {
            resetIfBehind(requester, request.have());
        }
        if (replica.lacksFrom(request.have())) {
            syncs.want(nodeId);
        }
        replica.answer(nodeId, request, now.nanos()).ifPresent(chunk -> send(from, chunk, out));
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
        final SyncVerdict verdict = replica.chunk(chunk, now.wallMillis());
        switch (verdict) {
            case MORE -> send(from, new LogMessage.SyncNext(chunk.session(), chunk.index() + 1), out);
            case DONE -> syncs.completed(nodeId);
            case BEHIND -> {
                syncs.aborted(nodeId);
                resetIfBehind(answerer, new Digest(chunk.heads()));
            }
            case DECLINED -> syncs.aborted(nodeId);
            case REFUSED -> {
                counters.chunksRefused++;
                syncs.aborted(nodeId);
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
        syncs.abortAll();
        replica.reset(theirs);
        syncs.want(member.nodeId());
    }

    private void send(final Endpoint to, final LogMessage message, final Effects out) {
        out.send(to, Lane.STREAM, new GossipMessage.Log(selfId, message));
    }
}
