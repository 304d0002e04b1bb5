package com.onebackend.registry.api;

/**
 * How far a node's catalog is.
 *
 * @param index the Raft index applied
 * @param ageMillis since the node last knew that it shows everything; {@link Long#MAX_VALUE} = it never did
 */
public record CatalogPosition(long index, long ageMillis) {
    /** Older than this is called stale. */
    public static final long STALE_MILLIS = 5_000;

    /** Nothing applied yet. */
    public static final CatalogPosition NONE = new CatalogPosition(0, Long.MAX_VALUE);

    /** True when others may have seen changes for so long that a reader should be told. */
    public boolean isStale() {
        return ageMillis > STALE_MILLIS;
    }

    /** True when the node has ever known that it shows everything. */
    public boolean hasAge() {
        return ageMillis != Long.MAX_VALUE;
    }
}
