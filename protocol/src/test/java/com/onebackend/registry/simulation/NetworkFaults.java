package com.onebackend.registry.simulation;

import static com.onebackend.registry.simulation.EventQueue.MILLI;

/**
 * How bad the network is at the moment. Probabilities 0 to 1.
 *
 * @param loss a datagram is lost
 * @param duplicate a datagram arrives twice
 * @param latencyMinNanos fastest way from node to node
 * @param latencyMaxNanos slowest usual way; each datagram draws its own, so that they overtake each other
 * @param late a datagram takes {@code lateNanos} more
 * @param streamBreak sending a message breaks the stream: everything in flight on it is lost
 */
public record NetworkFaults(
        double loss,
        double duplicate,
        long latencyMinNanos,
        long latencyMaxNanos,
        double late,
        long lateNanos,
        double streamBreak) {
    /** A good local network. */
    public static final NetworkFaults NONE = new NetworkFaults(0, 0, MILLI / 5, MILLI, 0, 0, 0);

    /** Loss on datagrams only, with some duplicates and reordering. */
    public static NetworkFaults lossy(final double loss) {
        return new NetworkFaults(loss, 0.02, MILLI / 5, 20 * MILLI, 0.01, 60 * MILLI, 0);
    }

    /** The same with streams that break now and then. */
    public NetworkFaults withStreamBreak(final double probability) {
        return new NetworkFaults(loss, duplicate, latencyMinNanos, latencyMaxNanos, late, lateNanos, probability);
    }
}
