package com.onebackend.registry.simulation;

import static com.onebackend.registry.simulation.EventQueue.MILLI;
import static com.onebackend.registry.simulation.EventQueue.SECOND;

import com.onebackend.registry.gossip.GossipConfig;
import com.onebackend.registry.replication.ReplicaConfig;
import java.util.function.Consumer;

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
    /** Chunks of a few entries, so that sessions have many of them. */
    private static final ReplicaConfig SMALL_CHUNKS = smallChunks(ReplicaConfig.DEFAULT);

    static final GossipConfig GOSSIP = new GossipConfig(
            GossipConfig.LAN.membership(),
            SMALL_CHUNKS,
            GossipConfig.LAN.syncIntervalNanos(),
            GossipConfig.LAN.divergenceNanos(),
            GossipConfig.LAN.sessionTimeoutNanos(),
            GossipConfig.LAN.sessionsMax(),
            GossipConfig.LAN.directPushMembersMax());

    /** Everything may go wrong. */
    static SimulationConfig chaos(final long seed, final int nodes) {
        return new SimulationConfig(
                seed,
                nodes,
                GOSSIP,
                NetworkFaults.lossy(0.01).withStreamBreak(0.002),
                FaultPlan.Kinds.ALL,
                60 * SECOND,
                60 * MILLI,
                24,
                400,
                null);
    }

    /** Nothing goes wrong unless the test says so. */
    static SimulationConfig calm(final long seed, final int nodes) {
        return new SimulationConfig(
                seed,
                nodes,
                GossipConfig.LAN,
                NetworkFaults.NONE,
                FaultPlan.Kinds.NONE,
                30 * SECOND,
                0,
                24,
                400,
                null);
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

    private static ReplicaConfig smallChunks(final ReplicaConfig from) {
        return new ReplicaConfig(
                5,
                from.chunkBytesMax(),
                8,
                from.outgoingSessionsMax(),
                from.incomingSessionsMax(),
                from.lateEntriesMax(),
                from.sessionIdleNanos(),
                from.stampAheadMillisMax(),
                from.undurableMax(),
                from.originsMax(),
                from.restartGapVersions(),
                from.repairAfterSessions());
    }
}
