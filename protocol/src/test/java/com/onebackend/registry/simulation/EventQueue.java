package com.onebackend.registry.simulation;

import java.util.Comparator;
import java.util.PriorityQueue;

/** The virtual clock and everything that is still to happen, in the order of its time, then of its making. */
final class EventQueue {
    static final long MILLI = 1_000_000L;
    static final long SECOND = 1_000 * MILLI;

    private final PriorityQueue<Event> events =
            new PriorityQueue<>(Comparator.comparingLong(Event::atNanos).thenComparingLong(Event::sequence));
    private long nowNanos;
    private long sequence;

    private record Event(long atNanos, long sequence, Runnable action) {}

    /** Virtual nanoseconds since the start. */
    long nowNanos() {
        return nowNanos;
    }

    void after(final long delayNanos, final Runnable action) {
        at(nowNanos + delayNanos, action);
    }

    void at(final long atNanos, final Runnable action) {
        events.add(new Event(Math.max(nowNanos, atNanos), sequence++, action));
    }

    /** Runs everything due until then and leaves the clock there. */
    void runUntil(final long untilNanos) {
        while (!events.isEmpty() && events.peek().atNanos() <= untilNanos) {
            final Event event = events.poll();
            nowNanos = event.atNanos();
            event.action().run();
        }
        nowNanos = untilNanos;
    }
}
