package com.onebackend.registry.model;

/**
 * The start count of one node process: raised, and made durable, at every start before anything is sent.
 *
 * <p>A higher generation of the same node id always wins over a lower one, whatever their incarnations say. It starts
 * at the wall clock's milliseconds, so that a node whose disk was lost still returns with a higher one.
 */
public record Generation(long value) implements Comparable<Generation> {
    public Generation {
        Invariants.check(value >= 0, "generation is negative");
    }

    @Override
    public int compareTo(final Generation other) {
        return Long.compare(value, other.value);
    }
}
