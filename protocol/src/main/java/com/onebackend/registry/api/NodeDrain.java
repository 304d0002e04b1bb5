package com.onebackend.registry.api;

/**
 * That a node was taken out of service for a while.
 *
 * @param by slug of the account that did
 * @param reason what it said; may be empty
 * @param millis when, milliseconds since 1970
 */
public record NodeDrain(String by, String reason, long millis) {}
