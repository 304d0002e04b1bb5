package com.onebackend.registry.gateway.http;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.FunctionTimer;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;

/**
 * Counts requests by route and status class. The meters are declared once; a request adds to two counters.
 *
 * <p><i>Thread:</i> any.
 */
final class HttpMetrics {
    private static final int CLASSES = 6;

    private final Map<Route, Counters> byRoute = new HashMap<>();
    private final Counters unrouted;

    HttpMetrics(final MeterRegistry registry, final List<Route> routes, final Connections connections) {
        for (final Route route : routes) {
            byRoute.put(route, new Counters(registry, route.method().name(), route.pattern()));
        }
        unrouted = new Counters(registry, "any", "none");
        Gauge.builder("gateway.connections.open", connections, Connections::open)
                .register(registry);
        FunctionCounter.builder("gateway.connections.refused", connections, Connections::refused)
                .register(registry);
    }

    /** The counters of a route; those of requests that found none for null. */
    Counters of(final Route route) {
        return route == null ? unrouted : byRoute.get(route);
    }

    /** The counters of one route. */
    static final class Counters {
        private final LongAdder[] byClass = new LongAdder[CLASSES];
        private final LongAdder nanos = new LongAdder();

        Counters(final MeterRegistry registry, final String method, final String pattern) {
            for (int i = 2; i < CLASSES; i++) {
                byClass[i] = new LongAdder();
                FunctionCounter.builder("gateway.requests", byClass[i], LongAdder::doubleValue)
                        .tags("method", method, "route", pattern, "status", i + "xx")
                        .register(registry);
            }
            FunctionTimer.builder(
                            "gateway.request.time",
                            this,
                            Counters::count,
                            counters -> counters.nanos.doubleValue(),
                            TimeUnit.NANOSECONDS)
                    .tags("method", method, "route", pattern)
                    .register(registry);
        }

        void add(final int status, final long tookNanos) {
            byClass[status / 100].increment();
            nanos.add(tookNanos);
        }

        private long count() {
            long sum = 0;
            for (int i = 2; i < CLASSES; i++) {
                sum += byClass[i].sum();
            }
            return sum;
        }
    }
}
