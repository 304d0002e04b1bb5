package com.onebackend.registry.node.catalog;

import com.onebackend.registry.model.Account;
import com.onebackend.registry.model.Definition;
import com.onebackend.registry.model.Generation;
import com.onebackend.registry.model.NodeRecord;
import com.onebackend.registry.model.SigningKey;
import java.util.List;
import java.util.OptionalLong;
import java.util.UUID;

/** A change of the catalog, as one node proposes it and every node applies it. */
public sealed interface CatalogCommand {
    /** Who proposes it, and when. */
    Proposal proposal();

    /**
     * Marks one request.
     *
     * @param requestId however often a request is sent again, it is applied once
     * @param millis the proposer's wall clock, milliseconds since 1970
     * @param who slug of the account, or id of the node, that asks
     * @param contentHash of what was asked for; another request with the same id is a CONFLICT
     */
    record Proposal(UUID requestId, long millis, String who, long contentHash) {
        /** A proposal whose id nobody else can have given. */
        public Proposal(final UUID requestId, final long millis, final String who) {
            this(requestId, millis, who, 0);
        }
    }

    /**
     * Saves a definition; its revision, owner and time are set when it is applied. CONFLICT when {@code
     * expectedRevision} is given and not the stored one; 0 expects none.
     */
    record SaveDefinition(Proposal proposal, Definition definition, OptionalLong expectedRevision)
            implements CatalogCommand {}

    /**
     * Deletes a definition. NOT_FOUND when there is none, CONFLICT when {@code expectedRevision} is given and not the
     * stored one.
     */
    record DeleteDefinition(Proposal proposal, String definitionId, OptionalLong expectedRevision)
            implements CatalogCommand {
        /** Deletes it at whichever revision. */
        public DeleteDefinition(final Proposal proposal, final String definitionId) {
            this(proposal, definitionId, OptionalLong.empty());
        }
    }

    /**
     * Saves what a node says of itself. CONFLICT when a later generation is stored, or this one or a later one was
     * removed.
     */
    record SaveNode(Proposal proposal, NodeRecord node) implements CatalogCommand {}

    /**
     * Takes a node out for good: every generation up to the stored one and {@code generation}, the highest the proposer
     * has heard of. NOT_FOUND when the catalog has no such node.
     */
    record RemoveNode(Proposal proposal, String nodeId, Generation generation) implements CatalogCommand {}

    /**
     * Takes a node out of service, or back. NOT_FOUND when the catalog has no such node; CONFLICT when no other node
     * would be in service, or {@code reason} is too long.
     */
    record DrainNode(Proposal proposal, String nodeId, boolean drained, String reason) implements CatalogCommand {}

    /** Saves an account by its slug. CONFLICT when it exists and {@code onlyIfAbsent}. */
    record SaveAccount(Proposal proposal, Account account, boolean onlyIfAbsent) implements CatalogCommand {}

    /** Adds a signing key. CONFLICT when the catalog has any key and {@code onlyIfAbsent}. */
    record SaveSigningKey(Proposal proposal, SigningKey key, boolean onlyIfAbsent) implements CatalogCommand {}

    /**
     * Marks the catalog as one into which a backup is brought. CONFLICT unless it has nothing but what it was born
     * with, or this very restore has begun before.
     */
    record BeginRestore(Proposal proposal, String restoreId) implements CatalogCommand {}

    /**
     * Sets rows of a backup. CONFLICT when its restore is not under way, INVALID when a row cannot be read; then none
     * of them is set.
     */
    record RestoreRows(Proposal proposal, String restoreId, List<RestoredRow> rows) implements CatalogCommand {}

    /** Ends a restore: from here on the catalog is like any other. CONFLICT when it is not under way. */
    record EndRestore(Proposal proposal, String restoreId) implements CatalogCommand {}

    /**
     * A row of a backup.
     *
     * @param section the id of a {@link com.onebackend.registry.storage.CatalogSection}
     */
    // The array is handed on, never compared or changed.
    @SuppressWarnings("ArrayRecordComponent")
    record RestoredRow(int section, String key, byte[] value) {}

    /** Changes nothing; moves the log, which an idle follower may need in order to catch up. */
    record Noop(Proposal proposal) implements CatalogCommand {}
}
