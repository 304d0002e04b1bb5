package com.onebackend.registry.storage;

import com.onebackend.registry.model.Generation;
import com.onebackend.registry.model.Invariants;
import com.onebackend.registry.model.Origin;
import java.util.Objects;

/**
 * Who the node of a data folder is, and what it has bound itself to.
 *
 * @param nodeId the operator's name for the node
 * @param origin chosen once for the folder, kept for ever
 * @param generation of the last process that started on this folder
 * @param clusterId the cluster it belongs to; empty until it belongs to one
 * @param everVoter true while it votes in the catalog's Raft group: its Raft folder must then never be missing
 * @param promise the cluster id it promised to found or join; empty = none; {@link #JOIN_ONLY} = it founds none, ever
 * @param selfUrl the address it was last started with
 * @param removed why this node does not belong to the cluster any more, for a person; empty while it does
 */
public record NodeIdentity(
        String nodeId,
        Origin origin,
        Generation generation,
        String clusterId,
        boolean everVoter,
        String promise,
        String selfUrl,
        String removed) {
    /** The longest text in an identity, in characters. */
    public static final int TEXT_CHARS_MAX = 4096;

    /** Promised by a node that begins anew in place of one that a cluster knew: no cluster has this id. */
    public static final String JOIN_ONLY = "join-only";

    public NodeIdentity {
        Invariants.check(!nodeId.isEmpty(), "node id is empty");
        Objects.requireNonNull(origin, "origin");
        Objects.requireNonNull(generation, "generation");
        for (final String text : new String[] {nodeId, clusterId, promise, selfUrl, removed}) {
            Invariants.check(text.length() <= TEXT_CHARS_MAX, "a text of the node's identity is too long");
        }
    }

    /** Of a node that was never removed. */
    public NodeIdentity(
            final String nodeId,
            final Origin origin,
            final Generation generation,
            final String clusterId,
            final boolean everVoter,
            final String promise,
            final String selfUrl) {
        this(nodeId, origin, generation, clusterId, everVoter, promise, selfUrl, "");
    }

    /** True when it takes part in no founding: it joins the cluster of its peers, however long that takes. */
    public boolean isJoinOnly() {
        return promise.equals(JOIN_ONLY);
    }

    /** A new node of the same name, which knows nothing and may only join. */
    public NodeIdentity anew(final Origin newOrigin, final Generation next) {
        return new NodeIdentity(nodeId, newOrigin, next, "", false, JOIN_ONLY, selfUrl, "");
    }

    /** The same node in its next process. */
    public NodeIdentity restarted(final Generation next, final String url) {
        return new NodeIdentity(nodeId, origin, next, clusterId, everVoter, promise, url, removed);
    }

    /** The same node, belonging to this cluster. */
    public NodeIdentity inCluster(final String id) {
        return new NodeIdentity(nodeId, origin, generation, id, everVoter, promise, selfUrl, removed);
    }

    /** The same node, as a voter or not. */
    public NodeIdentity voting(final boolean votes) {
        return new NodeIdentity(nodeId, origin, generation, clusterId, votes, promise, selfUrl, removed);
    }

    /** The same node with this promise. */
    public NodeIdentity promising(final String id) {
        return new NodeIdentity(nodeId, origin, generation, clusterId, everVoter, id, selfUrl, removed);
    }

    /** The same node after the cluster has removed it. */
    public NodeIdentity removed(final String why) {
        return new NodeIdentity(nodeId, origin, generation, clusterId, everVoter, promise, selfUrl, why);
    }
}
