package com.onebackend.registry.node.backup;

import com.onebackend.registry.model.PartKind;
import com.onebackend.registry.replication.LogEntry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.EnumMap;
import java.util.Map;
import java.util.function.Consumer;

/** Puts together the parts of one instance after the other; what is not registered any more is left out. */
final class InstanceCollector implements Consumer<LogEntry> {
    private final Map<PartKind, LogEntry> parts = new EnumMap<>(PartKind.class);
    private final Sink sink;
    private String id = "";

    /** Where they go. */
    interface Sink {
        void take(BackedUpInstance instance) throws IOException;
    }

    InstanceCollector(final Sink sink) {
        this.sink = sink;
    }

    @Override
    public void accept(final LogEntry entry) {
        if (!entry.instanceId().equals(id)) {
            end();
            id = entry.instanceId();
        }
        parts.put(entry.part().kind(), entry);
    }

    /** No more entries come. */
    void end() {
        final LogEntry registration = parts.get(PartKind.REGISTRATION);
        final LogEntry tombstone = parts.get(PartKind.TOMBSTONE);
        if (registration != null && (tombstone == null || registration.supersedes(tombstone))) {
            try {
                sink.take(new BackedUpInstance(registration, parts.get(PartKind.HEALTH), parts.get(PartKind.INTENT)));
            } catch (final IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        parts.clear();
    }
}
