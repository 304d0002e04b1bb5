package com.onebackend.registry.model;

import java.util.List;

/**
 * One separately merged part of an instance. Parts of different kinds never overwrite each other, so that a health
 * verdict cannot bring back what was deregistered and a re-registration cannot undo an operator's drain.
 */
public sealed interface Part {
    /** Which register this is a value of. */
    PartKind kind();

    /**
     * What the client declared. Absent texts are empty, an absent port is 0.
     *
     * @param born the stamp of the registration that created the record; health older than it is of an earlier life
     */
    record Registration(
            String slug,
            String url,
            String scheme,
            String host,
            String ip,
            int port,
            String path,
            String deploymentId,
            String nodeUrl,
            List<String> tags,
            Stamp born)
            implements Part {
        public Registration {
            tags = List.copyOf(tags);
        }

        /** The same declaration of a record created at {@code stamp}. */
        public Registration withBorn(final Stamp stamp) {
            return new Registration(slug, url, scheme, host, ip, port, path, deploymentId, nodeUrl, tags, stamp);
        }

        @Override
        public PartKind kind() {
            return PartKind.REGISTRATION;
        }
    }

    /** A registration was taken back: kills every registration, health and intent part that is older. */
    record Tombstone() implements Part {
        @Override
        public PartKind kind() {
            return PartKind.TOMBSTONE;
        }
    }

    /**
     * What is known of the instance's health.
     *
     * @param seenMillis the last sign of life when this part was written, milliseconds since 1970; 0 = none yet
     */
    record Health(InstanceStatus status, String details, long seenMillis) implements Part {
        @Override
        public PartKind kind() {
            return PartKind.HEALTH;
        }
    }

    /**
     * The writer looks after the record from now on, because its owner is gone. It says nothing else, so that taking a
     * record over undoes neither a registration nor a health verdict that the adopter has not seen.
     */
    record Lease() implements Part {
        @Override
        public PartKind kind() {
            return PartKind.LEASE;
        }
    }

    /** What an operator wants of the instance, whatever the client declares and the probes say. */
    record Intent(Mode mode, String reason) implements Part {
        /** The operator's wish. */
        public enum Mode {
            SERVE,
            DRAIN,
            MAINTENANCE
        }

        @Override
        public PartKind kind() {
            return PartKind.INTENT;
        }
    }
}
