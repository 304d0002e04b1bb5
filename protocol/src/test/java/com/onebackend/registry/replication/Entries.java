package com.onebackend.registry.replication;

import com.onebackend.registry.model.InstanceStatus;
import com.onebackend.registry.model.Origin;
import com.onebackend.registry.model.Part;
import com.onebackend.registry.model.Stamp;
import java.util.List;
import java.util.random.RandomGenerator;

/** Parts, entries and small limits for tests. */
final class Entries {
    static final Origin A = new Origin(0xA);
    static final Origin B = new Origin(0xB);
    static final Origin C = new Origin(0xC);
    static final Part TOMBSTONE = new Part.Tombstone();
    static final Part DRAIN = new Part.Intent(Part.Intent.Mode.DRAIN, "");
    static final Part HEALTHY = new Part.Health(InstanceStatus.HEALTHY, "ok", 7);

    /** Wall clock of the tests. */
    static final long WALL = 1_700_000_000_000L;

    /** Two entries per chunk and push, two sessions, so that every limit is met. */
    static final ReplicaConfig SMALL = new ReplicaConfig(2, 100_000, 2, 2, 4, 50, 1_000, 60_000, 1_000, 100, 1_000, 2)
            .withSessions(new SessionConfig(
                    4, 2, 1_000_000_000, 1_000_000_000, 600_000_000_000L, 1_000, 0, 2, 1, 16, 7, 100));

    private Entries() {}

    static Part.Registration registration(final String slug) {
        return new Part.Registration(slug, "http://h/" + slug, "http", "h", "", 80, "", "", "", List.of(), Stamp.ZERO);
    }

    static Part.Registration registration(final Stamp born) {
        return registration("s").withBorn(born);
    }

    static LogEntry entry(final Origin origin, final long version, final long stamp, final String id, final Part part) {
        return new LogEntry(origin, version, stamp(stamp), id, part);
    }

    /** A stamp of the tests' time. */
    static Stamp stamp(final long counter) {
        return new Stamp(Stamp.ofMillis(WALL).packed() + counter);
    }

    /** A random part; a registration's born is left to the replica. */
    static Part randomPart(final RandomGenerator random) {
        return switch (random.nextInt(8)) {
            case 0, 1, 2 -> registration("s" + random.nextInt(3));
            case 3 -> TOMBSTONE;
            case 4 -> DRAIN;
            case 5 -> new Part.Lease();
            default -> new Part.Health(InstanceStatus.HEALTHY, "", random.nextInt(1_000));
        };
    }
}
