package com.onebackend.registry.wire;

/** Every limit on what one node may send another. */
public final class WireLimits {
    /** A datagram as it leaves, sealed: fits the smallest IPv6 path and the usual tunnels. */
    public static final int DATAGRAM_BYTES_MAX = 1_200;

    /** What sealing adds to a datagram: header, counter and tag. */
    public static final int SEAL_BYTES_MAX = 64;

    /** An encoded message that travels as a datagram. */
    public static final int DATAGRAM_MESSAGE_BYTES_MAX = DATAGRAM_BYTES_MAX - SEAL_BYTES_MAX;

    /** One frame on a stream. */
    public static final int FRAME_BYTES_MAX = 1 << 20;

    /** A text field of a record. */
    public static final int TEXT_CHARS_MAX = 4_096;

    /** An instance id, a slug or a node id. */
    public static final int ID_CHARS_MAX = 256;

    /** A member's URL in a rumor: rumors must fit datagrams. */
    public static final int MEMBER_URL_CHARS_MAX = 512;

    /** Tags of one instance. */
    public static final int TAGS_MAX = 64;

    /** GPUs in one report. */
    public static final int GPUS_MAX = 64;

    /** Logs compared bucket by bucket in one request. */
    public static final int AUDITS_MAX = 64;

    /** Origins in one message that says what is there. */
    public static final int MARKS_MAX = 256;

    /** Reports in one message. */
    public static final int REPORTS_MAX = 64;

    /** One stored or sent record of any kind. */
    public static final int RECORD_BYTES_MAX = 512 << 10;

    private WireLimits() {}
}
