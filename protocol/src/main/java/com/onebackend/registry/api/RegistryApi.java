package com.onebackend.registry.api;

import com.onebackend.registry.directory.Directory;
import com.onebackend.registry.model.Account;
import com.onebackend.registry.model.Definition;
import com.onebackend.registry.model.Instance;
import com.onebackend.registry.model.SigningKey;
import java.util.List;

/**
 * What the door may ask of this node.
 *
 * <p><i>Thread:</i> any. Reads return at once from local immutable state and never block; writes answer through
 * their
 * {@link Reply}. The door has already checked the caller's permission for the kind of operation; which records
 * a caller
 * may touch is decided here.
 */
public interface RegistryApi {
    /** The read model of instances. */
    Directory directory();

    /**
     * Register or update. Answered when it is on this node's disk. Refusals: INVALID, FORBIDDEN (another slug's
     * record), OVERLOADED, UNAVAILABLE (not ready, or the clock is wrong).
     */
    void register(Caller caller, RegisterInstance request, Reply<Instance> reply);

    /**
     * An instance gives a sign of life. Answered at once, unless this node takes the instance over from an owner that
     * is gone: then when that is on its disk. Refusals: NOT_FOUND (register it in full), FORBIDDEN (another slug's
     * record), OVERLOADED, UNAVAILABLE (not ready).
     */
    void heartbeat(Caller caller, String instanceId, Reply<Instance> reply);

    /**
     * Remove an instance, everywhere and finally. Refusals: NOT_FOUND, FORBIDDEN, OVERLOADED, UNAVAILABLE
     * (not ready, or the clock is wrong).
     */
    void deregister(Caller caller, String instanceId, Reply<Instance> reply);

    /** All definitions as applied on this node, ordered by id. */
    List<Definition> definitions();

    /** Save a definition. Answered when this node has applied it. Refusals: INVALID, UNAVAILABLE, INDETERMINATE. */
    void saveDefinition(Caller caller, Definition definition, Reply<Definition> reply);

    /** Delete a definition. Refusals: NOT_FOUND, UNAVAILABLE, INDETERMINATE. */
    void deleteDefinition(Caller caller, String definitionId, Reply<Definition> reply);

    /**
     * Answers once this node has applied every catalog write that was acknowledged anywhere before the call:
     * what makes a
     * following local read linearizable. Refusals: UNAVAILABLE.
     */
    void awaitCatalog(Reply<Long> reply);

    /** All nodes, this one included, ordered by id. */
    List<NodeView> nodes();

    /** This node. */
    NodeView self();

    /**
     * Remove a node from the cluster by its URL or id, with the instances it owns. Refusals: NOT_FOUND,
     * CONFLICT (alive and
     * not forced, or the cluster would lose its majority), UNAVAILABLE, INDETERMINATE.
     */
    void removeNode(Caller caller, String urlOrId, boolean force, Reply<NodeView> reply);

    /**
     * Founds the cluster that this node waits to found, without the peers that are missing. May take as long as these
     * take not to answer: for a thread that may block.
     *
     * @param force false only says what would be done
     * @param reply refusals: UNAUTHENTICATED (no proof of the cluster secret), CONFLICT (there is a cluster, or this
     *     node founds none), OVERLOADED, UNAVAILABLE
     */
    default void initCluster(final SecretProof proof, final boolean force, final Reply<ClusterInit> reply) {
        reply.failure(new RegistryError(ErrorCode.UNAVAILABLE, "this node founds no cluster"));
    }

    /** How this node and its cluster stand. */
    ClusterStatus cluster();

    /** How the catalog stands; asks the leader, and answers without its part when that does not answer. */
    void catalogStatus(Reply<ClusterStatus.Catalog> reply);

    /** True when this node answers in full. Asked at every request, so it should cost one field read. */
    default boolean ready() {
        return cluster().ready();
    }

    /** True when this process will not answer in full again. */
    default boolean isOver() {
        return false;
    }

    /** What is told to whom asks of a node that does not answer in full. */
    default String refusal() {
        final String reason = cluster().reason();
        return isOver() ? reason : "This node is not ready yet: " + reason;
    }

    /** The account with this slug, as applied on this node; null when there is none. */
    Account account(String slug);

    /** The keys that sign tokens, the newest first; empty until the catalog has one. */
    List<SigningKey> signingKeys();

    /**
     * The private key of {@code key}, PKCS#8 DER.
     *
     * @throws RegistryException UNAVAILABLE when the cluster secret does not open it
     */
    byte[] openPrivateKey(SigningKey key);
}
