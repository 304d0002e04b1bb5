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
 * @param everVoter true once it has voted in the catalog's Raft group: its Raft folder must then never be missing
 * @param promise the cluster id it promised to found or join; empty = none
 * @param selfUrl the address it was last started with
 */
public record NodeIdentity(
        String nodeId,
        Origin origin,
        Generation generation,
        String clusterId,
        boolean everVoter,
        String promise,
        String selfUrl) {
    /** The longest text in an identity, in characters. */
    public static final int TEXT_CHARS_MAX = 4096;

    public NodeIdentity {
        Invariants.check(!nodeId.isEmpty(), "node id is empty");
        Objects.requireNonNull(origin, "origin");
        Objects.requireNonNull(generation, "generation");
        for (final String text : new String[] {nodeId, clusterId, promise, selfUrl}) {
            Invariants.check(text.length() <= TEXT_CHARS_MAX, "a text of the node's identity is too long");
        }
    }
}
