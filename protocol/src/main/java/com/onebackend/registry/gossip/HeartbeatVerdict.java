package com.onebackend.registry.gossip;

/**
 * What became of a heartbeat.
 *
 * @param version the own version that took the instance over, to be waited for; 0 unless {@link Kind#ADOPTED}
 */
public record HeartbeatVerdict(Kind kind, long version) {
    static final HeartbeatVerdict KEPT = new HeartbeatVerdict(Kind.KEPT, 0);
    static final HeartbeatVerdict FORWARDED = new HeartbeatVerdict(Kind.FORWARDED, 0);
    static final HeartbeatVerdict REMEMBERED = new HeartbeatVerdict(Kind.REMEMBERED, 0);
    static final HeartbeatVerdict UNKNOWN = new HeartbeatVerdict(Kind.UNKNOWN, 0);

    /** The five ways. */
    public enum Kind {
        /** This node owns the instance. */
        KEPT,
        /** Goes to the owner with the next batch. */
        FORWARDED,
        /** The owner is suspected, or unknown yet: goes to it when it is back, or becomes an adoption when not. */
        REMEMBERED,
        /** The owner is gone: this node owns the instance now. */
        ADOPTED,
        /** There is no such instance: the client should register it in full. */
        UNKNOWN
    }

    static HeartbeatVerdict adopted(final long version) {
        return new HeartbeatVerdict(Kind.ADOPTED, version);
    }
}
