package com.onebackend.registry.node.catalog;

import com.onebackend.registry.api.ErrorCode;
import com.onebackend.registry.api.RegistryException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.protocol.SetConfigurationRequest;
import org.apache.ratis.protocol.SetConfigurationRequest.Mode;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes back the vote of a node that lost its disk, before it joins anew.
 *
 * <p>The group still counts on what the node had written. If it came back under its old place with an empty log, it
 * could
 * vote against its own past, and Ratis' leader would send it entries it cannot place, as fast as it can and for ever
 * (RATIS-2523). Out and in again it starts like any new node.
 *
 * <p><i>Thread:</i> the caller's, before Raft starts; blocks until it is done or interrupted.
 */
final class LostVote {
    private static final Logger LOG = LoggerFactory.getLogger(LostVote.class);
    private static final long RETRY_MILLIS = 500;
    private static final int CONNECT_MILLIS_MAX = 1_000;

    private final CatalogConfig config;

    LostVote(final CatalogConfig config) {
        this.config = config;
    }

    /**
     * Returns when the group that {@code known} belongs to does not count this node.
     *
     * @param waitsFor told, once per change, why it is not done yet
     * @throws RegistryException CONFLICT: somebody lives at the address the group has for this node's id
     */
    void takeBack(final Supplier<List<CatalogPeer>> known, final Consumer<String> waitsFor)
            throws InterruptedException {
        String lastReason = "";
        while (true) {
            String reason;
            try {
                if (isOut(known.get())) {
                    return;
                }
                reason = "no member has said yet who votes";
            } catch (final IOException e) {
                reason = e.getMessage();
            }
            if (!reason.equals(lastReason)) {
                LOG.info(
                        "catalog not joined yet self={} reason={}",
                        config.self().nodeId(),
                        reason);
                waitsFor.accept(reason);
                lastReason = reason;
            }
            TimeUnit.MILLISECONDS.sleep(RETRY_MILLIS);
        }
    }

    /** False when nobody could be asked. */
    private boolean isOut(final List<CatalogPeer> known) throws IOException {
        final List<RaftPeer> others = known.stream()
                .filter(peer -> !isSelf(peer.nodeId()))
                .map(RaftNode::raftPeer)
                .distinct()
                .toList();
        boolean isAnswered = false;
        for (final RaftPeer peer : others) {
            final List<RaftPeer> voters;
            try {
                voters = Voters.toldBy(peer, config, others);
            } catch (final IOException e) {
                LOG.debug("catalog voters not told by={}", peer.getId(), e);
                continue;
            }
            isAnswered = true;
            if (voters.stream().anyMatch(voter -> isSelf(voter.getId().toString()))) {
                remove(voters);
            }
        }
        return isAnswered;
    }

    private void remove(final List<RaftPeer> voters) throws IOException {
        for (final RaftPeer voter : voters) {
            if (isSelf(voter.getId().toString())) {
                refuseLiving(voter);
            }
        }
        final List<RaftPeer> after = voters.stream()
                .filter(voter -> !isSelf(voter.getId().toString()))
                .toList();
        try {
            Voters.change(
                    config,
                    after,
                    SetConfigurationRequest.Arguments.newBuilder()
                            .setMode(Mode.COMPARE_AND_SET)
                            .setServersInCurrentConf(voters)
                            .setServersInNewConf(after)
                            .build());
        } catch (final IOException e) {
            LOG.debug("catalog vote of a lost disk not taken back", e);
            throw new IOException(
                    "the cluster still counts this node's vote from before it lost its disk, and only a majority of "
                            + ids(voters) + " without this one's help can take it back; start the others");
        }
        LOG.info(
                "catalog vote of a lost disk taken back self={} voters={}",
                config.self().nodeId(),
                after);
    }

    private static List<String> ids(final List<RaftPeer> voters) {
        return voters.stream().map(voter -> voter.getId().toString()).sorted().toList();
    }

    /** This node's Raft does not run yet: who answers there is another process with the same id. */
    private void refuseLiving(final RaftPeer listed) {
        final CatalogPeer peer = RaftNode.peer(listed.getId().toString(), listed.getAddress());
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(peer.host(), peer.raftPort()), CONNECT_MILLIS_MAX);
        } catch (final IOException gone) {
            return;
        }
        throw new RegistryException(
                ErrorCode.CONFLICT,
                "another running node has the id " + peer.nodeId() + ", its Raft port is " + listed.getAddress()
                        + "; give this one its own OB_NODE_ID");
    }

    private boolean isSelf(final String nodeId) {
        return nodeId.equals(config.self().nodeId());
    }
}
