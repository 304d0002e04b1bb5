package com.onebackend.registry.node.catalog;

import com.onebackend.registry.api.ErrorCode;
import com.onebackend.registry.api.RegistryException;
import com.onebackend.registry.wire.WireException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.apache.ratis.client.RaftClient;
import org.apache.ratis.protocol.GroupInfoReply;
import org.apache.ratis.protocol.RaftClientReply;
import org.apache.ratis.protocol.RaftGroup;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.protocol.SetConfigurationRequest;
import org.apache.ratis.protocol.SetConfigurationRequest.Mode;
import org.apache.ratis.retry.ExponentialBackoffRetry;
import org.apache.ratis.thirdparty.io.grpc.StatusRuntimeException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Changes of the Raft group: a node becomes a voter, or is none any more, or has moved.
 *
 * <p><i>Thread:</i> a background thread; calls block, for ever where they say so, and end when interrupted.
 */
final class Voters {
    private static final Logger LOG = LoggerFactory.getLogger(Voters.class);

    private static final int ATTEMPTS_MAX = 6;
    private static final long RETRY_MILLIS_MIN = 250;
    private static final long RETRY_MILLIS_MAX = 5_000;
    private static final Duration OFFER_TIMEOUT = Duration.ofSeconds(10);

    private final CatalogConfig config;
    private final CatalogState state;
    private final Supplier<RaftNode> raft;
    private final Supplier<List<CatalogPeer>> told;

    /** @param told the voters as a node without a vote was told; for when Raft does not run here */
    Voters(
            final CatalogConfig config,
            final CatalogState state,
            final Supplier<RaftNode> raft,
            final Supplier<List<CatalogPeer>> told) {
        this.config = config;
        this.state = state;
        this.raft = raft;
        this.told = told;
    }

    /**
     * As leader: makes a node that follows the log a voter. It is asked first, and starts its Raft server; then the
     * group takes it in, once it has caught up.
     *
     * @throws RegistryException CONFLICT: this node does not lead, the other does not want to, or another change came
     *     first; INDETERMINATE
     */
    void promote(final String nodeId) throws InterruptedException {
        final RaftNode node = raft.get();
        if (node == null || !node.isLeader()) {
            throw new RegistryException(ErrorCode.CONFLICT, "only the leader makes voters");
        }
        final List<RaftPeer> before = List.copyOf(node.voters());
        if (before.stream().anyMatch(peer -> peer.getId().toString().equals(nodeId))) {
            return;
        }
        final CatalogPeer candidate = offer(nodeId);
        final List<RaftPeer> after = new ArrayList<>(before);
        after.add(RaftPeer.newBuilder(RaftNode.raftPeer(candidate))
                .setPriority(before.get(0).getPriority())
                .build());
        try {
            change(before, after, before);
        } catch (final IOException e) {
            throw RatisErrors.change(e);
        }
        LOG.info("catalog voter added node={} voters={}", nodeId, after);
    }

    /** Asks the node to vote; answers where its Raft server listens by now. */
    private CatalogPeer offer(final String nodeId) throws InterruptedException {
        final FeedPeers.Candidate candidate = config.peers().candidates().stream()
                .filter(other -> other.nodeId().equals(nodeId))
                .findFirst()
                .orElseThrow(() -> new RegistryException(ErrorCode.CONFLICT, nodeId + " is not known here"));
        try {
            final FeedCodec.Acceptance accepted = FeedCodec.decodeAcceptance(config.peers()
                    .request(candidate, FeedCodec.encodeOffer(state.epoch()), OFFER_TIMEOUT)
                    .get(OFFER_TIMEOUT.toMillis() * 2, TimeUnit.MILLISECONDS));
            if (accepted.peer() == null || !accepted.peer().nodeId().equals(nodeId)) {
                throw new RegistryException(
                        ErrorCode.CONFLICT, nodeId + " does not become a voter: " + accepted.refusal());
            }
            return accepted.peer();
        } catch (final ExecutionException | TimeoutException | WireException e) {
            throw new RegistryException(
                    ErrorCode.CONFLICT,
                    nodeId + " does not answer the offer to vote: " + RatisErrors.reason(RatisErrors.unwrap(e)));
        }
    }

    /**
     * Takes a voter out; nothing to do, and false, when it is none.
     *
     * @param isReachable which node ids answer now; this one counts as reachable
     * @throws RegistryException CONFLICT: the voters left would have no majority, or another change came first;
     *     INDETERMINATE
     */
    boolean remove(final String nodeId, final Predicate<String> isReachable) {
        final List<RaftPeer> before = known();
        if (before.isEmpty()) {
            throw new RegistryException(
                    ErrorCode.UNAVAILABLE, "this node does not know yet who votes; retry in a moment");
        }
        final List<RaftPeer> after = before.stream()
                .filter(peer -> !peer.getId().toString().equals(nodeId))
                .toList();
        if (after.size() == before.size()) {
            return false;
        }
        requireMajority(before, isReachable, "is unreachable");
        requireMajority(after, isReachable, "would be unreachable without " + nodeId);
        try {
            change(before, after, after);
        } catch (final IOException e) {
            throw RatisErrors.change(e);
        }
        LOG.info("catalog voter removed node={} voters={}", nodeId, after);
        return true;
    }

    private void requireMajority(
            final Collection<RaftPeer> voters, final Predicate<String> isReachable, final String problem) {
        final long reachable = voters.stream()
                .map(peer -> peer.getId().toString())
                .filter(id -> id.equals(config.self().nodeId()) || isReachable.test(id))
                .count();
        if (reachable <= voters.size() / 2) {
            throw new RegistryException(
                    ErrorCode.CONFLICT,
                    "a majority of the catalog's voters " + voters + " " + problem
                            + "; bring voters back before you remove one");
        }
    }

