package com.onebackend.registry.replication;

import com.onebackend.registry.model.Origin;
import com.onebackend.registry.model.PartKind;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;

/** Collects what storage and the read model have to be told; several changes of one register become its last. */
final class ChangeRecorder {
    private static final PartKind[] KINDS = PartKind.values();

    /** What each register holds now; null = emptied. */
    private final Map<LogEntry.PartKey, LogEntry> registers = new LinkedHashMap<>();

    private final Set<String> instanceIds = new LinkedHashSet<>();
    private final Set<Origin> heads = new TreeSet<>();
    private boolean isReset;
    private long ownVersion;

    /** An instance went from one state to another, as this node sees it. */
    void changed(final String instanceId, final InstanceParts before, final InstanceParts after) {
        if (before.equals(after)) {
            return;
        }
        for (final PartKind kind : KINDS) {
            if (!Objects.equals(before.of(kind), after.of(kind))) {
                registers.put(new LogEntry.PartKey(instanceId, kind), after.of(kind));
            }
        }
        instanceIds.add(instanceId);
    }

    /** An instance came from storage. */
    void restored(final String instanceId) {
        instanceIds.add(instanceId);
    }

    void headMoved(final Origin origin) {
        heads.add(origin);
    }

    /** An own version was given, to an entry or to none. */
    void gave(final Origin self, final long version) {
        ownVersion = version;
        heads.add(self);
    }

    /** Storage is to forget everything; what it has to keep is told again through {@link #kept}. */
    void reset() {
        registers.clear();
        heads.clear();
        isReset = true;
    }

    /** After a {@link #reset}: storage keeps these parts of an instance. */
    void kept(final String instanceId, final InstanceParts parts) {
        for (final PartKind kind : KINDS) {
            if (parts.of(kind) != null) {
                registers.put(new LogEntry.PartKey(instanceId, kind), parts.of(kind));
            }
        }
    }

    /** Everything since the last call. */
    Replica.Changes drain(final Function<Origin, Digest.Head> headOf) {
        final List<LogEntry> puts = new ArrayList<>();
        final List<LogEntry.PartKey> removals = new ArrayList<>();
        registers.forEach((key, entry) -> {
            if (entry == null) {
                removals.add(key);
            } else {
                puts.add(entry);
            }
        });
        final List<Digest.Head> moved = heads.stream().map(headOf).toList();
        final Replica.Changes changes =
                new Replica.Changes(new LogBatch(puts, removals, moved, isReset), List.copyOf(instanceIds), ownVersion);
        registers.clear();
        instanceIds.clear();
        heads.clear();
        isReset = false;
        ownVersion = 0;
        return changes;
    }
}
