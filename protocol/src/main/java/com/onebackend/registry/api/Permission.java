package com.onebackend.registry.api;

/** What a caller may be allowed to do. */
public enum Permission {
    INSTANCE_VIEW("registry-svc:instance:view"),
    INSTANCE_EDIT("registry-svc:instance:edit"),
    INSTANCE_DELETE("registry-svc:instance:delete"),
    DEFINITION_VIEW("registry-svc:definition:view"),
    DEFINITION_EDIT("registry-svc:definition:edit"),
    DEFINITION_DELETE("registry-svc:definition:delete"),
    NODE_VIEW("registry-svc:node:view"),
    NODE_EDIT("registry-svc:node:edit"),
    NODE_DELETE("registry-svc:node:delete"),
    /** Backup, restore, recovery: everything there is, password hashes included. */
    CLUSTER_ADMIN("registry-svc:cluster:admin");

    private final String label;

    Permission(final String label) {
        this.label = label;
    }

    /** The name in permits and error texts. */
    public String label() {
        return label;
    }
}
