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
 * neither is ever changed for another one, but by force: an operator's promise takes the place of another, and is
 * itself no obstacle to a founding that all take part in. Nothing is promised by a node that founds, so that of two
 * foundings which both need this node only one can come to its end.
 */
public final class BootstrapAnswers implements VoteMemory {
    private static final Logger LOG = LoggerFactory.getLogger(BootstrapAnswers.class);
    /** Before the cluster id in a promise that an operator has ordered. */
    private static final String FORCED = "forced:";

    private final IdentityStore store;
    private final long process;
    private final Seeds seeds;
    private final Supplier<List<CatalogPeer>> members;
    private NodeIdentity identity;
    /** From the last promise collected until it is on disk that there is a cluster, or this process has died. */
    private boolean isFounding;

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
        if (!identity.clusterId().isEmpty() || isFounding) {
            return false;
        }
        if (identity.promise().isEmpty() || identity.promise().startsWith(FORCED)) {
            save(identity.promising(clusterId));
            LOG.info("bootstrap promise cluster={} founder={}", clusterId, founder);
        }
        return identity.promise().equals(clusterId);
    }

    /** The same by an operator's order, without those that are missing; in place of what was promised before. */
    public synchronized boolean promiseByForce(final String clusterId, final String founder) {
        final String promise = FORCED + clusterId;
        if (clusterId.isEmpty() || promise.length() > NodeIdentity.TEXT_CHARS_MAX) {
            return false;
        }
        if (!identity.clusterId().isEmpty() || isFounding || identity.isJoinOnly()) {
            return false;
        }
        LOG.warn("bootstrap promise by force cluster={} founder={} before={}", clusterId, founder, identity.promise());
        save(identity.promising(promise));
        return true;
    }

    /**
     * This process founds {@code clusterId} now, and promises nothing else any more. False when its own promise was
     * given to another founding meanwhile.
     */
    public synchronized boolean beginsFounding(final String clusterId) {
        final String promise = identity.promise();
        if (!identity.clusterId().isEmpty()
                || !(promise.isEmpty() || promise.equals(clusterId) || promise.equals(FORCED + clusterId))) {
            return false;
        }
        isFounding = true;
        return true;
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
