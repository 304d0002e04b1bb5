package com.onebackend.registry.replication;

/** What {@link Replica#chunk} did with a chunk. */
public enum SyncVerdict {
    /** Applied; ask for the next one. */
    MORE,
    /** Applied; another session loads everything already, so this one is over for now. */
    LATER,
    /** Applied, and the vector advanced: the session is over. */
    DONE,
    /** The vector did not advance: the peer is past tombstones that we missed, so we must {@link Replica#reset}. */
    BEHIND,
    /** The peer has nothing to give at the moment; ask somebody else. */
    DECLINED,
    /** Nothing was applied, the session is over, and {@link Replica#refused} counts why. */
    REFUSED
}
