package com.onebackend.registry.simulation;

import static com.onebackend.registry.simulation.EventQueue.MILLI;
import static com.onebackend.registry.simulation.EventQueue.SECOND;

import com.onebackend.registry.gossip.GossipConfig;
import com.onebackend.registry.replication.ReplicaConfig;
import com.onebackend.registry.replication.RetentionConfig;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;

/**
 * One run.
 *
 * @param faultNanos how long faults and writes go on before everything heals
 * @param writeMeanNanos between two writes, cluster-wide; 0 = no writes
 * @param keys instances the writes are about
 * @param skewMillisMax each wall clock is wrong by up to so much
 * @param listener told every event as text; may be null
 */
record SimulationConfig(
        long seed,
        int nodes,
        GossipConfig gossip,
        NetworkFaults network,
        FaultPlan.Kinds faults,
        long faultNanos,
        long writeMeanNanos,
        int keys,
        long skewMillisMax,
        Consumer<String> listener) {
    /** Everything may go wrong; how much of what, how fast the writes and how small the batches are is drawn, too. */
    static SimulationConfig chaos(final long seed, final int nodes) {
        final RandomGenerator random = new Seeds(seed).forPurpose("config");
        final boolean isStormy = random.nextInt(3) == 0;
        return new SimulationConfig(
                seed,
                nodes,
                gossip(random),
                NetworkFaults.lossy(isStormy ? 0.25 : 0.01).withStreamBreak(isStormy ? 0.02 : 0.001),
                new FaultPlan.Kinds(
                        random.nextInt(8) > 0,
                        random.nextInt(3) > 0,
                        random.nextInt(4) > 0,
                        random.nextInt(4) > 0,
                        random.nextBoolean()),
                60 * SECOND,
                Seeds.between(random, 5, 150) * MILLI,
                (int) Seeds.between(random, 2, 48),
                Seeds.between(random, 0, 3_000),
                null);
    }

    /**
     * As {@link #chaos}, with a horizon that many a node is behind when it returns. No disk is lost: one that is lost
     * while another node is away past the horizon can take the majority that knew of a tombstone.
     */
    static SimulationConfig forgetful(final long seed, final int nodes) {
        final SimulationConfig usual = chaos(seed, nodes);
        return new SimulationConfig(
                        seed,
                        nodes,
                        usual.gossip(),
                        usual.network(),
                        usual.faults().withoutWipes(),
                        120 * SECOND,
                        usual.writeMeanNanos(),
                        usual.keys(),
                        Math.min(usual.skewMillisMax(), 1_000),
                        null)
                .withRetention(retention(6 * SECOND, 8 * SECOND));
    }

    /** Nothing goes wrong unless the test says so. */
    static SimulationConfig calm(final long seed, final int nodes) {
        return new SimulationConfig(
                seed, nodes, GossipConfig.LAN, NetworkFaults.NONE, FaultPlan.Kinds.NONE, 30 * SECOND, 0, 24, 400, null);
    }

    SimulationConfig withFaults(final FaultPlan.Kinds kinds) {
        return new SimulationConfig(
                seed, nodes, gossip, network, kinds, faultNanos, writeMeanNanos, keys, skewMillisMax, listener);
    }

    SimulationConfig withNetwork(final NetworkFaults usual) {
        return new SimulationConfig(
                seed, nodes, gossip, usual, faults, faultNanos, writeMeanNanos, keys, skewMillisMax, listener);
    }

    SimulationConfig withWrites(final long meanNanos) {
        return new SimulationConfig(
                seed, nodes, gossip, network, faults, faultNanos, meanNanos, keys, skewMillisMax, listener);
    }

    SimulationConfig withGossip(final GossipConfig config) {
        return new SimulationConfig(
                seed, nodes, config, network, faults, faultNanos, writeMeanNanos, keys, skewMillisMax, listener);
    }

    SimulationConfig lasting(final long nanos) {
        return new SimulationConfig(
                seed, nodes, gossip, network, faults, nanos, writeMeanNanos, keys, skewMillisMax, listener);
    }

    SimulationConfig listening(final Consumer<String> to) {
        return new SimulationConfig(
                seed, nodes, gossip, network, faults, faultNanos, writeMeanNanos, keys, skewMillisMax, to);
    }

    /** Small batches, so that sessions have many chunks, and no gap that would hide a number given twice. */
    private static GossipConfig gossip(final RandomGenerator random) {
        final ReplicaConfig usual = ReplicaConfig.DEFAULT;
        final ReplicaConfig replica = new ReplicaConfig(
                (int) Seeds.between(random, 1, 20),
                usual.chunkBytesMax(),
                (int) Seeds.between(random, 1, 20),
                usual.outgoingSessionsMax(),
                usual.incomingSessionsMax(),
                usual.lateEntriesMax(),
                usual.sessionIdleNanos(),
                usual.stampAheadMillisMax(),
                usual.undurableMax(),
                usual.originsMax(),
                random.nextBoolean() ? 0 : usual.restartGapVersions(),
                usual.repairAfterSessions(),
                random.nextInt(4) == 0 ? RetentionConfig.DEFAULT : retention(20 * SECOND, 24 * 3_600 * SECOND));
        final GossipConfig lan = GossipConfig.LAN;
        return new GossipConfig(
                lan.membership(),
                replica,
                lan.syncIntervalNanos(),
                lan.divergenceNanos(),
                lan.sessionTimeoutNanos(),
                (int) Seeds.between(random, 1, lan.sessionsMax()),
                lan.directPushMembersMax());
    }

    /** Seconds instead of hours. */
    static RetentionConfig retention(final long tombstoneNanos, final long horizonNanos) {
        final RetentionConfig usual = RetentionConfig.DEFAULT;
        return new RetentionConfig(
                tombstoneNanos,
                horizonNanos,
                usual.tombstonesMax(),
                tombstoneNanos * 2 / 3,
                tombstoneNanos / 2,
                usual.dropsPerTickMax(),
                SECOND / 2,
                usual.asideMax(),
                30 * SECOND);
    }

    SimulationConfig withRetention(final RetentionConfig retention) {
        final GossipConfig with = new GossipConfig(
                gossip.membership(),
                gossip.replica().with(retention),
                gossip.syncIntervalNanos(),
                gossip.divergenceNanos(),
                gossip.sessionTimeoutNanos(),
                gossip.sessionsMax(),
                gossip.directPushMembersMax());
        return withGossip(with);
    }
}
