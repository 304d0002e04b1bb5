package com.onebackend.registry.node.backup;

/**
 * Where a backup comes from.
 *
 * @param nodeId the node that wrote it
 * @param epoch how often the catalog had been recovered by force
 * @param isCurrent a majority had confirmed that nothing acknowledged was missing from the catalog
 * @param ageMillis how old the catalog may have been otherwise; {@link Long#MAX_VALUE} = unknown
 */
public record BackupHeader(
        String clusterId, String nodeId, int epoch, long createdMillis, boolean isCurrent, long ageMillis) {}
