package com.onebackend.registry.gateway.auth;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Ticker;
import com.onebackend.registry.gateway.http.GatewayLimits;
import java.net.InetAddress;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Slows down guessing: after some failed logins of one slug from one address it has to wait until they are forgotten.
 *
 * <p><i>Thread:</i> any.
 */
public final class LoginThrottle {
    private final Cache<Key, AtomicInteger> failures;

    /** By the clock of this machine. */
    public LoginThrottle() {
        this(Ticker.systemTicker());
    }

    LoginThrottle(final Ticker ticker) {
        failures = Caffeine.newBuilder()
                .maximumSize(GatewayLimits.LOGIN_FAILURES_REMEMBERED_MAX)
                .expireAfterWrite(GatewayLimits.LOGIN_FAILURES_TIME)
                .ticker(ticker)
                .build();
    }

    /** Counts an attempt as failed until {@link #succeeded} says otherwise; false when it must not even be tried. */
    public boolean tries(final String slug, final InetAddress client) {
        return failures.get(new Key(slug, client), key -> new AtomicInteger()).incrementAndGet()
                <= GatewayLimits.LOGIN_FAILURES_MAX;
    }

    /** The last attempt was none of a guesser. */
    public void succeeded(final String slug, final InetAddress client) {
        failures.invalidate(new Key(slug, client));
    }

    private record Key(String slug, InetAddress client) {}
}
