package com.onebackend.registry.replication;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Own instances that a reset took out of the log: nobody is shown them, nobody is sent them, but a client that gives a
 * sign of life proves its own alive. Bounded in number and time.
 */
final class Aside {
    private final int instancesMax;
    private final long keptNanos;
    private final Map<String, InstanceParts> instances = new LinkedHashMap<>();
    private boolean isClockStarted;
    private long untilNanos;

    Aside(final int instancesMax, final long keptNanos) {
        this.instancesMax = instancesMax;
        this.keptNanos = keptNanos;
    }

    /** Keeps an instance, the first one of its name, while there is room. */
    void keep(final String instanceId, final InstanceParts parts) {
        if (instances.size() < instancesMax) {
            instances.putIfAbsent(instanceId, parts);
            isClockStarted = false;
        }
    }

    /** Takes an instance out; null when it is not there. */
    InstanceParts take(final String instanceId) {
        return instances.remove(instanceId);
    }

    /** The time runs from the first call after the last {@link #keep}; then all go. */
    void expire(final boolean isHeldOn, final long nowNanos) {
        if (instances.isEmpty()) {
            return;
        }
        if (!isClockStarted || isHeldOn) {
            isClockStarted = true;
            untilNanos = nowNanos + keptNanos;
        } else if (nowNanos - untilNanos >= 0) {
            instances.clear();
        }
    }
}
