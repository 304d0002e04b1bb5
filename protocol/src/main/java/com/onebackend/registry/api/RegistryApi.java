package com.onebackend.registry.api;

import com.onebackend.registry.directory.DefinitionEntry;
import com.onebackend.registry.directory.DefinitionList;
import com.onebackend.registry.directory.Directory;
import com.onebackend.registry.model.Account;
import com.onebackend.registry.model.Definition;
import com.onebackend.registry.model.DefinitionRevision;
import com.onebackend.registry.model.Instance;
import com.onebackend.registry.model.SigningKey;
import java.util.List;
import java.util.OptionalLong;

/**
 * What the door may ask of this node.
 *
 * <p><i>Thread:</i> any. Reads return at once from local immutable state and never block; writes answer through
 * their
 * {@link Reply}. The door has already checked the caller's permission for the kind of operation; which records
 * a caller may touch is decided here.
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

    /** All definitions as applied on this node; the same object until one of them changes. */
    DefinitionList definitions();

    /** The definition as applied on this node; null when there is none. */
    DefinitionEntry definition(String definitionId);

    /**
     * The last revisions of a definition, the newest first, also of a deleted one; empty when none is known. Reads the
     * disk: not for event loops.
     */
    List<DefinitionRevision> definitionHistory(String definitionId);

    /**
     * Save a definition. Answered, with its revision, when this node has applied it. Refusals: INVALID, CONFLICT (the
     * stored revision is not the expected one, or the request's key was used for another request), UNAVAILABLE,
     * INDETERMINATE.
     *
     * @param expectedRevision the revision it must be at; 0 = there must be none; empty = whatever is there is replaced
     */
    void saveDefinition(Caller caller, Definition definition, OptionalLong expectedRevision, Reply<Definition> reply);

    /**
     * Delete a definition. Refusals: NOT_FOUND, CONFLICT (as above), UNAVAILABLE, INDETERMINATE.
     *
     * @param expectedRevision the revision it must be at; empty = whichever
     */
    void deleteDefinition(Caller caller, String definitionId, OptionalLong expectedRevision, Reply<Definition> reply);

    /** How far this node's catalog is. Read it before the rows it shall be told with: they are never older. */
    CatalogPosition catalogPosition();

    /**
     * Answers once this node has applied every catalog write that was acknowledged anywhere before the call:
     * what makes a following local read linearizable. Refusals: UNAVAILABLE.
     */
    void awaitCatalog(Reply<Long> reply);

    /** All nodes, this one included, ordered by id. */
    List<NodeView> nodes();

    /** This node. */
    NodeView self();

    /**
     * Remove a node from the cluster by its URL or id, with the instances it owns; a live one is drained first.
     * Refusals: NOT_FOUND, CONFLICT (alive and not forced, or the cluster would lose its majority), UNAVAILABLE (also:
     * not finished; repeat it), INDETERMINATE, OVERLOADED.
     */
    void removeNode(Caller caller, String urlOrId, boolean force, Reply<NodeRemoved> reply);

    /**
     * Take a node out of service, by its URL or id, or back: it answers on, but leaves leadership and new clients to
     * others. Refusals: INVALID, NOT_FOUND, CONFLICT (no other node is in service), UNAVAILABLE, INDETERMINATE.
     */
    void drainNode(Caller caller, String urlOrId, boolean drained, String reason, Reply<NodeView> reply);

    /**
     * Why clients should go to other nodes from now on though this one still answers them all, for a person; empty when
     * they should not. Asked at every answer, so it should cost one field read.
     */
    default String leaving() {
        return "";
    }

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

    /** Backup, restore and recovery. */
    DisasterApi disaster();

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
