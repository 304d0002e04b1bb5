package com.onebackend.registry.gateway.http;

/** Answers one route. */
@FunctionalInterface
public interface Handler {
    /**
     * Answers through {@link Exchange#answer} now or later, exactly once. Runs on an event loop and must not
     * block. May throw {@link com.onebackend.registry.api.RegistryException} instead of answering.
     */
    void handle(Exchange exchange);
}
