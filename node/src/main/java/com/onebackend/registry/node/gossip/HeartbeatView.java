package com.onebackend.registry.node.gossip;

import com.onebackend.registry.directory.Directory;
import com.onebackend.registry.directory.Entry;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.ToLongFunction;

/**
 * Shows signs of life to readers: at once in a service that was quiet, else once in five seconds for all instances of
 * the service together. A service is rebuilt, and rendered anew, that often and no more, however many heartbeats come.
 *
 * <p><i>Thread:</i> the gossip loop.
 *
 * <p><i>Invariants:</i> at most one entry per service.
 */
final class HeartbeatView {
    /** A service's last heartbeats are shown at most once in so long. */
    static final long SERVICE_INTERVAL_NANOS = TimeUnit.SECONDS.toNanos(5);

    /** Instances looked at in one round; the services left wait for the next one. */
    static final int INSTANCES_PER_ROUND_MAX = 4_096;

    private final Directory directory;
    private final ToLongFunction<String> lastHeartbeatMillis;
    private final Map<String, Service> services = new HashMap<>();
    /** Heard of while quiet. */
    private final Deque<Service> fresh = new ArrayDeque<>();
    /** Shown less than an interval ago; the longest ago first. */
    private final Deque<Service> resting = new ArrayDeque<>();

    private static final class Service {
        private final String slug;
        private long shownNanos;
        private boolean hasNews = true;

        Service(final String slug) {
            this.slug = slug;
        }
    }

    HeartbeatView(final Directory directory, final ToLongFunction<String> lastHeartbeatMillis) {
        this.directory = directory;
        this.lastHeartbeatMillis = lastHeartbeatMillis;
    }

    /** A sign of life of this instance was heard. */
    void heard(final String instanceId) {
        final Entry entry = directory.byId(instanceId);
        if (entry == null) {
            // Not shown yet: it will be with its last heartbeat.
            return;
        }
        final Service known = services.get(entry.instance().slug());
        if (known != null) {
            known.hasNews = true;
            return;
        }
        final Service service = new Service(entry.instance().slug());
        services.put(service.slug, service);
        fresh.addLast(service);
    }

    /** Shows what is due. */
    void refresh(final long nowNanos) {
        int room = INSTANCES_PER_ROUND_MAX;
        while (room > 0 && !fresh.isEmpty()) {
            room -= show(fresh.pollFirst(), nowNanos);
        }
        while (room > 0 && !resting.isEmpty() && nowNanos - resting.peekFirst().shownNanos >= SERVICE_INTERVAL_NANOS) {
            final Service service = resting.pollFirst();
            if (service.hasNews) {
                room -= show(service, nowNanos);
            } else {
                services.remove(service.slug);
            }
        }
    }

    private int show(final Service service, final long nowNanos) {
        service.hasNews = false;
        service.shownNanos = nowNanos;
        resting.addLast(service);
        return 1 + directory.refresh(service.slug, lastHeartbeatMillis);
    }
}
