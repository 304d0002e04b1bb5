package com.onebackend.registry.node.catalog;

/**
 * A node that is to take no new requests and to leave the lead to others, until somebody takes it back. It goes on
 * answering.
 *
 * @param by slug of the account that asked for it
 * @param reason what that account said; may be empty
 * @param millis when, milliseconds since 1970
 */
public record DrainedNode(String nodeId, String by, String reason, long millis) {
    /** A reason, in characters. */
    public static final int REASON_CHARS_MAX = 256;
}
