package com.onebackend.registry.simulation;

import com.onebackend.registry.gossip.GossipConfig;
import com.onebackend.registry.gossip.GossipMessage;
import com.onebackend.registry.membership.Lane;
import com.onebackend.registry.membership.SwimMessage;
import com.onebackend.registry.model.Endpoint;
import com.onebackend.registry.model.Instance;
import com.onebackend.registry.model.Member;
import com.onebackend.registry.model.MemberId;
import com.onebackend.registry.model.Origin;
import com.onebackend.registry.model.PartKind;
import com.onebackend.registry.replication.Digest;
import com.onebackend.registry.replication.LogBatch;
import com.onebackend.registry.replication.LogEntry;
import com.onebackend.registry.replication.LogMessage;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;

/** What must hold at every step, whatever the faults. */
final class SafetyChecker implements NodeObserver {
    /** In bigger clusters a vector is looked at only at every so many steps of its node. */
    private static final int BIG_CLUSTER_STRIDE = 32;

    private static final int BIG_CLUSTER_NODES = 6;

    private final GossipConfig config;
    private final int nodes;
    private final boolean isNobodyPassed;
    private final Map<Integer, VirtualNode> started = new TreeMap<>();
    /** What each version that ever was on the network says. */
    private final Map<Origin, Map<Long, LogEntry>> told = new TreeMap<>();

    private final Map<Origin, Long> durable = new TreeMap<>();
    private final Map<MemberId, Long> incarnations = new HashMap<>();
    private final Map<Integer, Life> lives = new TreeMap<>();

    /** @param isNobodyPassed no node is wiped or away for the horizon: collection waits for every node */
    SafetyChecker(final GossipConfig config, final int nodes, final boolean isNobodyPassed) {
        this.config = config;
        this.nodes = nodes;
        this.isNobodyPassed = isNobodyPassed;
    }

    /** What is remembered of one node; tombstones outlive its processes. */
    private static final class Life {
        private final Map<Origin, Long> vector = new TreeMap<>();
        private Map<String, LogEntry> tombstones = new HashMap<>();
        private final Map<String, LogEntry> safeTombstones = new HashMap<>();
        private final Map<Origin, Long> safe = new TreeMap<>();
        private final Map<Origin, Long> collected = new TreeMap<>();
        private long resets;
        private long steps;
    }

    @Override
    public void started(final VirtualNode node) {
        final Life life = lives.computeIfAbsent(node.index(), index -> new Life());
        life.vector.clear();
        life.collected.clear();
        life.resets = 0;
        started.put(node.index(), node);
        life.tombstones = new HashMap<>(life.safeTombstones);
        raiseDurable(node);
    }

    @Override
    public void crashed(final VirtualNode node, final MemberId id) {
        final Life life = lives.get(node.index());
        node.disk().synced().entries().values().forEach(entry -> keepTombstone(life.safeTombstones, entry));
        raiseDurable(node);
    }

    @Override
    public void losingDisk(final VirtualNode node) {
        lives.get(node.index()).safeTombstones.clear();
    }

    @Override
    public void stepped(final VirtualNode node) {
        final Member self = node.core().self();
        incarnations.merge(self.id(), self.incarnation().value(), Math::max);
        final Life life = lives.get(node.index());
        final long resets = node.core().counters().snapshot().retained().resetsBegun();
        if (resets != life.resets) {
            life.resets = resets;
            life.vector.clear();
        }
        if (nodes < BIG_CLUSTER_NODES || ++life.steps % Math.max(BIG_CLUSTER_STRIDE, nodes) == 0) {
            checkVector(node, life, node.core().digest().heads());
            check(
                    node.core().members().size() <= config.membership().membersMax(),
                    node,
                    "member table over its limit");
        }
    }

