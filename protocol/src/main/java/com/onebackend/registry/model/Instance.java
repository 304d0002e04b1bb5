package com.onebackend.registry.model;

import java.util.List;

/**
 * One registered instance as it is shown: its parts put together. Absent texts are empty, an absent port is 0.
 *
 * @param owner the origin that looks after the record
 * @param lastHeartbeatMillis last sign of life, milliseconds since 1970; 0 = none yet
 */
public record Instance(
        String id,
        Part.Registration registration,
        InstanceStatus status,
        String details,
        Part.Intent.Mode mode,
        long lastHeartbeatMillis,
        Origin owner) {
    /** The service this is an instance of; empty when it has none. */
    public String slug() {
        return registration.slug();
    }

    /** The full address. */
    public String url() {
        return registration.url();
    }

    /** Free labels. */
    public List<String> tags() {
        return registration.tags();
    }

    /** The same instance with another last sign of life. */
    public Instance withLastHeartbeat(final long millis) {
        return new Instance(id, registration, status, details, mode, millis, owner);
    }
}
