package com.onebackend.registry.bench;

import com.onebackend.registry.model.InstanceStatus;
import com.onebackend.registry.model.Origin;
import com.onebackend.registry.model.Part;
import com.onebackend.registry.model.Stamp;
import com.onebackend.registry.replication.Digest;
import com.onebackend.registry.replication.LogEntry;
import com.onebackend.registry.replication.Replica;
import com.onebackend.registry.replication.ReplicaConfig;
import com.onebackend.registry.wire.RecordCodec;
import java.util.List;

/** Instances as a large cluster has them: 100 nodes, 1,000 services, each instance registered and healthy. */
final class BenchData {
    static final int ORIGINS = 100;
    static final long WALL_MILLIS = 1_700_000_000_000L;

    private static final int SERVICES = 1_000;
    private static final int HOSTS = 20_000;

    private BenchData() {}

    /** A replica that has so many instances, read from bytes as from a disk. */
    static Replica replica(final Origin self, final ReplicaConfig config, final int instances) {
        final Replica replica = new Replica(self, config);
        for (int i = 0; i < instances; i++) {
            // In the order of the instance ids, hence in no order of the versions.
            final int shuffled = (int) ((i * 7_368_787L) % instances);
            replica.restore(stored(entry(shuffled, false)));
            replica.restore(stored(entry(shuffled, true)));
            if (i % 1_000 == 0) {
                replica.drain();
            }
        }
        for (int origin = 0; origin < ORIGINS; origin++) {
            replica.restoreHead(new Digest.Head(origin(origin), 2L * instances, 0, 0));
        }
        replica.drain();
        return replica;
    }

    static Origin origin(final int index) {
        return new Origin(0x9E37_79B9_7F4A_7C15L * (index + 1));
    }

    private static LogEntry stored(final LogEntry entry) {
        return RecordCodec.decodeEntry(RecordCodec.encodeEntry(entry));
    }

    private static LogEntry entry(final int index, final boolean isHealth) {
        final long version = 1 + 2L * (index / ORIGINS) + (isHealth ? 1 : 0);
        final Stamp born = Stamp.ofMillis(WALL_MILLIS + index);
        final int host = index % HOSTS;
        final String ip = "10." + host / 65_536 + "." + host / 256 % 256 + "." + host % 256;
        final String url = "http://" + ip + ":" + (20_000 + index / HOSTS);
        final Part part = isHealth
                ? new Part.Health(InstanceStatus.HEALTHY, "", WALL_MILLIS + index)
                : new Part.Registration(
                        "service-" + index % SERVICES,
                        url,
                        "http",
                        "host-" + host + ".example",
                        ip,
                        20_000 + index / HOSTS,
                        "",
                        "deployment-" + index % SERVICES,
                        "http://node-" + index % ORIGINS + ".example:58231",
                        List.of("zone-" + index % 3, "v" + index % 7),
                        born);
        final Stamp stamp = isHealth ? Stamp.ofMillis(WALL_MILLIS + index + 5) : born;
        return new LogEntry(origin(index % ORIGINS), version, stamp, id(index), part);
    }

    private static String id(final int index) {
        return String.format("inst-%08x-%08x-%08x", index * 0x9E37_79B9, index, index * 0x85EB_CA6B);
    }
}
