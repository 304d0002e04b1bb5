package com.onebackend.registry.replication;

import com.onebackend.registry.model.Origin;
import com.onebackend.registry.model.PartKind;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;

/** The dumb model: remembers every entry there ever was and computes the expected state from the whole set. */
final class EntrySet {
    private final Set<LogEntry> entries = new LinkedHashSet<>();

    EntrySet() {}

    EntrySet(final Collection<LogEntry> entries) {
        this.entries.addAll(entries);
    }

    void add(final LogEntry entry) {
        entries.add(entry);
    }

    Set<LogEntry> entries() {
        return entries;
    }

    Set<String> instanceIds() {
        final Set<String> ids = new TreeSet<>();
        entries.forEach(entry -> ids.add(entry.instanceId()));
        return ids;
    }

    InstanceParts parts(final String id) {
        final LogEntry tombstone = latest(id, PartKind.TOMBSTONE, any -> true);
        final Predicate<LogEntry> survives = entry -> tombstone == null || !tombstone.supersedes(entry);
        return new InstanceParts(
                latest(id, PartKind.REGISTRATION, survives),
                latest(id, PartKind.HEALTH, survives),
                latest(id, PartKind.INTENT, survives),
                tombstone,
                latest(id, PartKind.LEASE, survives));
    }

    /** The live entries of one origin that count for its set hash. */
    Set<LogEntry> live(final Origin origin) {
        final Set<LogEntry> live = new LinkedHashSet<>();
        for (final String id : instanceIds()) {
            final InstanceParts parts = parts(id);
            for (final PartKind kind :
                    List.of(PartKind.REGISTRATION, PartKind.HEALTH, PartKind.INTENT, PartKind.LEASE)) {
                if (parts.of(kind) != null && parts.of(kind).origin().equals(origin)) {
                    live.add(parts.of(kind));
                }
            }
        }
        return live;
    }

    private LogEntry latest(final String id, final PartKind kind, final Predicate<LogEntry> survives) {
        return entries.stream()
                .filter(entry -> entry.instanceId().equals(id) && entry.part().kind() == kind)
                .filter(survives)
                .max(Comparator.comparing(LogEntry::stamp)
                        .thenComparing(LogEntry::origin)
                        .thenComparing(LogEntry::version))
                .orElse(null);
    }
}
