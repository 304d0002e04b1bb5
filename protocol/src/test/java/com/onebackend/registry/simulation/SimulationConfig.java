package com.onebackend.registry.simulation;

import static com.onebackend.registry.simulation.EventQueue.MILLI;
import static com.onebackend.registry.simulation.EventQueue.SECOND;

import com.onebackend.registry.gossip.GossipConfig;
import com.onebackend.registry.replication.ReplicaConfig;
import com.onebackend.registry.replication.RetentionConfig;
import com.onebackend.registry.replication.SessionConfig;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;

/**
 * One run.
 *
 * @param kind what the seed decides
 * @param faultNanos how long faults and writes go on before everything heals
 * @param writeMeanNanos between two writes, cluster-wide; 0 = no writes
 * @param keys instances the writes are about
 * @param skewMillisMax each wall clock is wrong by up to so much
 * @param isMembershipOnly no instances: their messages are not carried, and nothing of them is checked
 * @param isMeasuring a healthy member that is declared dead is counted; otherwise it fails the run
 * @param listener told every event as text; may be null
 */
record SimulationConfig(
        long seed,
        int nodes,
        Kind kind,
        GossipConfig gossip,
        NetworkFaults network,
        FaultPlan.Kinds faults,
        long faultNanos,
        long writeMeanNanos,
        int keys,
        long skewMillisMax,
        boolean isMembershipOnly,
        boolean isMeasuring,
        Consumer<String> listener) {
    private static final int CALM_KEYS = 24;
    private static final long CALM_SKEW_MILLIS_MAX = 400;

    /** What the seed decides. */
    enum Kind {
        /** Everything. */
        CHAOS,
        /** Everything but lost disks, and tombstones are remembered for seconds. */
        FORGETFUL,
        /** The order of things, and no more. */
        CALM
    }

    static SimulationConfig of(final Kind kind, final long seed, final int nodes) {
        return switch (kind) {
            case CHAOS -> chaos(seed, nodes);
            case FORGETFUL -> forgetful(seed, nodes);
            case CALM -> calm(seed, nodes);
        };
    }

    /** Everything may go wrong; how much of what, how fast the writes and how small the batches are is drawn, too. */
    static SimulationConfig chaos(final long seed, final int nodes) {
        final RandomGenerator random = new Seeds(seed).forPurpose("config");
        final boolean isStormy = random.nextInt(3) == 0;
        final GossipConfig gossip = gossip(random, directMembersMax(seed));
        return new SimulationConfig(
                seed,
                nodes,
                Kind.CHAOS,
                gossip,
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
                false,
                false,
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
                        Kind.FORGETFUL,
                        usual.gossip(),
                        usual.network(),
                        usual.faults().withoutWipes(),
                        120 * SECOND,
                        usual.writeMeanNanos(),
                        usual.keys(),
                        Math.min(usual.skewMillisMax(), 1_000),
                        false,
                        false,
                        null)
                .withRetention(retention(6 * SECOND, 8 * SECOND));
    }

    /** Nothing goes wrong unless the test says so. */
    static SimulationConfig calm(final long seed, final int nodes) {
        return new SimulationConfig(
                seed,
                nodes,
                Kind.CALM,
                GossipConfig.LAN,
                NetworkFaults.NONE,
                FaultPlan.Kinds.NONE,
                30 * SECOND,
                0,
                CALM_KEYS,
                CALM_SKEW_MILLIS_MAX,
                false,
                false,
                null);
    }

    SimulationConfig withFaults(final FaultPlan.Kinds kinds) {
        return with(gossip, network, kinds, faultNanos, writeMeanNanos);
    }

    SimulationConfig withNetwork(final NetworkFaults usual) {
        return with(gossip, usual, faults, faultNanos, writeMeanNanos);
    }

    SimulationConfig withWrites(final long meanNanos) {
        return with(gossip, network, faults, faultNanos, meanNanos);
    }

    SimulationConfig withGossip(final GossipConfig config) {
        return with(config, network, faults, faultNanos, writeMeanNanos);
    }

    /** Pushes go to everybody directly in clusters of up to so many. */
    SimulationConfig withDirect(final int membersMax) {
        return withGossip(new GossipConfig(
                gossip.membership(),
                gossip.replica(),
                gossip.syncIntervalNanos(),
                gossip.divergenceNanos(),
                gossip.sessionTimeoutNanos(),
                gossip.sessionsMax(),
                membersMax,
                gossip.heartbeats()));
    }

    SimulationConfig lasting(final long nanos) {
        return with(gossip, network, faults, nanos, writeMeanNanos);
    }

    SimulationConfig membershipOnly() {
        return with(true, isMeasuring, listener).withWrites(0);
    }

    SimulationConfig measuring() {
        return with(isMembershipOnly, true, listener);
    }

    SimulationConfig listening(final Consumer<String> to) {
        return with(isMembershipOnly, isMeasuring, to);
    }

    /** What a person types to see this run again. */
    String command() {
        final StringBuilder text = new StringBuilder("scripts/simulate --seed " + seed + " --nodes " + nodes);
        final SimulationConfig usual = of(kind, seed, nodes);
        text.append(kind == Kind.CHAOS ? "" : " --" + kind.name().toLowerCase(Locale.ROOT));
        text.append(isMembershipOnly ? " --membership-only" : "");
        text.append(faultNanos == usual.faultNanos ? "" : " --seconds " + faultNanos / SECOND);
        if (writeMeanNanos != usual.writeMeanNanos && !isMembershipOnly) {
            text.append(" --write-millis ").append(writeMeanNanos / MILLI);
        }
        final boolean isTypable = gossip.equals(usual.gossip)
                && network.equals(usual.network)
                && faults.equals(usual.faults)
                && faultNanos % SECOND == 0
                && writeMeanNanos % MILLI == 0;
        return text.append(isTypable ? "" : " (and what its test changes)").toString();
    }

    private SimulationConfig with(
            final GossipConfig nextGossip,
            final NetworkFaults nextNetwork,
            final FaultPlan.Kinds nextFaults,
            final long nextFaultNanos,
            final long nextWriteMeanNanos) {
        return new SimulationConfig(
                seed,
                nodes,
                kind,
                nextGossip,
                nextNetwork,
                nextFaults,
                nextFaultNanos,
                nextWriteMeanNanos,
                keys,
                skewMillisMax,
                isMembershipOnly,
                isMeasuring,
                listener);
    }

    private SimulationConfig with(
            final boolean nextMembershipOnly, final boolean nextMeasuring, final Consumer<String> nextListener) {
        return new SimulationConfig(
                seed,
                nodes,
                kind,
                gossip,
                network,
                faults,
                faultNanos,
                writeMeanNanos,
                keys,
                skewMillisMax,
                nextMembershipOnly,
                nextMeasuring,
                nextListener);
    }

    /** Small batches, so that sessions have many chunks, and no gap that would hide a number given twice. */
    private static GossipConfig gossip(final RandomGenerator random, final int directMembersMax) {
        final ReplicaConfig usual = ReplicaConfig.DEFAULT;
        final ReplicaConfig small = new ReplicaConfig(
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
                usual.repairAfterSessions());
        final ReplicaConfig replica =
                random.nextInt(4) == 0 ? small : keeping(small, retention(20 * SECOND, 24 * 3_600 * SECOND));
        final GossipConfig lan = GossipConfig.LAN;
        return new GossipConfig(
                lan.membership(),
                replica,
                lan.syncIntervalNanos(),
                lan.divergenceNanos(),
                lan.sessionTimeoutNanos(),
                (int) Seeds.between(random, 1, lan.sessionsMax()),
                directMembersMax,
                lan.heartbeats());
    }

    /** In every other run pushes are handed on from node to node, or the cluster goes over that number and back. */
    private static int directMembersMax(final long seed) {
        final RandomGenerator random = new Seeds(seed).forPurpose("relay");
        return random.nextBoolean() ? GossipConfig.LAN.directPushMembersMax() : (int) Seeds.between(random, 1, 3);
    }

    /** With sessions that end before what they may lack is dropped. */
    private static ReplicaConfig keeping(final ReplicaConfig replica, final RetentionConfig retention) {
        final long durationMaxNanos =
                Math.min(SessionConfig.DEFAULT.durationMaxNanos(), retention.dropGraceNanos() * 3 / 4);
        return replica.withSessions(replica.sessions().lasting(durationMaxNanos))
                .with(retention);
    }

    /** Seconds instead of hours. */
    static RetentionConfig retention(final long tombstoneNanos, final long horizonNanos) {
        final RetentionConfig usual = RetentionConfig.DEFAULT;
        return new RetentionConfig(
                tombstoneNanos,
                horizonNanos,
                usual.tombstonesMax(),
                tombstoneNanos * 2 / 3,
                usual.dropsPerTickMax(),
                SECOND / 2,
                usual.asideMax(),
                30 * SECOND);
    }

    SimulationConfig withRetention(final RetentionConfig retention) {
        final GossipConfig with = new GossipConfig(
                gossip.membership(),
                keeping(gossip.replica(), retention),
                gossip.syncIntervalNanos(),
                gossip.divergenceNanos(),
                gossip.sessionTimeoutNanos(),
                gossip.sessionsMax(),
                gossip.directPushMembersMax(),
                gossip.heartbeats());
        return withGossip(with);
    }
}
