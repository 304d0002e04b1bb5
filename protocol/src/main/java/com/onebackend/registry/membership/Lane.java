package com.onebackend.registry.membership;

/** How a message travels. */
public enum Lane {
    /** One datagram: small, may be lost, duplicated or reordered. */
    DATAGRAM,
    /** A connection: large, ordered while it lasts, may break at any moment. */
    STREAM
}
