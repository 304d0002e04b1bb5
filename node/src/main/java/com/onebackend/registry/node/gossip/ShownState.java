package com.onebackend.registry.node.gossip;

import com.onebackend.registry.directory.Directory;
import com.onebackend.registry.directory.Entry;
import com.onebackend.registry.gossip.GossipCore;
import com.onebackend.registry.gossip.Now;
import com.onebackend.registry.model.Instance;
import com.onebackend.registry.model.Member;
import com.onebackend.registry.model.NodeReport;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;

/**
 * What other threads see of the core: the directory, the members, the reports. Changes of a round are shown together.
 *
 * <p><i>Thread:</i> written by the gossip loop; {@link #members}, {@link #report}, {@link #syncsCompleted},
 * {@link #isCaughtUp} and {@link #isReloading} from any.
 */
final class ShownState {
    private final GossipCore core;
    private final Directory directory;
    private final BooleanSupplier reloading;
    private final HeartbeatView heartbeats;
    private final Map<String, NodeReport> reports = new ConcurrentHashMap<>();
    private volatile List<Member> members = List.of();
    private volatile long syncsCompleted;
    private volatile boolean isCaughtUp;
    private volatile boolean isReloading;

    // Owned by the loop thread.
    private final Set<String> changedInstances = new LinkedHashSet<>();
    private final Map<Address, String> writtenThisRound = new HashMap<>();
    private boolean membersChanged = true;

    /**
     * Nothing is shown yet.
     *
     * @param reloading asked once a round: does the core hold only a part of what the others have, again?
     */
    ShownState(final GossipCore core, final Directory directory, final BooleanSupplier reloading) {
        this.core = core;
        this.directory = directory;
        this.reloading = reloading;
        this.heartbeats = new HeartbeatView(directory, core::lastHeartbeatMillis);
    }

    private record Address(String slug, String url) {
        static Address of(final Instance instance) {
            return new Address(instance.slug(), instance.url());
        }
    }

    List<Member> members() {
        return members;
    }

    /** The node's last report; null when none has arrived. */
    NodeReport report(final String nodeId) {
        return reports.get(nodeId);
    }

    long syncsCompleted() {
        return syncsCompleted;
    }

    boolean isCaughtUp() {
        return isCaughtUp;
    }

    /** True while what is shown may be a part only, although it once was all. */
    boolean isReloading() {
        return isReloading;
    }

    void instanceChanged(final String instanceId) {
        changedInstances.add(instanceId);
    }

    void membersChanged() {
        membersChanged = true;
    }

    void reported(final NodeReport report) {
        reports.put(report.from().nodeId(), report);
    }

    void forgetReport(final String nodeId) {
        reports.remove(nodeId);
    }

    /** A sign of life of this instance was heard: readers see it within a few seconds. */
    void heartbeatSeen(final String instanceId) {
        heartbeats.heard(instanceId);
    }

    /** This instance was written in this round: {@link #idAt} finds it before readers do. */
    void wrote(final Instance instance) {
        writtenThisRound.put(Address.of(instance), instance.id());
    }

    /** The id registered under exactly this slug and url, this round's writes included; null when there is none. */
    String idAt(final String slug, final String url) {
        final Address address = new Address(slug, url);
        String id = writtenThisRound.get(address);
        if (id == null) {
            final Entry shown = directory.byAddress(slug, url);
            id = shown == null ? null : shown.instance().id();
        }
        final Instance instance = id == null ? null : core.instance(id);
        return instance != null && address.equals(Address.of(instance)) ? id : null;
    }

    /** Shows readers what changed; every change of a round in one go. */
    void publish(final Now now) {
        final boolean isPart = reloading.getAsBoolean();
        if (isPart) {
            // Before readers can see what is missing.
            isReloading = true;
        }
        if (!changedInstances.isEmpty()) {
            for (final String id : changedInstances) {
                show(id, now);
            }
            changedInstances.clear();
            writtenThisRound.clear();
            directory.publish();
        }
        heartbeats.refresh(now.nanos());
        if (membersChanged) {
            members = List.copyOf(core.members());
            membersChanged = false;
        }
        syncsCompleted = core.syncsCompleted();
        isCaughtUp |= core.isCaughtUp();
        isReloading = isPart;
    }

    private void show(final String id, final Now now) {
        final Instance instance = core.shown(id, now);
        if (instance == null) {
            directory.remove(id);
        } else {
            directory.put(instance);
        }
    }
}
