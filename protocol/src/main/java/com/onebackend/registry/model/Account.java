package com.onebackend.registry.model;

import java.util.List;

/**
 * An account that can log in.
 *
 * @param passwordHash an encoded, salted hash that names its own algorithm; never a password
 */
public record Account(String id, String slug, String name, String passwordHash, List<String> roles) {
    /** The role that may do everything in the registry. */
    public static final String ADMIN_ROLE = "user-svc:admin";

    public Account {
        roles = List.copyOf(roles);
    }

    @Override
    public String toString() {
        return "Account[slug=" + slug + ", roles=" + roles + "]";
    }
}
