package com.onebackend.registry.api;

import java.util.Set;

/**
 * Who asks, as proven at the door.
 *
 * @param slug the account's slug
 * @param permissions what it may do
 * @param seesAll it may see and act for every slug; else only its own
 */
public record Caller(String accountId, String slug, Set<Permission> permissions, boolean seesAll) {
    public Caller {
        permissions = Set.copyOf(permissions);
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
