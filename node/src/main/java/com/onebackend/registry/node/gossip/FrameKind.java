package com.onebackend.registry.node.gossip;

import com.onebackend.registry.wire.WireLimits;

/** What a frame on a connection is, and how large it may be. */
enum FrameKind {
    /** The first frame in either direction: who am I, and what is this connection for. */
    HELLO(0, 1_024),
    /** One gossip message, from the connecting side only. Not answered. */
    GOSSIP(1, WireLimits.FRAME_BYTES_MAX),
    /** A question on a request connection; one at a time. */
    REQUEST(2, 64 << 10),
    /** Its answer. */
    RESPONSE(3, WireLimits.FRAME_BYTES_MAX),
    /** Are you still there? From the connecting side; answered by {@link #PONG}. */
    PING(4, 0),
    /** Yes. */
    PONG(5, 0);

    private static final FrameKind[] ALL = values();

    private final int code;
    private final int payloadBytesMax;

    FrameKind(final int code, final int payloadBytesMax) {
        this.code = code;
        this.payloadBytesMax = payloadBytesMax;
    }

    /** Its number on the wire. */
    int code() {
        return code;
    }

    int payloadBytesMax() {
        return payloadBytesMax;
    }

    /** The kind with this number on the wire, or null. */
    static FrameKind of(final int code) {
        for (final FrameKind kind : ALL) {
            if (kind.code == code) {
                return kind;
            }
        }
        return null;
    }
}
