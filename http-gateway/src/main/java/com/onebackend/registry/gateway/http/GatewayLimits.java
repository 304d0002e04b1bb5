package com.onebackend.registry.gateway.http;

import java.time.Duration;

/**
 * Every limit of the door: the fixed ones as constants, those an operator may move as components.
 *
 * @param connectionsMax open connections in all; beyond it 503
 * @param connectionsPerAddressMax open connections of one client address; beyond it 429
 * @param idleTime how long a connection may rest between two requests
 * @param readTime how long a request may take to arrive, head and body together, from its first byte; then 408
 * @param requestTime how long a handler may take; then 503, and how long a slow reader of
 *     an answer may make no progress
 * @param lingerTime how long a refused connection is drained, so that the refusal is not lost by a reset
 */
public record GatewayLimits(
        int connectionsMax,
        int connectionsPerAddressMax,
        Duration idleTime,
        Duration readTime,
        Duration requestTime,
        Duration lingerTime) {
    /** The usual limits. */
    public static final GatewayLimits DEFAULT = new GatewayLimits(
            10_000,
            1_000,
            Duration.ofSeconds(75),
            Duration.ofSeconds(10),
            Duration.ofSeconds(10),
            Duration.ofSeconds(1));

    /** The request line; beyond it 414. */
    public static final int INITIAL_LINE_BYTES_MAX = 8 * 1024;
    /** All header fields together; beyond it 431. */
    public static final int HEADER_BYTES_MAX = 16 * 1024;
    /** A body, also after inflating; beyond it 413. */
    public static final int BODY_BYTES_MAX = 1024 * 1024;
    /** A gzip body may inflate to this many times its size, once it is above {@link #INFLATE_FREE_BYTES}. */
    public static final int INFLATE_RATIO_MAX = 100;
    /** So much may come out of a gzip body whatever its ratio. */
    public static final int INFLATE_FREE_BYTES = 64 * 1024;
    /** Parameters in a query; beyond it 400. */
    public static final int QUERY_PARAMETERS_MAX = 64;
    /** Objects and arrays inside each other. */
    public static final int JSON_DEPTH_MAX = 32;
    /** One string in JSON, in characters. */
    public static final int JSON_STRING_CHARS_MAX = 256 * 1024;
    /** One field name in JSON, in characters. */
    public static final int JSON_NAME_CHARS_MAX = 1024;
    /** One number in JSON, in characters. */
    public static final int JSON_NUMBER_CHARS_MAX = 64;
    /** One text field of an instance, in characters. */
    public static final int TEXT_CHARS_MAX = 2048;
    /** Ids and slugs, in characters. */
    public static final int NAME_CHARS_MAX = 128;
    /** Tags of an instance. */
    public static final int TAGS_MAX = 64;
    /** One tag, in characters. */
    public static final int TAG_CHARS_MAX = 256;
    /** Why a node is drained, in characters; the catalog takes no more. */
    public static final int REASON_CHARS_MAX = 256;
    /** Elements of one list in a definition, and of an id list. */
    public static final int LIST_ELEMENTS_MAX = 256;
    /** An Origin header that is echoed, in characters. */
    public static final int ORIGIN_CHARS_MAX = 512;
    /** An Authorization header, in characters; a longer one is no token of ours. */
    public static final int AUTHORIZATION_CHARS_MAX = 8 * 1024;
    /** Verified tokens kept. */
    public static final int TOKENS_CACHED_MAX = 10_000;
    /** An Idempotency-Key, in characters. */
    public static final int IDEMPOTENCY_KEY_CHARS_MAX = 128;
    /** A password, in characters. */
    public static final int PASSWORD_CHARS_MAX = 1024;
    /** Threads for slow work: password hashes, signing, the metrics page. */
    public static final int WORKERS = 2;
    /** Jobs that wait for them; beyond it 429. */
    public static final int WORKER_QUEUE_MAX = 32;
    /** Failed logins of one slug from one address before it has to wait. */
    public static final int LOGIN_FAILURES_MAX = 5;
    /** Pairs of slug and address whose failures are remembered. */
    public static final int LOGIN_FAILURES_REMEMBERED_MAX = 10_000;
    /** How long failures are remembered. */
    public static final Duration LOGIN_FAILURES_TIME = Duration.ofMinutes(1);
    /** An answer is written in pieces of this size, so that a slow reader holds little memory. */
    public static final int WRITE_CHUNK_BYTES = 64 * 1024;
    /** Requests a connection may have sent ahead before it is closed. */
    public static final int PIPELINED_OBJECTS_MAX = 8 * 1024;

    public GatewayLimits {
        if (connectionsMax < 1 || connectionsPerAddressMax < 1) {
            throw new IllegalArgumentException("connection limits must be at least 1");
        }
    }
}
