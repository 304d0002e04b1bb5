package com.onebackend.registry.replication;

/** What {@link Replica#offer} did with a push. */
public enum DeltaVerdict {
    /** All of it is in. */
    APPLIED,
    /** Nothing in it was new. */
    DUPLICATE,
    /** Nothing was applied: versions before its base are missing, ask the sender for a sync. */
    BEHIND,
    /** Nothing was applied, and {@link Replica#refused} counts why. */
    REFUSED
}
