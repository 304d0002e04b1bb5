package com.onebackend.registry.replication;

import static com.onebackend.registry.replication.Entries.A;
import static com.onebackend.registry.replication.Entries.B;
import static com.onebackend.registry.replication.Entries.C;
import static com.onebackend.registry.replication.Entries.DRAIN;
import static com.onebackend.registry.replication.Entries.HEALTHY;
import static com.onebackend.registry.replication.Entries.SMALL;
import static com.onebackend.registry.replication.Entries.WALL;
import static com.onebackend.registry.replication.Entries.entry;
import static com.onebackend.registry.replication.Entries.registration;
import static com.onebackend.registry.replication.Entries.stamp;
import static org.assertj.core.api.Assertions.assertThat;

import com.onebackend.registry.model.InstanceStatus;
import com.onebackend.registry.model.Origin;
import com.onebackend.registry.model.Part;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Own writes wait for the disk while what had beaten them is taken out. */
class ReplicaPendingTest {
    private static final Part UP = new Part.Health(InstanceStatus.HEALTHY, "", 9);
    private static final int RANDOM_RUNS = 300;
    private static final int RANDOM_STEPS = 80;

    private final Node a = new Node(A, SMALL);

    @Test
    void ownVerdictThatARemovedNodesLaterOneHadBeatenIsBack() {
        final LogEntry ours = ownVerdictBeatenByC();
        a.replica.evict(C);
        assertThat(a.replica.parts("i").health()).isEqualTo(ours);
        isOnDiskAndShown(ours);
    }

    @Test
    void ownVerdictThatALaterOneHadBeatenOutlivesAReset() {
        final LogEntry ours = ownVerdictBeatenByC();
        a.replica.reset(new Digest(List.of(new Digest.Head(B, 9, 7, 0))));
        assertThat(a.replica.parts("i").health()).isEqualTo(ours);
        isOnDiskAndShown(ours);
    }

    @Test
    void ownLeaseThatARemovedNodesOfTheSameStampHadBeatenIsBack() {
        a.offer(new LogMessage.Push(B, 0, 1, 0, List.of(entry(B, 1, 10, "i", registration(stamp(10))))));
        final LogEntry lease = a.replica.adopt("i");
        a.persist();
        final LogEntry beating = new LogEntry(C, 1, lease.stamp(), "i", new Part.Lease());
        a.offer(new LogMessage.Push(C, 0, 1, 0, List.of(beating)));
        assertThat(a.replica.parts("i").lease()).isEqualTo(beating);
        a.replica.evict(C);
        assertThat(a.replica.parts("i").lease()).isEqualTo(lease);
        isOnDiskAndShown(lease);
    }

    @Test
    void instanceThatAResetTookOutIsClaimedWholeWithRoomForOneWrite() {
        a.writeAndPush("i", registration("s"));
        a.writeAndPush("i", DRAIN);
        a.persist();
        a.crash(a.unconfirmed());
        a.replica.reset(new Digest(List.of(new Digest.Head(B, 9, 7, 0))));
        a.persist();
        while (a.unconfirmed() < SMALL.undurableMax()) {
            a.write("other", HEALTHY);
        }
        assertThat(a.replica.hasRoom()).isTrue();
        assertThat(a.replica.reclaim("i", WALL)).isTrue();
        assertThat(a.replica.parts("i").registration()).isNotNull();
        assertThat(a.replica.parts("i").intent()).isNotNull();
        assertThat(a.replica.hasRoom()).isFalse();
        a.persist();
        a.confirm(a.unconfirmed());
        assertThat(a.replica.shown("i")).isEqualTo(a.replica.parts("i"));
    }

    /** Whatever comes between writes, what this node sees is what peers see once all of it is on disk. */
    @Test
    void randomWritesPushesEvictionsAndResetsLeaveViewTableAndDiskAlike() {
        for (int seed = 0; seed < RANDOM_RUNS; seed++) {
            run(new Random(seed), seed);
        }
    }

    private static void run(final Random random, final int seed) {
        final Node node = new Node(A, SMALL);
        final long[] versions = new long[8];
        final List<Integer> living = new ArrayList<>(List.of(1, 2, 3, 4, 5, 6, 7));
        for (int step = 0; step < RANDOM_STEPS; step++) {
            final String id = "i" + random.nextInt(3);
            switch (random.nextInt(12)) {
                case 0, 1, 2, 3 -> node.write(id, Entries.randomPart(random));
                case 4, 5, 6, 7 -> {
                    final int peer = living.get(random.nextInt(living.size()));
                    final long version = ++versions[peer];
                    final LogEntry entry =
                            entry(new Origin(0x10 + peer), version, random.nextInt(60), id, Entries.randomPart(random));
                    node.offer(new LogMessage.Push(entry.origin(), version - 1, version, 0, List.of(entry)));
                }
                case 8 -> node.confirm(random.nextInt(node.unconfirmed() + 1));
                case 9 -> {
                    if (living.size() > 1) {
                        node.replica.evict(new Origin(0x10 + living.remove(random.nextInt(living.size()))));
                    }
                }
                case 10 -> {
                    if (random.nextInt(8) == 0) {
                        node.replica.reset(new Digest(List.of(new Digest.Head(B, 9, 7, 0))));
                        Arrays.fill(versions, 0);
                    }
                }
                default -> {
                    final LogEntry owning = node.replica.parts(id).owning();
                    if (owning != null && !owning.origin().equals(A)) {
                        node.replica.adopt(id);
                    }
                }
            }
            node.persist();
        }
        node.confirm(node.unconfirmed());
        for (int i = 0; i < 3; i++) {
            final InstanceParts parts = node.replica.parts("i" + i);
            assertThat(node.replica.shown("i" + i)).as("seed %d", seed).isEqualTo(parts);
            for (final LogEntry entry : parts.entries()) {
                assertThat(node.disk()).as("seed %d", seed).containsEntry(entry.key(), entry);
            }
        }
        final long onDisk = node.disk().size();
        final long live = List.of("i0", "i1", "i2").stream()
                .mapToLong(id -> node.replica.parts(id).entries().size())
                .sum();
        assertThat(onDisk).as("seed %d", seed).isEqualTo(live);
    }

    private LogEntry ownVerdictBeatenByC() {
        a.writeAndPush("i", registration("s"));
        final LogEntry ours = a.write("i", HEALTHY);
        final LogEntry later = entry(C, 1, 1_000, "i", UP);
        a.offer(new LogMessage.Push(C, 0, 1, 0, List.of(later)));
        assertThat(a.replica.parts("i").health()).isEqualTo(later);
        return ours;
    }

    private void isOnDiskAndShown(final LogEntry ours) {
        a.persist();
        a.confirm(a.unconfirmed());
        assertThat(a.replica.shown("i")).isEqualTo(a.replica.parts("i"));
        assertThat(a.disk()).containsEntry(ours.key(), ours);
    }
}
