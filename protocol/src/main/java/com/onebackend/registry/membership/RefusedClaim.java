package com.onebackend.registry.membership;

/** Why something a peer said was dropped. */
public enum RefusedClaim {
    /** Its incarnation, or its state, is not one that a member can have. */
    UNBELIEVABLE,
    /** Names and addresses too long for a datagram. */
    TOO_LONG,
    /** No room for one more member. */
    TABLE_FULL,
    /** A join in the name of another. */
    FOREIGN_JOIN,
    /** A process that was let go long ago, told of by another. */
    LET_GO,
    /** A second process with the node id of one that lives. */
    CONTESTED,
    /** Too many claims wait for the proof of life of those they would replace. */
    CONTESTS_FULL,
    /** The source suspects too many at once. */
    TOO_MANY_SUSPECTS,
    /** Too many others already wait for answers through this node. */
    RELAYS_FULL,
    /** A refusal by a stranger, or of something that this process is not. */
    FOREIGN_REFUSAL
}
