package com.onebackend.registry.simulation;

import java.util.Arrays;

/** The virtual clock and everything that is still to happen, in the order of its time, then of its making. */
final class EventQueue {
    static final long MILLI = 1_000_000L;
    static final long SECOND = 1_000 * MILLI;

    private static final int FIRST_CAPACITY = 1_024;

    /** Children of one place in the heap: flat, because most of the work is letting events sink. */
    private static final int ARITY = 4;

    private long[] atNanos = new long[FIRST_CAPACITY];
    private long[] sequences = new long[FIRST_CAPACITY];
    private Runnable[] actions = new Runnable[FIRST_CAPACITY];
    private int size;
    private long nowNanos;
    private long lastSequence;

    /** Virtual nanoseconds since the start. */
    long nowNanos() {
        return nowNanos;
    }

    /** How many events wait. */
    int size() {
        return size;
    }

    void after(final long delayNanos, final Runnable action) {
        at(nowNanos + delayNanos, action);
    }

    void at(final long wantedNanos, final Runnable action) {
        if (size == actions.length) {
            atNanos = Arrays.copyOf(atNanos, 2 * size);
            sequences = Arrays.copyOf(sequences, 2 * size);
            actions = Arrays.copyOf(actions, 2 * size);
        }
        final long nanos = Math.max(nowNanos, wantedNanos);
        int place = size++;
        // A new event is the last of its time, so it rises only past later times.
        while (place > 0 && atNanos[(place - 1) / ARITY] > nanos) {
            move((place - 1) / ARITY, place);
            place = (place - 1) / ARITY;
        }
        put(place, nanos, lastSequence++, action);
    }

    /** Runs everything due until then and leaves the clock there. */
    void runUntil(final long untilNanos) {
        while (size > 0 && atNanos[0] <= untilNanos) {
            nowNanos = atNanos[0];
            final Runnable action = actions[0];
            removeFirst();
            action.run();
        }
        nowNanos = untilNanos;
    }

    private void removeFirst() {
        size--;
        final long nanos = atNanos[size];
        final long sequence = sequences[size];
        final Runnable action = actions[size];
        actions[size] = null;
        if (size == 0) {
            return;
        }
        int place = 0;
        for (int child = firstChild(place); child >= 0; child = firstChild(place)) {
            if (!isBefore(atNanos[child], sequences[child], nanos, sequence)) {
                break;
            }
            move(child, place);
            place = child;
        }
        put(place, nanos, sequence, action);
    }

    /** The earliest child; negative when there is none. */
    private int firstChild(final int place) {
        final int from = ARITY * place + 1;
        if (from >= size) {
            return -1;
        }
        int first = from;
        for (int child = from + 1; child < Math.min(from + ARITY, size); child++) {
            if (isBefore(atNanos[child], sequences[child], atNanos[first], sequences[first])) {
                first = child;
            }
        }
        return first;
    }

    private void move(final int from, final int to) {
        put(to, atNanos[from], sequences[from], actions[from]);
    }

    private void put(final int place, final long nanos, final long sequence, final Runnable action) {
        atNanos[place] = nanos;
        sequences[place] = sequence;
        actions[place] = action;
    }

    private static boolean isBefore(
            final long nanos, final long sequence, final long others, final long othersSequence) {
        return nanos < others || (nanos == others && sequence < othersSequence);
    }
}
