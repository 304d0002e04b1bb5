package com.onebackend.registry.node.catalog;

/**
 * Remembers over restarts whether this node votes: then its Raft folder must never be missing.
 *
 * <p><i>Thread:</i> any; both return when it is on disk.
 */
public interface VoteMemory {
    /** From here on a missing Raft folder is damage. */
    void becameVoter();

    /** From here on this node follows the log without a vote, and its Raft folder may go. */
    void resigned();
}
