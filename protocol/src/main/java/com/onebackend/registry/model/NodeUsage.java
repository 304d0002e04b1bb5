package com.onebackend.registry.model;

/**
 * How full a machine is.
 *
 * @param cpu used and total in cores times 1000 (millicores)
 * @param memory used and total in bytes
 * @param disk used and total in bytes, of the file system that holds the data folder
 */
public record NodeUsage(Resource cpu, Resource memory, Resource disk) {
    /** Nothing measured yet. */
    public static final NodeUsage NONE = new NodeUsage(Resource.NONE, Resource.NONE, Resource.NONE);

    /** One resource; {@code percent} is 0 to 100. */
    public record Resource(long used, long total, double percent) {
        /** Nothing measured. */
        public static final Resource NONE = new Resource(0, 0, 0);

        /** Used of total, with the percentage computed. */
        public static Resource of(final long used, final long total) {
            return new Resource(used, total, total <= 0 ? 0 : Math.min(100.0, 100.0 * used / total));
        }
    }
}