    /** When this node has moved, tells the group its new address; tries until the group has it. */
    void publishAddress() throws InterruptedException {
        long retryMillis = RETRY_MILLIS_MIN;
        String lastReason = "";
        while (hasMoved()) {
            String reason = "the group has not taken it over yet";
            try {
                moveTo(config.self());
            } catch (final IOException | RuntimeException e) {
                reason = RatisErrors.reason(RatisErrors.unwrap(e));
            }
            if (!reason.equals(lastReason)) {
                LOG.info(
                        "catalog address not published yet address={} reason={}",
                        config.self().address(),
                        reason);
                lastReason = reason;
            }
            TimeUnit.MILLISECONDS.sleep(retryMillis);
            retryMillis = Math.min(retryMillis * 2, RETRY_MILLIS_MAX);
        }
    }

    private boolean hasMoved() {
        final RaftNode node = raft.get();
        if (node == null) {
            return false;
        }
        return node.voters().stream()
                .anyMatch(peer -> peer.getId().equals(node.id())
                        && !peer.getAddress().equals(config.self().address()));
    }

    private void moveTo(final CatalogPeer self) throws IOException {
        final RaftNode node = raft.get();
        if (node == null) {
            return;
        }
        final List<RaftPeer> before = currentVoters(node);
        final List<RaftPeer> after = new ArrayList<>();
        for (final RaftPeer peer : before) {
            // Raft sees no change in a new address alone. All priorities rise together, so that none is preferred.
            final RaftPeer.Builder next = RaftPeer.newBuilder(peer).setPriority(peer.getPriority() + 1);
            if (peer.getId().equals(node.id())) {
                next.setAddress(self.address());
            }
            after.add(next.build());
        }
        change(before, after, after);
    }

    /** As another voter sees them: nobody reaches a node that has moved, so what it knows may be old. */
    private List<RaftPeer> currentVoters(final RaftNode node) throws IOException {
        IOException failure = null;
        final List<RaftPeer> voters = List.copyOf(node.voters());
        if (voters.size() < 2) {
            return voters;
        }
        try (RaftClient client = client(voters)) {
            for (final RaftPeer peer : voters) {
                if (peer.getId().equals(node.id())) {
                    continue;
                }
                try {
                    return toldBy(client, peer);
                } catch (final IOException e) {
                    failure = e;
                }
            }
        }
        throw failure;
    }

    /** The voters as Raft knows them here, with their priorities; on a node without a vote, as it was told. */
    private List<RaftPeer> known() {
        final RaftNode node = raft.get();
        if (node != null && node.isRunning()) {
            return List.copyOf(node.voters());
        }
        final List<CatalogPeer> voters = told.get();
        final List<RaftPeer> all = voters.stream().map(RaftNode::raftPeer).toList();
        for (final CatalogPeer voter : voters) {
            if (voter.nodeId().equals(config.self().nodeId())) {
                // No Raft server runs here.
                continue;
            }
            try {
                return toldBy(RaftNode.raftPeer(voter), all);
            } catch (final IOException e) {
                LOG.debug("catalog voters not told by={}", voter.nodeId(), e);
            }
        }
        return List.of();
    }

    /** Changes the group from {@code before} to {@code after}, and no other one, through some of {@code through}. */
    void change(final List<RaftPeer> before, final List<RaftPeer> after, final List<RaftPeer> through)
            throws IOException {
        try (RaftClient client = client(through)) {
            final RaftClientReply reply = client.admin()
                    .setConfiguration(SetConfigurationRequest.Arguments.newBuilder()
                            .setMode(Mode.COMPARE_AND_SET)
                            .setServersInCurrentConf(before)
                            .setServersInNewConf(after)
                            .build());
            if (!reply.isSuccess()) {
                throw reply.getException();
            }
        }
    }

    /** Who votes, as {@code peer} tells it. */
    List<RaftPeer> toldBy(final RaftPeer peer, final List<RaftPeer> others) throws IOException {
        try (RaftClient client = client(others)) {
            return toldBy(client, peer);
        }
    }

    private List<RaftPeer> toldBy(final RaftClient client, final RaftPeer peer) throws IOException {
        try {
            final GroupInfoReply info =
                    client.getGroupManagementApi(peer.getId()).info(groupId());
            return List.copyOf(info.getGroup().getPeers());
        } catch (final StatusRuntimeException e) {
            // Alone among the calls of the client, this one does not translate what gRPC throws for a dead peer.
            throw new IOException(RatisErrors.reason(e), e);
        }
    }

    private RaftClient client(final List<RaftPeer> peers) {
        return RaftClient.newBuilder()
                .setProperties(RatisSettings.client(RatisSettings.ADMIN_MILLIS_MAX))
                .setParameters(RatisSettings.parameters(config.tls()))
                .setRaftGroup(RaftGroup.valueOf(groupId(), peers))
                .setRetryPolicy(ExponentialBackoffRetry.newBuilder()
                        .setBaseSleepTime(RatisSettings.millis(100))
                        .setMaxSleepTime(RatisSettings.millis(500))
                        .setMaxAttempts(ATTEMPTS_MAX)
                        .build())
                .build();
    }

    private RaftGroupId groupId() {
        return RaftGroupId.valueOf(config.groupId(state.epoch()));
    }
}
