package com.onebackend.registry.node.catalog;

import com.onebackend.registry.api.ErrorCode;
import com.onebackend.registry.api.RegistryException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes back the vote of a node that lost its disk, once it follows the log again.
 *
 * <p>The group still counts on what the node had written. If it came back under its old place with an empty log, it
 * could vote against its own past, and Ratis' leader would send it entries it cannot place, as fast as it can and for
 * ever (RATIS-2523). Out of the group it is like any new node, and may become a voter again.
 *
 * <p><i>Thread:</i> a background thread, one at a time. <i>Invariants:</i> nothing is done while Raft runs here, since
 * then the vote is the new one, and who answers at this node's address is this node.
 */
final class LostVote {
    private static final Logger LOG = LoggerFactory.getLogger(LostVote.class);
    private static final int CONNECT_MILLIS_MAX = 1_000;
    /** The reason differs a little each time. */
    private static final long WARN_SECONDS = 60;

    private final CatalogConfig config;
    private final Voters voters;
    private final Idle raft;
    private final AtomicBoolean isUnderWay = new AtomicBoolean();
    /** Of the last warning; 0 = there was none. */
    private volatile long warnedNanos;

    /** This node's Raft server, which may be started at any moment. */
    @FunctionalInterface
    interface Idle {
        /** Runs {@code work} while no server runs, and keeps one from starting; false when one runs. */
        boolean whileIdle(Runnable work);
    }

    LostVote(final CatalogConfig config, final Voters voters, final Idle raft) {
        this.config = config;
        this.voters = voters;
        this.raft = raft;
    }

    /** True when the group counts this node, as far as it was told. */
    boolean isCounted(final List<CatalogPeer> told) {
        return told.stream().anyMatch(this::isSelf);
    }

    /**
     * Tries once; nothing to do while another try is under way, or Raft runs here.
     *
     * @throws RegistryException CONFLICT: somebody lives at the address the group has for this node's id
     */
    void takeBack(final List<CatalogPeer> told) {
        if (!isUnderWay.compareAndSet(false, true)) {
            return;
        }
        try {
            // What was told may be old: the node may have become a voter again meanwhile, and listen at that address.
            if (raft.whileIdle(() -> told.stream().filter(this::isSelf).forEach(LostVote::refuseLiving))) {
                remove(told);
            }
        } finally {
            isUnderWay.set(false);
        }
    }

    private void remove(final List<CatalogPeer> told) {
        try {
            voters.remove(config.self().nodeId(), id -> !id.equals(config.self().nodeId()));
            LOG.info(
                    "catalog vote of a lost disk taken back self={}",
                    config.self().nodeId());
            warnedNanos = 0;
        } catch (final RegistryException e) {
            noteFailure(told, e.getMessage());
        } catch (final RuntimeException e) {
            // Silence here would be a vote that is counted for ever.
            LOG.debug("catalog vote of a lost disk not taken back", e);
            noteFailure(told, RatisErrors.reason(e));
        }
    }

    private void noteFailure(final List<CatalogPeer> told, final String reason) {
        final long nowNanos = System.nanoTime();
        if (warnedNanos == 0 || nowNanos - warnedNanos >= TimeUnit.SECONDS.toNanos(WARN_SECONDS)) {
            warnedNanos = nowNanos;
            LOG.warn(
                    "the cluster counts this node's vote from before it lost its disk; the voters are {}, and {} ({})",
                    told.stream().map(CatalogPeer::nodeId).toList(),
                    // Of two voters, or one, the rest is no majority.
                    told.size() > 2
                            ? "only a majority of them without this one can take it back: start the others, or see oo"
                                    + " cluster recover when they are gone for good"
                            : "no majority of them is left to take it back: stop this node, and see oo cluster recover",
                    reason);
        }
    }

    /** This node's Raft does not run: who answers there is another process with the same id. */
    private static void refuseLiving(final CatalogPeer listed) {
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

    private boolean isSelf(final CatalogPeer peer) {
        return peer.nodeId().equals(config.self().nodeId());
    }
}