    @Override
    public void sending(final VirtualNode node, final Endpoint to, final Lane lane, final GossipMessage message) {
        switch (message.type()) {
            case SWIM -> checkSwim(node, lane, ((GossipMessage.Swim) message).message());
            case LOG -> {
                final LogMessage log = ((GossipMessage.Log) message).message();
                check(lane == Lane.STREAM || log.type() == LogMessage.Type.HAVE, node, "instances travel by stream");
                checkLog(node, log);
            }
            case REPORT, REPORTS_ASKED, REPORT_BATCH -> {}
            case RELAYED -> sending(node, to, lane, ((GossipMessage.Relayed) message).body());
            case HEARTBEATS, HEARTBEAT_ACK -> check(lane == Lane.STREAM, node, "heartbeats travel by stream");
            case PULSE -> {
                final GossipMessage.Pulse pulse = (GossipMessage.Pulse) message;
                check(pulse.seen().size() <= config.heartbeats().pulseEntriesMax(), node, "pulse over its limit");
                checkHead(node, pulse.origin(), pulse.maxVersion());
            }
        }
    }

    @Override
    public void persisting(final VirtualNode node, final LogBatch batch, final long ownVersion) {
        final Life life = lives.get(node.index());
        for (final LogEntry entry : batch.puts()) {
            checkIdentity(node, entry, false);
            final LogEntry tombstone = life.tombstones.get(entry.instanceId());
            check(
                    entry.part().kind() != PartKind.REGISTRATION || tombstone == null || !tombstone.supersedes(entry),
                    node,
                    () -> "resurrects " + entry + " after " + tombstone);
            keepTombstone(life.tombstones, entry);
        }
        checkVector(node, life, batch.heads());
        for (final Digest.Head head : batch.heads()) {
            if (head.origin().equals(node.origin())) {
                checkCollection(node, life, head.gcVersion());
            }
        }
    }

    /** An origin lets its tombstones go only when all have them on disk; when some are away for long, a majority. */
    private void checkCollection(final VirtualNode node, final Life life, final long collected) {
        final Long before = life.collected.put(node.origin(), collected);
        final long known = Math.max(
                before == null ? 0 : before,
                started.values().stream()
                        .mapToLong(other -> other.disk().written().gcVersion(node.origin()))
                        .max()
                        .orElse(0));
        if (collected <= known) {
            return;
        }
        final List<VirtualNode> without = started.values().stream()
                .filter(other -> other != node && safeOn(other, node.origin()) < collected)
                .toList();
        check(
                isNobodyPassed ? without.isEmpty() : 2 * without.size() < nodes,
                node,
                "collects up to " + collected + " what is not on the disks of " + without);
    }

    /** How much of a log ever was safe on a node's disk: it has no older records from there since. */
    private long safeOn(final VirtualNode node, final Origin origin) {
        return Math.max(
                node.disk().synced().maxVersion(origin),
                lives.get(node.index()).safe.getOrDefault(origin, 0L));
    }

    @Override
    public void synced(final VirtualNode node, final List<VirtualDisk.Stored> batches) {
        final Life life = lives.get(node.index());
        for (final VirtualDisk.Stored stored : batches) {
            stored.batch().heads().forEach(head -> life.safe.merge(head.origin(), head.maxVersion(), Math::max));
        }
        for (final VirtualDisk.Stored stored : batches) {
            stored.batch().puts().forEach(entry -> keepTombstone(life.safeTombstones, entry));
        }
    }

    @Override
    public void committing(final VirtualNode node, final long ownVersion) {
        durable.merge(node.origin(), ownVersion, Math::max);
    }

    @Override
    public void instanceChanged(final VirtualNode node, final String instanceId) {
        final Instance instance = node.instance(instanceId);
        final LogEntry tombstone = lives.get(node.index()).tombstones.get(instanceId);
        final LogEntry registration =
                node.disk().written().entries().get(new LogEntry.PartKey(instanceId, PartKind.REGISTRATION));
        check(
                (instance == null) == (registration == null),
                node,
                () -> "shows " + instance + " but stores " + registration);
        check(
                registration == null || tombstone == null || !tombstone.supersedes(registration),
                node,
                () -> "shows what was deregistered: " + registration + " after " + tombstone);
    }

    /** A verdict on one incarnation is refuted by the next: it never holds against a later one. */
    @Override
    public void memberChanged(final VirtualNode node, final Member before, final Member after) {
        check(
                before == null
                        || !before.id().equals(after.id())
                        || before.incarnation().compareTo(after.incarnation()) <= 0,
                node,
                () -> "believes an earlier incarnation: " + after + " after " + before);
    }

