package com.onebackend.registry.replication;

import com.onebackend.registry.model.Instance;
import com.onebackend.registry.model.InstanceStatus;
import com.onebackend.registry.model.Part;
import com.onebackend.registry.model.PartKind;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/**
 * The winning entries of one instance; each may be null.
 *
 * <p><i>Invariants:</i> a function of the set of entries that went in, whatever their order: each register holds its
 * latest entry, unless the latest tombstone is later still.
 */
public record InstanceParts(
        LogEntry registration, LogEntry health, LogEntry intent, LogEntry tombstone, LogEntry lease) {
    private static final PartKind[] KINDS = PartKind.values();

    /** Nothing known of the instance. */
    public static final InstanceParts NONE = new InstanceParts(null, null, null, null, null);

    /** The entry in one register; null when there is none. */
    public LogEntry of(final PartKind kind) {
        return switch (kind) {
            case REGISTRATION -> registration;
            case HEALTH -> health;
            case INTENT -> intent;
            case TOMBSTONE -> tombstone;
            case LEASE -> lease;
        };
    }

    /** One of its entries; null when there is none. */
    LogEntry any() {
        for (final PartKind kind : KINDS) {
            if (of(kind) != null) {
                return of(kind);
            }
        }
        return null;
    }

    /** The entries there are. */
    List<LogEntry> entries() {
        return Arrays.stream(KINDS).map(this::of).filter(Objects::nonNull).toList();
    }

    /** The same parts after {@code entry} was merged in; this very object when that changes nothing. */
    InstanceParts with(final LogEntry entry) {
        final PartKind kind = entry.part().kind();
        final LogEntry known = of(kind);
        if (known != null && !entry.supersedes(known)) {
            return this;
        }
        if (kind == PartKind.TOMBSTONE) {
            return new InstanceParts(
                    survivor(registration, entry),
                    survivor(health, entry),
                    survivor(intent, entry),
                    entry,
                    survivor(lease, entry));
        }
        return survivor(entry, tombstone) == null ? this : replaced(kind, entry);
    }

    /** The same parts without {@code entry}; this very object when it is not among them. */
    InstanceParts without(final LogEntry entry) {
        final PartKind kind = entry.part().kind();
        return entry.equals(of(kind)) ? replaced(kind, null) : this;
    }

    /** True when every register is empty. */
    boolean isEmpty() {
        return equals(NONE);
    }

    /** The instance as it is shown; null when it is not registered. */
    public Instance instance() {
        if (registration == null) {
            return null;
        }
        final Part.Registration declared = (Part.Registration) registration.part();
        final Part.Health known = isOfThisLife(health) ? (Part.Health) health.part() : null;
        return new Instance(
                registration.instanceId(),
                declared,
                known == null ? InstanceStatus.UNKNOWN : known.status(),
                known == null ? "" : known.details(),
                intent == null ? Part.Intent.Mode.SERVE : ((Part.Intent) intent.part()).mode(),
                known == null ? 0 : known.seenMillis(),
                owning().origin());
    }

    /**
     * The entry whose writer looks after the instance: the latest of registration, health and lease. Null when the
     * instance is not registered.
     */
    public LogEntry owning() {
        LogEntry latest = registration;
        if (latest != null && isOfThisLife(health) && health.supersedes(latest)) {
            latest = health;
        }
        if (latest != null && isOfThisLife(lease) && lease.supersedes(latest)) {
            latest = lease;
        }
        return latest;
    }

    private boolean isOfThisLife(final LogEntry entry) {
        return entry != null && entry.stamp().compareTo(((Part.Registration) registration.part()).born()) > 0;
    }

    private InstanceParts replaced(final PartKind kind, final LogEntry entry) {
        return switch (kind) {
            case REGISTRATION -> new InstanceParts(entry, health, intent, tombstone, lease);
            case HEALTH -> new InstanceParts(registration, entry, intent, tombstone, lease);
            case INTENT -> new InstanceParts(registration, health, entry, tombstone, lease);
            case TOMBSTONE -> new InstanceParts(registration, health, intent, entry, lease);
            case LEASE -> new InstanceParts(registration, health, intent, tombstone, entry);
        };
    }

    private static LogEntry survivor(final LogEntry entry, final LogEntry tombstone) {
        return entry != null && tombstone != null && tombstone.supersedes(entry) ? null : entry;
    }
}
