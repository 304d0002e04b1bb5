package com.onebackend.registry.gateway.auth;

import com.onebackend.registry.api.Caller;
import com.onebackend.registry.api.Permission;
import com.onebackend.registry.model.Account;
import java.util.EnumSet;
import java.util.Set;

/** What an account may do, from its roles. What is not granted here is denied. */
public final class Permissions {
    private static final Set<Permission> EVERYTHING = Set.copyOf(EnumSet.allOf(Permission.class));
    private static final Set<Permission> OWN_SERVICE = Set.of(
            Permission.INSTANCE_VIEW, Permission.INSTANCE_EDIT, Permission.INSTANCE_DELETE, Permission.DEFINITION_VIEW);

    private Permissions() {}

    /** The caller this account is. Roles are compared whole, never by prefix. */
    public static Caller callerOf(final Account account) {
        final boolean isAdmin = account.roles().contains(Account.ADMIN_ROLE);
        return new Caller(account.id(), account.slug(), isAdmin ? EVERYTHING : OWN_SERVICE, isAdmin);
    }
}
