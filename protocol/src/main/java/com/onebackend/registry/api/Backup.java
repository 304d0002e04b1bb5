package com.onebackend.registry.api;

/**
 * A backup that is ready to be sent. Whoever gets it closes {@code bytes}.
 *
 * @param index the catalog is of this Raft index
 * @param isCurrent a majority has confirmed that nothing acknowledged is missing from the catalog
 * @param ageMillis how old the catalog may be otherwise; {@link Long#MAX_VALUE} = unknown
 */
public record Backup(ByteSource bytes, long length, long index, boolean isCurrent, long ageMillis) {}
