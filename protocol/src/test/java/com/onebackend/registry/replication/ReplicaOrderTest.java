package com.onebackend.registry.replication;

import static com.onebackend.registry.replication.Entries.WALL;
import static org.assertj.core.api.Assertions.assertThat;

import com.onebackend.registry.model.Generation;
import com.onebackend.registry.model.MemberId;
import com.onebackend.registry.model.Origin;
import com.onebackend.registry.model.Part;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The state is a function of the set of entries: no order, duplication or split into chunks shows. */
class ReplicaOrderTest {
    private static final Origin SELF = new Origin(99);
    private static final int ORIGINS = 4;
    private static final int INSTANCES = 5;

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void stateDependsOnTheSetOfEntriesOnly(final long seed) {
        final Random random = new Random(seed);
        for (int round = 0; round < 60; round++) {
            final List<LogEntry> entries = randomEntries(random);
            final EntrySet model = new EntrySet(entries);
            final Replica first = received(entries, random);
            final Replica second = received(entries, random);
            for (final String id : model.instanceIds()) {
                assertThat(first.parts(id)).as("seed %d round %d", seed, round).isEqualTo(model.parts(id));
                assertThat(second.parts(id)).isEqualTo(model.parts(id));
            }
            assertThat(first.digest()).isEqualTo(second.digest());
            assertThat(first.digestHash()).isEqualTo(second.digestHash());
            for (int origin = 0; origin < ORIGINS; origin++) {
                assertThat(first.entriesAfter(new Origin(origin), 0))
                        .filteredOn(entry -> !entry.isTombstone())
                        .containsExactlyInAnyOrderElementsOf(model.live(new Origin(origin)));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {11, 12, 13, 14})
    void setHashIsEqualExactlyForEqualSets(final long seed) {
        final Random random = new Random(seed);
        for (int round = 0; round < 60; round++) {
            final List<LogEntry> entries = randomEntries(random);
            final List<LogEntry> fewer = new ArrayList<>(entries);
            fewer.remove(random.nextInt(fewer.size()));
            final Replica all = received(entries, random);
            final Replica less = received(fewer, random);
            for (int number = 0; number < ORIGINS; number++) {
                final Origin origin = new Origin(number);
                final boolean isSameSet = new EntrySet(entries).live(origin).equals(new EntrySet(fewer).live(origin));
                assertThat(setHash(all, origin) == setHash(less, origin)).isEqualTo(isSameSet);
            }
        }
    }

    private static long setHash(final Replica replica, final Origin origin) {
        return replica.digest().heads().stream()
                .filter(head -> head.origin().equals(origin))
                .mapToLong(Digest.Head::setHash)
                .findFirst()
                .orElse(0);
    }

    /** Delivers every entry at least once, shuffled, in chunks of random size, some again. */
    private static Replica received(final List<LogEntry> entries, final Random random) {
        final List<LogEntry> deliveries = new ArrayList<>(entries);
        for (int i = 0; i < entries.size() / 2; i++) {
            deliveries.add(entries.get(random.nextInt(entries.size())));
        }
        Collections.shuffle(deliveries, random);
        final Replica replica = new Replica(SELF, ReplicaConfig.DEFAULT);
        replica.request(1, new MemberId("peer", Entries.A, new Generation(1)), 0);
        int index = 0;
        for (int from = 0; from < deliveries.size(); ) {
            final int to = Math.min(deliveries.size(), from + 1 + random.nextInt(5));
            final LogMessage.SyncChunk chunk =
                    new LogMessage.SyncChunk(1, index++, false, deliveries.subList(from, to), List.of());
            assertThat(replica.chunk(chunk, WALL, 0)).isEqualTo(SyncVerdict.MORE);
            from = to;
        }
        return replica;
    }

    /** Logs as nodes that know little of each other write them: stamps rise inside a log, births are arbitrary. */
    private static List<LogEntry> randomEntries(final Random random) {
        final List<LogEntry> entries = new ArrayList<>();
        for (int origin = 0; origin < ORIGINS; origin++) {
            long stamp = random.nextInt(5);
            for (long version = 1; version <= 12; version++) {
                stamp += 1 + random.nextInt(6);
                Part part = Entries.randomPart(random);
                if (part instanceof Part.Registration registration) {
                    part = registration.withBorn(Entries.stamp(random.nextLong(stamp + 1)));
                }
                entries.add(Entries.entry(new Origin(origin), version, stamp, "i" + random.nextInt(INSTANCES), part));
            }
        }
        return entries;
    }
}
