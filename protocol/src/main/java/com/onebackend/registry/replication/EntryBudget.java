package com.onebackend.registry.replication;

/** Room for entries in one message: a number and estimated bytes. The first entry always fits. */
final class EntryBudget {
    private final int entriesMax;
    private final int bytesMax;
    private int entries;
    private int bytes;

    EntryBudget(final int entriesMax, final int bytesMax) {
        this.entriesMax = entriesMax;
        this.bytesMax = bytesMax;
    }

    /** True, and the room is taken, when the entry fits. */
    boolean take(final LogEntry entry) {
        final int size = EntrySize.of(entry);
        if (entries > 0 && (entries == entriesMax || bytes + size > bytesMax)) {
            return false;
        }
        entries++;
        bytes += size;
        return true;
    }

    /** Bytes taken, estimated. */
    int bytes() {
        return bytes;
    }
}
