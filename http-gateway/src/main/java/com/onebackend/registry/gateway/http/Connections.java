package com.onebackend.registry.gateway.http;

import io.netty.channel.Channel;
import java.net.InetAddress;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

/**
 * The open connections, counted in all and by client address.
 *
 * <p><i>Thread:</i> any.
 */
final class Connections {
    private final GatewayLimits limits;
    private final AtomicInteger open = new AtomicInteger();
    private final ConcurrentMap<InetAddress, Integer> byAddress = new ConcurrentHashMap<>();
    private final Set<Connection> served = ConcurrentHashMap.newKeySet();
    private final LongAdder refused = new LongAdder();

    Connections(final GatewayLimits limits) {
        this.limits = limits;
    }

    /** What becomes of a new connection. */
    enum Admission {
        SERVE,
        /** Over the limit of its address: 429. */
        REFUSE_ADDRESS,
        /** Over the limit of all: 503. */
        REFUSE_ALL,
        /** So far over the limits that even a refusal is not sent. */
        DROP
    }

    /** Counts a new connection in until its channel closes, and decides. */
    Admission admit(final Channel channel, final InetAddress address) {
        final int all = open.incrementAndGet();
        final int same = byAddress.merge(address, 1, Integer::sum);
        channel.closeFuture().addListener(closed -> {
            open.decrementAndGet();
            byAddress.computeIfPresent(address, (key, count) -> count == 1 ? null : count - 1);
        });
        if (all <= limits.connectionsMax() && same <= limits.connectionsPerAddressMax()) {
            return Admission.SERVE;
        }
        refused.increment();
        if (all > 2L * limits.connectionsMax() || same > 2L * limits.connectionsPerAddressMax()) {
            return Admission.DROP;
        }
        return same > limits.connectionsPerAddressMax() ? Admission.REFUSE_ADDRESS : Admission.REFUSE_ALL;
    }

    void add(final Connection connection) {
        served.add(connection);
    }

    void remove(final Connection connection) {
        served.remove(connection);
    }

    /** The connections that are served now. */
    Set<Connection> served() {
        return served;
    }

    int open() {
        return open.get();
    }

    double refused() {
        return refused.doubleValue();
    }
}
