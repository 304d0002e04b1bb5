package com.onebackend.registry.model;

/** The registers of an instance. The order is part of the storage key: append only. */
public enum PartKind {
    REGISTRATION,
    HEALTH,
    INTENT,
    /**
     * The latest deregistration. A register of its own, so that what it killed stays dead whatever arrives in which
     * order, also after the instance was registered again.
     */
    TOMBSTONE,
    /** Who looks after the record since its owner is gone. */
    LEASE
}