    private void raiseDurable(final VirtualNode node) {
        if (node.origin() != null) {
            durable.merge(node.origin(), node.disk().synced().maxVersion(node.origin()), Math::max);
        }
    }

    private static void keepTombstone(final Map<String, LogEntry> tombstones, final LogEntry entry) {
        if (entry.isTombstone()) {
            tombstones.merge(entry.instanceId(), entry, (a, b) -> b.supersedes(a) ? b : a);
        }
    }

    private void checkVector(final VirtualNode node, final Life life, final List<Digest.Head> heads) {
        for (final Digest.Head head : heads) {
            if (head.origin().equals(node.origin())) {
                // Storage is told what was given, peers what is durable: two numbers, each of which only rises.
                continue;
            }
            final Long before = life.vector.put(head.origin(), head.maxVersion());
            check(
                    before == null || before <= head.maxVersion(),
                    node,
                    () -> "vector of " + head.origin() + " went back from " + before + " to " + head.maxVersion());
        }
    }

    private void checkSwim(final VirtualNode node, final Lane lane, final SwimMessage message) {
        final boolean isTable = message.type() == SwimMessage.Type.JOIN_REPLY;
        check(
                isTable || message.rumors().size() <= config.membership().rumorsPerMessageMax(),
                node,
                () -> "too many rumors: " + message);
        check(!isTable || lane == Lane.STREAM, node, "a whole table travels by stream");
        final List<Member> claims = new ArrayList<>(message.rumors());
        if (message instanceof SwimMessage.Join join) {
            claims.add(join.self());
        }
        for (final Member rumor : claims) {
            final Long own = incarnations.get(rumor.id());
            check(
                    own != null && rumor.incarnation().value() <= own,
                    node,
                    () -> "incarnation that its owner never had (" + own + "): " + rumor);
        }
    }

    private void checkLog(final VirtualNode node, final LogMessage message) {
        switch (message.type()) {
            case PUSH -> {
                final LogMessage.Push push = (LogMessage.Push) message;
                check(push.entries().size() <= config.replica().pushEntriesMax(), node, "push over its limit");
                push.entries().forEach(entry -> checkIdentity(node, entry, true));
                checkHead(node, push.origin(), push.head());
            }
            case SYNC_CHUNK -> {
                final LogMessage.SyncChunk chunk = (LogMessage.SyncChunk) message;
                check(chunk.entries().size() <= config.replica().chunkEntriesMax(), node, "chunk over its limit");
                chunk.entries().forEach(entry -> checkIdentity(node, entry, true));
                chunk.heads().forEach(head -> checkHead(node, head.origin(), head.maxVersion()));
            }
            case SYNC_REQUEST ->
                ((LogMessage.SyncRequest) message)
                        .have()
                        .heads()
                        .forEach(head -> checkHead(node, head.origin(), head.maxVersion()));
            case HAVE ->
                ((LogMessage.Have) message).marks().forEach(mark -> checkHead(node, mark.origin(), mark.version()));
            case SYNC_NEXT, SYNC_STOP, SYNC_PROBE, SYNC_STATUS, GRAFT -> {}
        }
    }

    /** Nobody says of a log more than its origin has on disk. */
    private void checkHead(final VirtualNode node, final Origin origin, final long head) {
        check(
                head <= durable.getOrDefault(origin, 0L),
                node,
                () -> "tells of version " + head + " of " + origin + ", durable is " + durable.get(origin));
    }

    private void checkIdentity(final VirtualNode node, final LogEntry entry, final boolean isTold) {
        final Map<Long, LogEntry> log = told.computeIfAbsent(entry.origin(), origin -> new HashMap<>());
        final LogEntry known = log.get(entry.version());
        check(
                known == null || known.equals(entry),
                node,
                () -> "one version, two contents: " + known + " and " + entry);
        if (isTold) {
            log.put(entry.version(), entry);
            checkHead(node, entry.origin(), entry.version());
        }
    }

    private static void check(final boolean condition, final VirtualNode node, final String problem) {
        check(condition, node, () -> problem);
    }

    /** Checks are many and failures few: the text is made only when it is needed. */
    private static void check(final boolean condition, final VirtualNode node, final Supplier<String> problem) {
        if (!condition) {
            throw new AssertionError(node + ": " + problem.get());
        }
    }
}
