package com.onebackend.registry.node.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import com.onebackend.registry.node.catalog.AutopilotPort.Facts;
import com.onebackend.registry.node.catalog.AutopilotPort.NodeFacts;
import com.onebackend.registry.node.catalog.AutopilotPort.VoterFacts;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Random clusters, left to the autopilot until it has nothing more to do; time is the test's. */
class AutopilotPropertyTest {
    private static final int SEEDS = 400;
    private static final int LOOKS_MAX = 3_000;
    /** Longer than everything it waits for. */
    private static final int QUIET_LOOKS = 400;

    static IntStream seeds() {
        return IntStream.rangeClosed(1, SEEDS);
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void itEndsWithTheRightVotersAndNoStepBreaksTheMajority(final int seed) {
        final Model model = new Model(seed);
        try (AutopilotRunner runner = new AutopilotRunner("test", model, AutopilotConfig.DEFAULT, () -> 0)) {
            int quiet = 0;
            int looks = 0;
            while (quiet < QUIET_LOOKS) {
                final int before = model.steps;
                runner.look(model.nowNanos);
                model.tick();
                quiet = model.steps == before && model.pending.isEmpty() ? quiet + 1 : 0;
                assertThat(++looks).as("it comes to rest, %s", model).isLessThan(LOOKS_MAX);
            }
            assertThat(model.steps)
                    .as("it does not go round in circles, %s", model)
                    .isLessThan(40);
            model.checkRest();
        }
    }

    /** A cluster in which votes change hands a moment after they were asked to. */
    private static final class Model implements AutopilotPort {
        private final Map<String, String> zones = new TreeMap<>();
        private final TreeSet<String> alive = new TreeSet<>();
        private final TreeSet<String> drained = new TreeSet<>();
        private final TreeSet<String> voters = new TreeSet<>();
        private final List<Runnable> pending = new ArrayList<>();
        private final String description;
        private String leader;
        private long term = 1;
        private long nowNanos;
        private int steps;

        Model(final int seed) {
            final RandomGenerator random = new SplittableRandom(seed);
            final int count = 1 + random.nextInt(20);
            final int zoneCount = 1 + random.nextInt(4);
            for (int i = 0; i < count; i++) {
                final String id = String.format("n%02d", i);
                zones.put(id, "zone-" + random.nextInt(zoneCount));
                if (random.nextInt(100) < 85) {
                    alive.add(id);
                }
                if (random.nextInt(100) < 8) {
                    drained.add(id);
                }
                if (random.nextInt(100) < 30) {
                    voters.add(id);
                }
            }
            while (!hasMajority() || voters.size() > 9) {
                final List<String> dead =
                        voters.stream().filter(id -> !alive.contains(id)).toList();
                if (!dead.isEmpty()) {
                    alive.add(dead.get(0));
                } else if (voters.size() > 9) {
                    voters.pollLast();
                } else {
                    final String first = zones.keySet().iterator().next();
                    alive.add(first);
                    voters.add(first);
                }
            }
            leader = voters.stream().filter(alive::contains).findFirst().orElseThrow();
            description = "seed=" + seed + " zones=" + zones + " alive=" + alive + " drained=" + drained + " voters="
                    + voters;
        }

        private boolean hasMajority() {
            return voters.stream().filter(alive::contains).count() > voters.size() / 2;
        }

        void tick() {
            nowNanos += TimeUnit.SECONDS.toNanos(1);
            if (!pending.isEmpty()) {
                pending.remove(0).run();
            }
        }

        @Override
        public Facts facts() {
            return new Facts(
                    leader,
                    true,
                    term,
                    voters.stream()
                            .map(id -> new VoterFacts(
                                    id, alive.contains(id) ? 0 : TimeUnit.NANOSECONDS.toMillis(nowNanos)))
                            .toList(),
                    zones.entrySet().stream()
                            .map(node -> new NodeFacts(
                                    node.getKey(),
                                    node.getValue(),
                                    alive.contains(node.getKey()),
                                    0,
                                    drained.contains(node.getKey())))
                            .toList());
        }

        private CompletableFuture<Void> step(final Runnable change) {
            assertThat(pending).as("one change at a time, %s", this).isEmpty();
            assertThat(hasMajority()).as("a majority works before, %s", this).isTrue();
            steps++;
            final CompletableFuture<Void> done = new CompletableFuture<>();
            pending.add(() -> {
                change.run();
                assertThat(hasMajority()).as("a majority works after, %s", this).isTrue();
                done.complete(null);
            });
            return done;
        }

        @Override
        public CompletableFuture<Void> promote(final String nodeId) {
            assertThat(alive).contains(nodeId);
            assertThat(drained).doesNotContain(nodeId);
            assertThat(voters).doesNotContain(nodeId);
            return step(() -> voters.add(nodeId));
        }

        @Override
        public CompletableFuture<Void> demote(final String nodeId) {
            assertThat(nodeId).as("the leader keeps its vote, %s", this).isNotEqualTo(leader);
            return step(() -> voters.remove(nodeId));
        }

        @Override
        public CompletableFuture<Void> transferLeadership(final String nodeId) {
            assertThat(voters).contains(nodeId);
            assertThat(alive).contains(nodeId);
            return step(() -> {
                leader = nodeId;
                term++;
            });
        }

        /** What must hold when nothing more is done. */
        void checkRest() {
            final int target = AutopilotView.target(zones.size());
            final List<String> fit = zones.keySet().stream()
                    .filter(id -> alive.contains(id) && !drained.contains(id) && !voters.contains(id))
                    .toList();
            assertThat(voters.size()).as("voters at rest, %s", this).isLessThanOrEqualTo(target);
            assertThat(voters.size() % 2).as("an odd number, %s", this).isEqualTo(1);
            if (voters.size() < target) {
                assertThat(fit).as("nobody is left for two more, %s", this).hasSizeLessThan(2);
            }
            if (!fit.isEmpty()) {
                assertThat(alive).as("no dead voter, %s", this).containsAll(voters);
                assertThat(voters).as("no drained voter, %s", this).noneMatch(drained::contains);
                final Map<String, Long> counts =
                        voters.stream().collect(Collectors.groupingBy(zones::get, Collectors.counting()));
                final long most =
                        counts.values().stream().mapToLong(each -> each).max().orElse(0);
                for (final String id : fit) {
                    assertThat(most - counts.getOrDefault(zones.get(id), 0L))
                            .as("spread over zones, %s", this)
                            .isLessThan(2);
                }
            }
        }

        @Override
        public String toString() {
            return description + " leader=" + leader + " now=" + voters;
        }
    }
}
