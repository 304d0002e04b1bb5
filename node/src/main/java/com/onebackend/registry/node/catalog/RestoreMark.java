package com.onebackend.registry.node.catalog;

/**
 * The restore that is under way in a catalog, or that it came from.
 *
 * @param restoreId the backup's SHA-256; empty = there never was one
 */
public record RestoreMark(String restoreId, boolean isDone) {
    /** The catalog came from no backup. */
    public static final RestoreMark NONE = new RestoreMark("", true);

    static final String KEY = "restore";

    /** True while a backup is being brought in: what is there is not all yet. */
    public boolean isUnderWay() {
        return !isDone;
    }
}
