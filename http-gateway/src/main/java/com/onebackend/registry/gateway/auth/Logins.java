package com.onebackend.registry.gateway.auth;

import com.github.benmanes.caffeine.cache.Ticker;
import com.onebackend.registry.api.ErrorCode;
import com.onebackend.registry.api.RegistryApi;
import com.onebackend.registry.api.RegistryException;
import com.onebackend.registry.model.Account;
import java.net.InetAddress;

/**
 * Checks slug and password. An unknown slug and a wrong password are told apart neither by the answer nor by its
 * time.
 *
 * <p><i>Thread:</i> {@link #admit} any, at once; {@link #check} a worker, as it takes most of a second.
 */
public final class Logins {
    private final RegistryApi api;
    private final LoginThrottle throttle;

    public Logins(final RegistryApi api) {
        this(api, Ticker.systemTicker());
    }

    Logins(final RegistryApi api, final Ticker ticker) {
        this.api = api;
        this.throttle = new LoginThrottle(ticker);
    }

    /** Refuses with OVERLOADED after too many failures. */
    public void admit(final String slug, final InetAddress client) {
        if (!throttle.tries(slug, client)) {
            throw new RegistryException(
                    ErrorCode.OVERLOADED, "Too many failed logins of this account; try again in a minute.");
        }
    }

    /** The account, when the password is its own; else refuses with UNAUTHENTICATED. */
    public Account check(final String slug, final String password, final InetAddress client) {
        final Account account = api.account(slug);
        final boolean matches =
                Passwords.matches(password, account == null ? Passwords.ofNobody() : account.passwordHash());
        if (account == null || !matches) {
            throw new RegistryException(ErrorCode.UNAUTHENTICATED, "The slug or the password is wrong.");
        }
        throttle.succeeded(slug, client);
        return account;
    }
}
