package com.onebackend.registry.node.gossip;

import java.net.InetAddress;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * How many accepted connections there are, in all and from one address.
 *
 * <p><i>Thread:</i> any.
 */
final class ConnectionLimits {
    /** Accepted connections in all. */
    static final int TOTAL_MAX = 4_096;

    private final int perAddressMax;
    private final AtomicInteger total = new AtomicInteger();
    private final ConcurrentHashMap<InetAddress, Integer> perAddress = new ConcurrentHashMap<>();

    /** Several nodes may share an address, so that one address may hold more than one node needs. */
    ConnectionLimits(final int perAddressMax) {
        this.perAddressMax = perAddressMax;
    }

    /** True when one more may come; it must be released. */
    boolean admit(final InetAddress address) {
        if (total.incrementAndGet() > TOTAL_MAX) {
            total.decrementAndGet();
            return false;
        }
        if (perAddress.merge(address, 1, Integer::sum) > perAddressMax) {
            release(address);
            return false;
        }
        return true;
    }

    /** An admitted one went away. */
    void release(final InetAddress address) {
        total.decrementAndGet();
        perAddress.computeIfPresent(address, (key, count) -> count > 1 ? count - 1 : null);
    }

    /** Connections that are there now. */
    int total() {
        return total.get();
    }
}
