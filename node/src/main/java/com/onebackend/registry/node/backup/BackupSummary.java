package com.onebackend.registry.node.backup;

/**
 * What a backup holds, known at its end.
 *
 * @param index the catalog's Raft index
 * @param checksum the SHA-256 in hexadecimal digits: the backup's name
 */
public record BackupSummary(long index, long term, long rows, long instances, String checksum) {}
