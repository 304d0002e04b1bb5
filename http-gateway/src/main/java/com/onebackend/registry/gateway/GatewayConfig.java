package com.onebackend.registry.gateway;

import com.onebackend.registry.gateway.http.GatewayLimits;
import java.time.Duration;

/**
 * How the door is set up.
 *
 * @param bindHost the address to listen at; empty for every address
 * @param port 0 takes any free port
 * @param eventLoops threads that serve connections; 0 means one per processor
 * @param tokenLife how long a token is good after it was issued
 * @param drainTime how long {@link GatewayServer#close} waits for requests that are under way
 */
public record GatewayConfig(
        String bindHost, int port, int eventLoops, Duration tokenLife, Duration drainTime, GatewayLimits limits) {
    /** The usual token life. */
    public static final Duration TOKEN_LIFE = Duration.ofHours(12);

    /** The usual settings at this address. */
    public static GatewayConfig at(final String bindHost, final int port) {
        return new GatewayConfig(bindHost, port, 0, TOKEN_LIFE, Duration.ofSeconds(5), GatewayLimits.DEFAULT);
    }

    /** The same with other limits. */
    public GatewayConfig withLimits(final GatewayLimits other) {
        return new GatewayConfig(bindHost, port, eventLoops, tokenLife, drainTime, other);
    }
}
