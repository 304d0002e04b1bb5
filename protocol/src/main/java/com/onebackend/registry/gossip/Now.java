package com.onebackend.registry.gossip;

/**
 * The time, as it comes in from outside.
 *
 * @param nanos monotonic, for every deadline
 * @param wallMillis milliseconds since 1970, for stamps only
 */
public record Now(long nanos, long wallMillis) {}
