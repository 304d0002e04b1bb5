package com.onebackend.registry.api;

/**
 * A refusal.
 *
 * @param message one line for the person who asked: what is wrong and what to do; never a secret
 */
public record RegistryError(ErrorCode code, String message) {}
