package com.onebackend.registry.replication;

/** Why something a peer sent was not applied. */
public enum Refusal {
    /** A push of a node that the catalog removed. */
    EVICTED,
    /** Somebody pushes versions of our own origin that we never made durable. */
    OWN_ORIGIN,
    /** Versions out of order or out of range, or entries of another origin. */
    MALFORMED,
    /** A stamp too far ahead of our wall clock: one of the two clocks is wrong. */
    STAMP_AHEAD,
    /** More origins than we keep. */
    ORIGINS_FULL,
    /** A chunk of a session we do not have, or out of order. */
    SESSION,
    /** Another entry under a version that we hold: an origin gave a number twice. Only this entry is skipped. */
    CONFLICT
}
