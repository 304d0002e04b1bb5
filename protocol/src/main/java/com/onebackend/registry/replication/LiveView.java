package com.onebackend.registry.replication;

/**
 * Instances as this node sees them: the table with own writes that wait for the disk over it.
 *
 * <p><i>Thread:</i> the gossip loop.
 */
final class LiveView {
    private final LogTable table;
    private final OwnWrites own;
    private final ChangeRecorder recorder;

    LiveView(final LogTable table, final OwnWrites own, final ChangeRecorder recorder) {
        this.table = table;
        this.own = own;
        this.recorder = recorder;
    }

    InstanceParts parts(final String instanceId) {
        final InstanceParts layered = own.live(instanceId);
        return layered == null ? table.parts(instanceId) : layered;
    }

    /** Takes an entry out of the table; nothing takes its place but an own write that waits for the disk. */
    void drop(final LogEntry entry) {
        final String id = entry.instanceId();
        final InstanceParts before = parts(id);
        table.drop(entry);
        own.rebased(id, table.parts(id));
        recorder.changed(id, before, parts(id));
    }
}
