package com.onebackend.registry.node.gossip;

import com.onebackend.registry.wire.WireLimits;

/** What a frame on a connection is, and how large it may be. The order is the wire's: append only. */
enum FrameKind {
    /** The first frame in either direction: who am I, and what is this connection for. */
    HELLO(1_024),
    /** One gossip message, from the connecting side only. Not answered. */
    GOSSIP(WireLimits.FRAME_BYTES_MAX),
    /** The one question of a request connection. */
    REQUEST(64 << 10),
    /** Its answer; the connection ends after it. */
    RESPONSE(WireLimits.FRAME_BYTES_MAX),
    /** Are you still there? From the connecting side; answered by {@link #PONG}. */
    PING(0),
    /** Yes. */
    PONG(0);

    private static final FrameKind[] BY_CODE = values();

    private final int payloadBytesMax;

    FrameKind(final int payloadBytesMax) {
        this.payloadBytesMax = payloadBytesMax;
    }

    int payloadBytesMax() {
        return payloadBytesMax;
    }

    /** The kind with this number on the wire, or null. */
    static FrameKind of(final int code) {
        return code >= 0 && code < BY_CODE.length ? BY_CODE[code] : null;
    }
}
