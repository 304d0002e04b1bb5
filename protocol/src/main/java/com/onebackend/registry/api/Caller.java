package com.onebackend.registry.api;

import java.util.Set;

/**
 * Who asks, as proven at the door.
 *
 * @param slug the account's slug
 * @param permissions what it may do
 * @param seesAll it may see and act for every slug; else only its own
 * @param mark of a request that may be sent again; null when the client gave no key
 */
public record Caller(String accountId, String slug, Set<Permission> permissions, boolean seesAll, RequestMark mark) {
    /** A caller whose request has no mark. */
    public Caller(final String accountId, final String slug, final Set<Permission> permissions, final boolean seesAll) {
        this(accountId, slug, permissions, seesAll, null);
    }

    public Caller {
        permissions = Set.copyOf(permissions);
    }

    /** The same caller with a marked request. */
    public Caller with(final RequestMark requestMark) {
        return new Caller(accountId, slug, permissions, seesAll, requestMark);
    }

    /** True when the caller holds {@code permission}. */
    public boolean may(final Permission permission) {
        return permissions.contains(permission);
    }

    /** True when the caller may see and change what belongs to {@code ofSlug}. */
    public boolean actsFor(final String ofSlug) {
        return seesAll || slug.equals(ofSlug);
    }
}
