package com.onebackend.registry.node.catalog;

import com.onebackend.registry.node.catalog.BootstrapPeers.Answer;
import com.onebackend.registry.storage.IdentityStore;
import com.onebackend.registry.storage.NodeIdentity;
import java.util.List;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What this node has bound itself to, and what it answers to starting nodes. The only writer of the identity's cluster,
 * promise and vote once the node runs.
 *
 * <p><i>Thread:</i> any. <i>Invariants:</i> a promise and a cluster are on disk before anybody hears of them;
 * neither is ever changed for another one.
 */
public final class BootstrapAnswers implements VoteMemory {
    private static final Logger LOG = LoggerFactory.getLogger(BootstrapAnswers.class);

    private final IdentityStore store;
    private final long process;
    private final Seeds seeds;
    private final Supplier<List<CatalogPeer>> members;
    private NodeIdentity identity;

    /**
     * Reads what the node has bound itself to.
     *
     * @param process random, another one at each start
     * @param members the voters as far as this node knows them; empty before it belongs to a cluster
     */
    public BootstrapAnswers(
            final IdentityStore store,
            final long process,
            final Seeds seeds,
            final Supplier<List<CatalogPeer>> members) {
        this.store = store;
        this.process = process;
        this.seeds = seeds;
        this.members = members;
        this.identity = store.load();
        if (identity == null) {
            throw new IllegalStateException("the node's identity must be saved before it is asked for");
        }
    }

    /** What this node says of itself. */
    public Answer answer() {
        final NodeIdentity now = identity();
        return new Answer(
                now.nodeId(), now.origin(), process, now.clusterId(), seeds.urls(), members.get(), now.promise());
    }

    /**
     * Promises to take part in no founding but that of {@code clusterId}. False when it has promised another, or
     * belongs to a cluster already: the founder must then ask again and join.
     */
    public synchronized boolean promise(final String clusterId, final String founder) {
        if (clusterId.isEmpty() || clusterId.length() > NodeIdentity.TEXT_CHARS_MAX) {
            return false;
        }
        if (!identity.clusterId().isEmpty()) {
            return false;
        }
        if (identity.promise().isEmpty()) {
            save(identity.promising(clusterId));
            LOG.info("bootstrap promise cluster={} founder={}", clusterId, founder);
        }
        return identity.promise().equals(clusterId);
    }

    /**
     * From here on the node belongs to {@code clusterId}.
     *
     * @throws IllegalStateException it belongs to another one
     */
    public synchronized void belongsTo(final String clusterId) {
        requireNoOther(clusterId);
        if (identity.clusterId().isEmpty()) {
            save(identity.inCluster(clusterId));
            LOG.info("bootstrap done cluster={}", clusterId);
        }
    }

    private void requireNoOther(final String clusterId) {
        if (!identity.clusterId().isEmpty() && !identity.clusterId().equals(clusterId)) {
            throw new IllegalStateException(
                    "this node belongs to cluster " + identity.clusterId() + ", never to " + clusterId);
        }
    }

    /**
     * This node has founded {@code clusterId} and is its first voter, in one step: a founder's Raft folder is the
     * cluster.
     */
    public synchronized void founded(final String clusterId) {
        requireNoOther(clusterId);
        save(identity.inCluster(clusterId).voting(true));
        LOG.info("bootstrap done cluster={} founded", clusterId);
    }

    /** The cluster has removed this node; remembered by every later process of its folder. */
    public synchronized void removed(final String why) {
        if (identity.removed().isEmpty()) {
            save(identity.removed(
                    why.length() <= NodeIdentity.TEXT_CHARS_MAX ? why : why.substring(0, NodeIdentity.TEXT_CHARS_MAX)));
            LOG.warn("{}", why);
        }
    }

    @Override
    public synchronized void becameVoter() {
        if (!identity.everVoter()) {
            save(identity.voting(true));
        }
    }

    @Override
    public synchronized void resigned() {
        if (identity.everVoter()) {
            save(identity.voting(false));
        }
    }

    /** What is on disk. */
    public synchronized NodeIdentity identity() {
        return identity;
    }

    private void save(final NodeIdentity next) {
        store.save(next);
        identity = next;
    }
}
