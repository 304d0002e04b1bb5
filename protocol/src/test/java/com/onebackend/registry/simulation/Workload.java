package com.onebackend.registry.simulation;

import com.onebackend.registry.model.Instance;
import com.onebackend.registry.model.InstanceStatus;
import com.onebackend.registry.model.Part;
import com.onebackend.registry.model.Stamp;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/** Clients that register, change and deregister instances of a small key space, each time at any node. */
final class Workload {
    private static final List<InstanceStatus> STATUSES = List.of(InstanceStatus.values());
    private static final List<Part.Intent.Mode> MODES = List.of(Part.Intent.Mode.values());

    private final EventQueue events;
    private final RandomGenerator random;
    private final List<VirtualNode> nodes;
    private final List<String> instanceIds = new ArrayList<>();
    private final long meanNanos;
    private boolean isRunning;
    private int serial;

    /** @param meanNanos between two writes, cluster-wide */
    Workload(
            final EventQueue events,
            final RandomGenerator random,
            final List<VirtualNode> nodes,
            final int keys,
            final long meanNanos) {
        this.events = events;
        this.random = random;
        this.nodes = nodes;
        this.meanNanos = meanNanos;
        for (int i = 0; i < keys; i++) {
            instanceIds.add("inst-" + i);
        }
    }

    void start() {
        isRunning = true;
        scheduleNext();
    }

    void stop() {
        isRunning = false;
    }

    List<String> instanceIds() {
        return instanceIds;
    }

    /** A registration as a client would send it. */
    static Part.Registration registration(final String instanceId, final int serial) {
        return new Part.Registration(
                "svc-" + instanceId.hashCode() % 5,
                "http://10.1.0.1:" + (1_024 + serial % 60_000),
                "http",
                "10.1.0.1",
                "10.1.0.1",
                1_024 + serial % 60_000,
                "",
                "deployment-" + serial,
                "",
                List.of("t" + serial % 7),
                Stamp.ZERO);
    }

    private void scheduleNext() {
        events.after(1 + Seeds.exponential(random, meanNanos), () -> {
            if (isRunning) {
                final VirtualNode node = nodes.get(random.nextInt(nodes.size()));
                final String instanceId = instanceIds.get(random.nextInt(instanceIds.size()));
                if (node.phase() == VirtualNode.Phase.RUNNING && node.core().hasRoom()) {
                    write(node, instanceId, random.nextInt(100));
                }
                scheduleNext();
            }
        });
    }

    private void write(final VirtualNode node, final String instanceId, final int dice) {
        final Instance shown = node.instance(instanceId);
        serial++;
        if (shown == null) {
            node.write(instanceId, registration(instanceId, serial));
        } else if (dice < 30) {
            node.write(instanceId, registration(instanceId, serial));
        } else if (dice < 60) {
            final InstanceStatus status = STATUSES.get(serial % STATUSES.size());
            node.write(instanceId, new Part.Health(status, "check " + serial, serial));
        } else if (dice < 70) {
            final Part.Intent.Mode mode = MODES.get(serial % MODES.size());
            node.write(instanceId, new Part.Intent(mode, "because " + serial));
        } else {
            node.write(instanceId, new Part.Tombstone());
        }
    }
}
