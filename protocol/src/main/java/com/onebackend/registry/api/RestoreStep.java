package com.onebackend.registry.api;

/**
 * One step of bringing a backup into a new cluster: begin, rows, instances, end. Every step may be repeated, and a
 * restore that broke off is begun again with the same id.
 *
 * @param restoreId the backup's checksum: two backups are never mixed
 * @param body records of the backup for ROWS and INSTANCES; empty for the others
 */
// The array is handed on, never compared or changed.
@SuppressWarnings("ArrayRecordComponent")
public record RestoreStep(Kind kind, String restoreId, byte[] body) {
    /** The steps in their order. */
    public enum Kind {
        BEGIN,
        ROWS,
        INSTANCES,
        END
    }
}
