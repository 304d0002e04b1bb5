package com.onebackend.registry.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class EventQueueTest {
    private record Expected(long atNanos, int number) {}

    @Test
    void eventsRunInTheOrderOfTheirTimeThenOfTheirMaking() {
        final SplittableRandom random = new SplittableRandom(1);
        final EventQueue events = new EventQueue();
        final PriorityQueue<Expected> expected =
                new PriorityQueue<>(Comparator.comparingLong(Expected::atNanos).thenComparingInt(Expected::number));
        final List<Integer> ran = new ArrayList<>();
        final List<Integer> wanted = new ArrayList<>();
        int number = 0;
        for (int round = 0; round < 200; round++) {
            for (int i = random.nextInt(60); i > 0; i--) {
                final int made = number++;
                final long at = events.nowNanos() + random.nextLong(50);
                events.at(at, () -> ran.add(made));
                expected.add(new Expected(at, made));
            }
            final long until = events.nowNanos() + random.nextLong(20);
            events.runUntil(until);
            while (!expected.isEmpty() && expected.peek().atNanos() <= until) {
                wanted.add(expected.remove().number());
            }
            assertThat(ran).isEqualTo(wanted);
            assertThat(events.nowNanos()).isEqualTo(until);
            assertThat(events.size()).isEqualTo(expected.size());
        }
        assertThat(ran).hasSizeGreaterThan(2_000);
    }

    @Test
    void whatIsDueInThePastRunsNow() {
        final EventQueue events = new EventQueue();
        events.runUntil(100);
        final List<Long> at = new ArrayList<>();
        events.at(7, () -> at.add(events.nowNanos()));
        events.runUntil(100);
        assertThat(at).containsExactly(100L);
    }
}
