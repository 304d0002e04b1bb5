package com.onebackend.registry.node.catalog;

import com.onebackend.registry.api.ErrorCode;
import com.onebackend.registry.api.RegistryException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
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
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Changes of the Raft group: this node joins it, a node leaves it, this node has moved.
 *
 * <p><i>Thread:</i> a background thread; calls block, for ever where they say so, and end when interrupted.
 */
final class Voters {
    private static final Logger LOG = LoggerFactory.getLogger(Voters.class);

    private static final int ATTEMPTS_MAX = 6;
    private static final long RETRY_MILLIS_MIN = 250;
    private static final long RETRY_MILLIS_MAX = 5_000;
    /** From being in the configuration to taking part. */
    private static final long RUNNING_MILLIS_MAX = 10_000;

    private final CatalogConfig config;
    private final Supplier<RaftNode> raft;

    Voters(final CatalogConfig config, final Supplier<RaftNode> raft) {
        this.config = config;
        this.raft = raft;
    }

    /** Adds this node to the group that {@code known} belongs to; tries until it takes part in it. */
    void join(final Supplier<List<CatalogPeer>> known) throws InterruptedException {
        long retryMillis = RETRY_MILLIS_MIN;
        String lastReason = "";
        while (!isRunning()) {
            String reason = "";
            final List<RaftPeer> others = others(known.get());
            if (others.isEmpty()) {
                reason = "no member of the cluster is known yet";
            } else {
                try {
                    add(others);
                    reason = awaitRunning() ? "" : "added, but not taking part yet";
                } catch (final IOException | RuntimeException e) {
                    reason = RatisErrors.reason(RatisErrors.unwrap(e));
                }
            }
            if (!reason.isEmpty()) {
                if (!reason.equals(lastReason)) {
                    LOG.info(
                            "catalog not joined yet self={} reason={}",
                            config.self().nodeId(),
                            reason);
                    lastReason = reason;
                }
                TimeUnit.MILLISECONDS.sleep(retryMillis);
                retryMillis = Math.min(retryMillis * 2, RETRY_MILLIS_MAX);
            }
        }
        LOG.info("catalog joined self={} cluster={}", config.self().nodeId(), config.clusterId());
    }

    private void add(final List<RaftPeer> others) throws IOException {
        change(
                others,
                SetConfigurationRequest.Arguments.newBuilder()
                        .setMode(Mode.ADD)
                        .setServersInNewConf(List.of(RaftNode.raftPeer(config.self())))
                        .build());
    }

    private boolean awaitRunning() throws InterruptedException {
        final long untilNanos = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(RUNNING_MILLIS_MAX);
        while (!isRunning()) {
            if (System.nanoTime() - untilNanos > 0) {
                return false;
            }
            TimeUnit.MILLISECONDS.sleep(20);
        }
        return true;
    }

    private boolean isRunning() {
        final RaftNode node = raft.get();
        return node != null && node.isRunning();
    }

    /**
     * Takes a voter out; nothing to do when it is none.
     *
     * @param isReachable which node ids answer now; this one counts as reachable
     * @throws RegistryException CONFLICT: the voters left would have no majority, or another change came first;
     *     INDETERMINATE
     */
    void remove(final String nodeId, final Predicate<String> isReachable) {
        final RaftNode node = raft.get();
        if (node == null) {
            throw new RegistryException(ErrorCode.UNAVAILABLE, "Raft is restarting on this node; retry in a moment");
        }
        final List<RaftPeer> before = List.copyOf(node.voters());
        final List<RaftPeer> after = before.stream()
                .filter(peer -> !peer.getId().toString().equals(nodeId))
                .toList();
        if (after.size() == before.size()) {
            return;
        }
        requireMajority(before, isReachable, "is unreachable");
        requireMajority(after, isReachable, "would be unreachable without " + nodeId);
        try {
            change(
                    after,
                    SetConfigurationRequest.Arguments.newBuilder()
                            .setMode(Mode.COMPARE_AND_SET)
                            .setServersInCurrentConf(before)
                            .setServersInNewConf(after)
                            .build());
        } catch (final IOException e) {
            throw RatisErrors.change(e);
        }
        LOG.info("catalog voter removed node={} voters={}", nodeId, after);
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
            return true;
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
        change(
                after,
                SetConfigurationRequest.Arguments.newBuilder()
                        .setMode(Mode.COMPARE_AND_SET)
                        .setServersInCurrentConf(before)
                        .setServersInNewConf(after)
                        .build());
    }

    /** As another voter sees them: nobody reaches a node that has moved, so what it knows may be old. */
    private List<RaftPeer> currentVoters(final RaftNode node) throws IOException {
        IOException failure = null;
        final List<RaftPeer> voters = List.copyOf(node.voters());
        if (voters.size() < 2) {
            return voters;
        }
        try (RaftClient client = client(config, voters)) {
            for (final RaftPeer peer : voters) {
                if (peer.getId().equals(node.id())) {
                    continue;
                }
                try {
                    final GroupInfoReply info =
                            client.getGroupManagementApi(peer.getId()).info(groupId());
                    return List.copyOf(info.getGroup().getPeers());
                } catch (final IOException e) {
                    failure = e;
                }
            }
        }
        throw failure;
    }

    private void change(final List<RaftPeer> through, final SetConfigurationRequest.Arguments arguments)
            throws IOException {
        change(config, through, arguments);
    }

    static void change(
            final CatalogConfig config, final List<RaftPeer> through, final SetConfigurationRequest.Arguments arguments)
            throws IOException {
        try (RaftClient client = client(config, through)) {
            final RaftClientReply reply = client.admin().setConfiguration(arguments);
            if (!reply.isSuccess()) {
                throw reply.getException();
            }
        }
    }

    /** Who votes, as one of {@code others} tells it. */
    static List<RaftPeer> toldBy(final RaftPeer peer, final CatalogConfig config, final List<RaftPeer> others)
            throws IOException {
        try (RaftClient client = client(config, others)) {
            return List.copyOf(client.getGroupManagementApi(peer.getId())
                    .info(RaftGroupId.valueOf(config.clusterId()))
                    .getGroup()
                    .getPeers());
        }
    }

    static RaftClient client(final CatalogConfig config, final List<RaftPeer> peers) {
        return RaftClient.newBuilder()
                .setProperties(RatisSettings.client(RatisSettings.ADMIN_MILLIS_MAX))
                .setParameters(RatisSettings.parameters(config.tls()))
                .setRaftGroup(RaftGroup.valueOf(RaftGroupId.valueOf(config.clusterId()), peers))
                .setRetryPolicy(ExponentialBackoffRetry.newBuilder()
                        .setBaseSleepTime(RatisSettings.millis(100))
                        .setMaxSleepTime(RatisSettings.millis(500))
                        .setMaxAttempts(ATTEMPTS_MAX)
                        .build())
                .build();
    }

    private RaftGroupId groupId() {
        return RaftGroupId.valueOf(config.clusterId());
    }

    private List<RaftPeer> others(final List<CatalogPeer> peers) {
        final Map<String, RaftPeer> byId = new LinkedHashMap<>();
        for (final CatalogPeer peer : peers) {
            if (!peer.nodeId().equals(config.self().nodeId())) {
                byId.putIfAbsent(peer.nodeId(), RaftNode.raftPeer(peer));
            }
        }
        return List.copyOf(byId.values());
    }
}
