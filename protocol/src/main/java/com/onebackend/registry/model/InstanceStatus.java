package com.onebackend.registry.model;

/** The five states an instance is shown in. */
public enum InstanceStatus {
    UNKNOWN("Unknown"),
    HEALTHY("Healthy"),
    UNHEALTHY("Unhealthy"),
    STARTING("Starting"),
    STOPPING("Stopping");

    private final String label;

    InstanceStatus(final String label) {
        this.label = label;
    }

    /** The spelling on the wire, without blanks. */
    public String label() {
        return label;
    }
}
