package com.onebackend.registry.node.catalog;

import com.onebackend.registry.api.ErrorCode;
import com.onebackend.registry.api.RegistryException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes back the vote of a node that lost its disk, once it follows the log again.
 *
 * <p>The group still counts on what the node had written. If it came back under its old place with an empty log, it
 * could vote against its own past, and Ratis' leader would send it entries it cannot place, as fast as it can and for
 * ever (RATIS-2523). Out of the group it is like any new node, and may become a voter again.
 *
 * <p><i>Thread:</i> a background thread, while Raft does not run here.
 */
final class LostVote {
    private static final Logger LOG = LoggerFactory.getLogger(LostVote.class);
    private static final int CONNECT_MILLIS_MAX = 1_000;

    private final CatalogConfig config;
    private final Voters voters;
    private String lastReason = "";

    LostVote(final CatalogConfig config, final Voters voters) {
        this.config = config;
        this.voters = voters;
    }

    /** True when the group counts this node, as far as it was told. */
    boolean isCounted(final List<CatalogPeer> told) {
        return told.stream().anyMatch(peer -> isSelf(peer.nodeId()));
    }

    /**
     * Tries once.
     *
     * @throws RegistryException CONFLICT: somebody lives at the address the group has for this node's id
     */
    synchronized void takeBack(final List<CatalogPeer> told) {
        for (final CatalogPeer peer : told) {
            if (isSelf(peer.nodeId())) {
                refuseLiving(peer);
            }
        }
        try {
            voters.remove(config.self().nodeId(), id -> !isSelf(id));
            LOG.info(
                    "catalog vote of a lost disk taken back self={}",
                    config.self().nodeId());
            lastReason = "";
        } catch (final RegistryException e) {
            if (!e.getMessage().equals(lastReason)) {
                lastReason = e.getMessage();
                LOG.warn(
                        "the cluster counts this node's vote from before it lost its disk, and only a majority of {}"
                                + " without this one's help can take it back; start the others ({})",
                        told.stream().map(CatalogPeer::nodeId).toList(),
                        lastReason);
            }
        }
    }

    /** This node's Raft does not run: who answers there is another process with the same id. */
    private void refuseLiving(final CatalogPeer listed) {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(listed.host(), listed.raftPort()), CONNECT_MILLIS_MAX);
        } catch (final IOException gone) {
            return;
        }
        throw new RegistryException(
                ErrorCode.CONFLICT,
                "another running node has the id " + listed.nodeId() + ", its Raft port is " + listed.address()
                        + "; give this one its own OB_NODE_ID");
    }

    private boolean isSelf(final String nodeId) {
        return nodeId.equals(config.self().nodeId());
    }
}
