package com.onebackend.registry.replication;

import static com.onebackend.registry.replication.Entries.A;
import static com.onebackend.registry.replication.Entries.HEALTHY;
import static com.onebackend.registry.replication.Entries.entry;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Against a plain sorted map, with every way entries come and go. */
class VersionedEntriesTest {
    private static final int STEPS = 20_000;

    private final TreeMap<Long, LogEntry> model = new TreeMap<>();
    private final VersionedEntries entries = new VersionedEntries();

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6})
    void behavesAsASortedMap(final long seed) {
        final Random random = new Random(seed);
        for (int step = 0; step < STEPS; step++) {
            // Grows at the end or anywhere, then shrinks to nothing, again and again.
            final boolean isGrowing = step / 2_500 % 2 == 0;
            final long range = seed % 2 == 0 ? 3_000 : 1_000_000;
            final long version = isGrowing && random.nextInt(3) > 0
                    ? (model.isEmpty() ? 1 : model.lastKey() + 1 + random.nextInt(2))
                    : 1 + random.nextLong(range);
            if (random.nextInt(10) < (isGrowing ? 9 : 2)) {
                final LogEntry entry = entry(A, version, step, "i", HEALTHY);
                assertThat(entries.put(entry)).isSameAs(model.put(version, entry));
            } else {
                final Map.Entry<Long, LogEntry> near = model.ceilingEntry(version);
                final long gone = near == null || random.nextInt(5) == 0 ? version : near.getKey();
                assertThat(entries.removeVersion(gone)).isSameAs(model.remove(gone));
            }
            check(version);
            if (step % 500 == 0) {
                assertThat(entries).containsExactlyElementsOf(model.values());
            }
        }
        assertThat(entries).containsExactlyElementsOf(model.values());
    }

    private void check(final long version) {
        assertThat(entries.size()).isEqualTo(model.size());
        assertThat(entries.lastVersion()).isEqualTo(model.isEmpty() ? 0 : model.lastKey());
        for (long near = Math.max(0, version - 1); near <= version + 1; near++) {
            final Map.Entry<Long, LogEntry> after = model.higherEntry(near);
            assertThat(entries.after(near)).isSameAs(after == null ? null : after.getValue());
            assertThat(entries.at(near)).isSameAs(model.get(near));
        }
    }
}
