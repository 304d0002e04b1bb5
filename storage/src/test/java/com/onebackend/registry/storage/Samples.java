package com.onebackend.registry.storage;

import com.onebackend.registry.model.InstanceStatus;
import com.onebackend.registry.model.Origin;
import com.onebackend.registry.model.Part;
import com.onebackend.registry.model.Stamp;
import com.onebackend.registry.replication.Digest;
import com.onebackend.registry.replication.LogBatch;
import com.onebackend.registry.replication.LogEntry;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Records to store. */
public final class Samples {
    public static final Origin ORIGIN = new Origin(0xF000_0000_0000_0001L);

    private Samples() {}

    public static LogEntry registration(final String instanceId, final long version) {
        final Stamp stamp = Stamp.ofMillis(version);
        return new LogEntry(
                ORIGIN,
                version,
                stamp,
                instanceId,
                new Part.Registration(
                        "orders",
                        "http://10.0.0.1:8080",
                        "http",
                        "10.0.0.1",
                        "10.0.0.1",
                        8080,
                        "",
                        "deployment",
                        "http://node-1:58231",
                        List.of("blue"),
                        stamp));
    }

    public static LogEntry health(final String instanceId, final long version) {
        return new LogEntry(
                ORIGIN,
                version,
                Stamp.ofMillis(version),
                instanceId,
                new Part.Health(InstanceStatus.HEALTHY, "", version));
    }

    /** One entry of each kind of part. */
    public static List<LogEntry> everyPart(final String instanceId) {
        return List.of(
                registration(instanceId, 1),
                health(instanceId, 2),
                entry(instanceId, 3, new Part.Intent(Part.Intent.Mode.DRAIN, "upgrade")),
                entry(instanceId, 4, new Part.Tombstone()),
                entry(instanceId, 5, new Part.Lease()));
    }

    private static LogEntry entry(final String instanceId, final long version, final Part part) {
        return new LogEntry(ORIGIN, version, Stamp.ofMillis(version), instanceId, part);
    }

    public static Digest.Head head(final long maxVersion) {
        return new Digest.Head(ORIGIN, maxVersion, 0, maxVersion * 31);
    }

    /** One registration of its own instance, and the head that goes with it. */
    public static LogBatch registered(final long version) {
        return new LogBatch(
                List.of(registration("instance-" + version, version)), List.of(), List.of(head(version)), false);
    }

    public static LogBatch puts(final LogEntry... entries) {
        return new LogBatch(List.of(entries), List.of(), List.of(), false);
    }

    public static LogBatch removals(final LogEntry.PartKey... keys) {
        return new LogBatch(List.of(), List.of(keys), List.of(), false);
    }

    public static byte[] bytes(final String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    public static List<LogEntry> entries(final RegistryStore store) {
        final List<LogEntry> entries = new ArrayList<>();
        store.instances().load(entries::add, head -> {});
        return entries;
    }

    public static List<Digest.Head> heads(final RegistryStore store) {
        final List<Digest.Head> heads = new ArrayList<>();
        store.instances().load(entry -> {}, heads::add);
        return heads;
    }

    /** A section's rows as "key=value" texts. */
    public static List<String> rows(final RegistryStore store, final CatalogSection section) {
        final List<String> rows = new ArrayList<>();
        store.catalog().scan(section, (key, value) -> rows.add(key + "=" + new String(value, StandardCharsets.UTF_8)));
        return rows;
    }
}
