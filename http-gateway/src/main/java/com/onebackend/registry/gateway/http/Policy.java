package com.onebackend.registry.gateway.http;

import com.onebackend.registry.api.Permission;

/**
 * Who may use a route.
 *
 * @param permission null unless {@code kind} is PERMISSION
 */
public record Policy(Kind kind, Permission permission) {
    /** Anybody; an Authorization header is not looked at. */
    public static final Policy PUBLIC = new Policy(Kind.PUBLIC, null);
    /** Anybody without a token; who shows one must show a good one. */
    public static final Policy OPTIONAL = new Policy(Kind.OPTIONAL, null);
    /** Anybody with a good token. */
    public static final Policy ACCOUNT = new Policy(Kind.ACCOUNT, null);

    /** Whoever holds this permission. */
    public static Policy permission(final Permission permission) {
        return new Policy(Kind.PERMISSION, permission);
    }

    public Policy {
        if ((kind == Kind.PERMISSION) != (permission != null)) {
            throw new IllegalArgumentException("a permission belongs to the kind PERMISSION, and to no other");
        }
    }

    /** How a route is guarded. */
    public enum Kind {
        PUBLIC,
        OPTIONAL,
        ACCOUNT,
        PERMISSION
    }
}
