package com.onebackend.registry.model;

/**
 * Who a member is: the operator's name for the node, the origin of its data folder, and the generation of its process.
 * Its address is data, not identity.
 */
public record MemberId(String nodeId, Origin origin, Generation generation) {
    /** The longest node id, in characters. */
    public static final int NODE_ID_CHARS_MAX = 128;

    public MemberId {
        Invariants.check(!nodeId.isEmpty() && nodeId.length() <= NODE_ID_CHARS_MAX, "node id is empty or too long");
    }
}
