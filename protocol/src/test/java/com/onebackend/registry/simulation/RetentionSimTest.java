package com.onebackend.registry.simulation;

import static com.onebackend.registry.simulation.EventQueue.MILLI;
import static com.onebackend.registry.simulation.EventQueue.SECOND;
import static org.assertj.core.api.Assertions.assertThat;

import com.onebackend.registry.gossip.GossipCounters;
import com.onebackend.registry.model.Part;
import com.onebackend.registry.replication.LogEntry;
import com.onebackend.registry.replication.RetentionConfig;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What was deregistered stays so, however long somebody was away, and its tombstones do not stay for ever. */
class RetentionSimTest {
    private static final String ID = "inst-0";
    private static final Part TOMBSTONE = new Part.Tombstone();
    private static final RetentionConfig SHORT = SimulationConfig.retention(6 * SECOND, 30 * SECOND);
    private static final long COLLECTED_WITHIN = 30 * SECOND;
    private static final long HOUR_MILLIS = 3_600_000;

    @Test
    void everySeedWithAShortHorizonIsSafeAndAgrees() {
        long collected = 0;
        long resets = 0;
        for (long seed = 1; seed <= 8; seed++) {
            final Simulation simulation = new Simulation(SimulationConfig.forgetful(seed, seed % 4 == 0 ? 5 : 3));
            simulation.run();
            collected += simulation.sum(GossipCounters.Retained::tombstonesCollected);
            resets += simulation.sum(GossipCounters.Retained::resetsFinished);
        }
        assertThat(collected).isGreaterThan(200);
        assertThat(resets).isGreaterThan(5);
    }

    @Test
    void nodeAwayPastTheHorizonLoadsAnewAndBringsNothingBack() {
        final Simulation simulation = started(1, 3);
        register(simulation.node(0), ID);
        register(simulation.node(0), "inst-1");
        simulation.runFor(SECOND);
        simulation.node(2).crash();
        simulation.node(0).write(ID, TOMBSTONE);
        awaitCollected(simulation, 0, 1);
        returns(simulation, 2);
        assertThat(resets(simulation, 2)).isOne();
        assertThat(simulation.node(2).instance("inst-1")).isNotNull();
        assertNowhere(simulation, ID);
    }

    /** The times of production, minutes for hours: deregistered, and the one who missed it comes back after 25. */
    @Test
    void in06NodeAwayForTwentyFiveHoursLoadsAnewAndBringsNothingBack() {
        final RetentionConfig usual = RetentionConfig.DEFAULT;
        final RetentionConfig minutes = new RetentionConfig(
                usual.tombstoneMinNanos() / 60,
                usual.horizonNanos() / 60,
                usual.tombstonesMax(),
                usual.dropGraceNanos() / 60,
                usual.dropsPerTickMax(),
                usual.syncIntervalNanos(),
                usual.asideMax(),
                usual.asideNanos());
        final Simulation simulation = new Simulation(SimulationConfig.calm(2, 3).withRetention(minutes));
        simulation.startAll();
        simulation.converge();
        register(simulation.node(2), ID);
        simulation.runFor(SECOND);
        simulation.node(2).crash();
        simulation.node(0).write(ID, TOMBSTONE);
        simulation.runFor(23 * 60 * SECOND);
        assertThat(tombstones(simulation, 0)).as("after 23").isOne();
        simulation.runFor(2 * 60 * SECOND);
        assertThat(tombstones(simulation, 0)).as("after 25").isZero();
        returns(simulation, 2);
        assertThat(resets(simulation, 2)).isOne();
        assertNowhere(simulation, ID);
    }

    /** The log that the returning node has it under never moved: only a full reset takes it out. */
    @Test
    void in07RecordTakenOverByAnotherOwnerAndDeregisteredThereDoesNotComeBack() {
        final Simulation simulation = started(3, 3);
        register(simulation.node(0), ID);
        simulation.runFor(SECOND);
        simulation.node(2).crash();
        register(simulation.node(1), ID);
        simulation.runFor(SECOND);
        simulation.node(1).write(ID, TOMBSTONE);
        awaitCollected(simulation, 0, 1);
        returns(simulation, 2);
        assertThat(resets(simulation, 2)).isOne();
        assertNowhere(simulation, ID);
    }

    @Test
    void memberAwayForLessThanTheHorizonHoldsTombstonesBackAndLosesNothing() {
        final Simulation simulation = started(4, 3);
        register(simulation.node(2), ID);
        register(simulation.node(2), "inst-1");
        simulation.runFor(SECOND);
        simulation.node(2).crash();
        simulation.node(0).write(ID, TOMBSTONE);
        simulation.runFor(25 * SECOND);
        assertThat(tombstones(simulation, 0)).isOne();
        returns(simulation, 2);
        assertThat(resets(simulation, 2)).isZero();
        assertThat(simulation.node(0).instance("inst-1")).isNotNull();
        simulation.runUntil(
                "collected everywhere",
                COLLECTED_WITHIN,
                () -> simulation.sum(GossipCounters.Retained::tombstones) == 0);
        assertNowhere(simulation, ID);
    }

    @Test
    void in08WipedNodeReloadsWithoutAResetAndDeletesNothing() {
        final Simulation simulation = started(5, 3);
        for (int i = 0; i < 300; i++) {
            register(simulation.node(i % 3), "inst-" + i);
        }
        simulation.node(0).write(ID, TOMBSTONE);
        simulation.runUntil(
                "collected", COLLECTED_WITHIN, () -> simulation.sum(GossipCounters.Retained::tombstonesCollected) == 3);
        simulation.node(2).crash();
        simulation.node(2).wipe();
        simulation.start(simulation.node(2));
        assertThat(simulation.converge()).isLessThanOrEqualTo(5 * SECOND);
        assertThat(resets(simulation, 2)).isZero();
        for (int i = 1; i < 300; i++) {
            assertThat(simulation.node(2).instance("inst-" + i)).isNotNull();
        }
    }

    @Test
    void in09LostUnsyncedTailIsPulledBackAndNeedsNoReset() {
        final Simulation simulation = started(6, 3);
        for (int round = 0; round < 20; round++) {
            register(simulation.node(0), "inst-" + round);
            simulation.node(0).write("inst-" + round, TOMBSTONE);
            register(simulation.node(0), "kept-" + round);
            simulation.runFor(MILLI);
            simulation.node(0).crash();
            simulation.runFor(SECOND);
            simulation.start(simulation.node(0));
            simulation.converge();
        }
        simulation.runFor(COLLECTED_WITHIN);
        assertThat(simulation.sum(GossipCounters.Retained::resetsBegun)).isZero();
        assertThat(simulation.sum(GossipCounters.Retained::tombstones)).isZero();
    }

    @Test
    void minorityNeverCollectsPastWhoIsAbsentSoOnlyOneSideStartsAgain() {
        final Simulation simulation = started(7, 5);
        for (int i = 0; i < 5; i++) {
            register(simulation.node(i), "inst-" + i);
        }
        register(simulation.node(0), "gone-0");
        register(simulation.node(4), "gone-4");
        simulation.runFor(2 * SECOND);
        simulation.partition(Set.of(simulation.node(3), simulation.node(4)), false);
        simulation.runFor(5 * SECOND);
        simulation.node(0).write("gone-0", TOMBSTONE);
        simulation.node(4).write("gone-4", TOMBSTONE);
        simulation.runFor(90 * SECOND);
        assertThat(watermark(simulation, 0)).isPositive();
        assertThat(watermark(simulation, 4)).isZero();
        assertThat(tombstones(simulation, 4)).isOne();
        simulation.heal();
        simulation.converge();
        assertThat(resets(simulation, 3)).isOne();
        assertThat(resets(simulation, 4)).isOne();
        assertThat(resets(simulation, 0) + resets(simulation, 1) + resets(simulation, 2))
                .isZero();
        assertNowhere(simulation, "gone-0");
        assertNowhere(simulation, "gone-4");
        for (int i = 0; i < 5; i++) {
            assertThat(simulation.node(3).instance("inst-" + i)).isNotNull();
        }
        simulation.runFor(2 * COLLECTED_WITHIN);
        assertThat(simulation.sum(GossipCounters.Retained::tombstones)).isZero();
    }

    @Test
    void ownRecordThatNobodyElseHasComesBackWithASignOfLifeOnly() {
        final Simulation simulation = started(8, 3);
        register(simulation.node(0), ID);
        simulation.runFor(SECOND);
        simulation.partition(Set.of(simulation.node(2)), false);
        register(simulation.node(2), "alive");
        register(simulation.node(2), "silent");
        simulation.node(0).write(ID, TOMBSTONE);
        awaitCollected(simulation, 0, 1);
        simulation.heal();
        simulation.converge();
        assertThat(resets(simulation, 2)).isOne();
        assertNowhere(simulation, "alive");
        final VirtualNode node = simulation.node(2);
        node.command(
                (now, out) -> assertThat(node.core().reclaim("alive", now, out)).isPositive());
        node.command((now, out) ->
                assertThat(node.core().reclaim("unheard-of", now, out)).isZero());
        simulation.converge();
        assertThat(simulation.node(0).instance("alive")).isNotNull();
        simulation.runFor(60 * SECOND);
        node.command((now, out) -> assertThat(node.core().reclaim("silent", now, out))
                .as("too late")
                .isZero());
    }

    @Test
    void whatANodeWroteAMomentBeforeItLoadsAnewIsEverywhereAfterIt() {
        final Simulation simulation = started(12, 3);
        register(simulation.node(0), ID);
        simulation.runFor(SECOND);
        final VirtualNode returning = simulation.node(2);
        simulation.partition(Set.of(returning), false);
        register(returning, "old");
        simulation.node(0).write(ID, TOMBSTONE);
        awaitCollected(simulation, 0, 1);
        simulation.heal();
        // It resets when it hears of the others; until then it takes registrations.
        int written = 0;
        while (resets(simulation, 2) == 0) {
            assertThat(written).as("half seconds without a reset").isLessThan(40);
            register(returning, "young-" + ++written);
            simulation.runFor(SECOND / 2);
        }
        simulation.converge();
        for (final VirtualNode node : simulation.nodes()) {
            assertThat(node.instance("young-" + written)).isNotNull();
        }
        assertNowhere(simulation, "old");
        assertNowhere(simulation, ID);
    }

    @Test
    void restartInTheMiddleOfAResetGoesOnWithIt() {
        for (long seed = 20; seed < 30; seed++) {
            final SimulationConfig small = SimulationConfig.forgetful(seed, 3);
            final Simulation simulation = new Simulation(small.withFaults(FaultPlan.Kinds.NONE)
                    .withNetwork(NetworkFaults.NONE)
                    .withRetention(SHORT));
            simulation.startAll();
            simulation.converge();
            for (int i = 0; i < 200; i++) {
                register(simulation.node(i % 3), "inst-" + i);
            }
            simulation.runFor(2 * SECOND);
            simulation.node(2).crash();
            simulation.node(0).write(ID, TOMBSTONE);
            awaitCollected(simulation, 0, 1);
            simulation.start(simulation.node(2));
            for (int restart = 0; restart < 3; restart++) {
                simulation.runUntil(
                        "resets", 10 * SECOND, () -> simulation.node(2).core().isResetting());
                simulation.runFor(MILLI);
                simulation.node(2).crash();
                simulation.start(simulation.node(2));
            }
            simulation.converge();
            assertNowhere(simulation, ID);
            assertThat(simulation.node(2).instance("inst-199")).isNotNull();
            assertThat(simulation.node(2).core().isResetting()).isFalse();
        }
    }

    /** Whoever met the watermark that it was to meet has lost its disk. */
    @Test
    void nodeThatNobodyCanServeAnyMoreTakesWhatItGetsAfterThreeGracesAndNotBefore() {
        // With the small chunks of these seeds a load takes a moment.
        final Simulation simulation = new Simulation(SimulationConfig.forgetful(20, 3)
                .withFaults(FaultPlan.Kinds.NONE)
                .withNetwork(NetworkFaults.NONE)
                .withRetention(SHORT));
        simulation.startAll();
        simulation.converge();
        for (int i = 0; i < 200; i++) {
            register(simulation.node(i % 2), "inst-" + i);
        }
        simulation.runFor(2 * SECOND);
        final VirtualNode returning = simulation.node(2);
        returning.crash();
        simulation.node(0).write(ID, TOMBSTONE);
        awaitCollected(simulation, 0, 1);
        simulation.start(returning);
        simulation.runUntil("resets", 10 * SECOND, () -> returning.core().isResetting());
        for (int i = 0; i < 2; i++) {
            simulation.node(i).crash();
            simulation.node(i).wipe();
            simulation.start(simulation.node(i));
        }
        register(simulation.node(0), "left");
        simulation.runFor(3 * SHORT.dropGraceNanos() - SECOND);
        assertThat(retained(simulation, 2).resetsVoided()).isZero();
        assertThat(returning.core().isResetting()).isTrue();
        assertThat(returning.core().isCaughtUp()).isFalse();
        simulation.runUntil(
                "gives up", 15 * SECOND, () -> retained(simulation, 2).resetsVoided() == 1);
        simulation.runUntil(
                "loads", 15 * SECOND, () -> !returning.core().isResetting() && returning.instance("left") != null);
        // Not held against what was acknowledged: the disks of two of three were wiped.
        simulation.runUntil("agree", 30 * SECOND, () -> simulation.disagreement() == null);
        assertNowhere(simulation, ID);
    }

    @Test
    void tenThousandRegistrationsAndDeregistrationsLeaveNothingBehind() {
        final Simulation simulation = started(9, 3);
        for (int i = 0; i < 10_000; i++) {
            final VirtualNode node = simulation.node(i % 3);
            register(node, "inst-" + i);
            node.write("inst-" + i, TOMBSTONE);
            if (i % 100 == 0) {
                simulation.runFor(100 * MILLI);
            }
        }
        simulation.runUntil("collected", 90 * SECOND, () -> simulation.sum(GossipCounters.Retained::tombstones) == 0);
        simulation.converge();
        simulation
                .nodes()
                .forEach(node -> assertThat(node.disk().written().entries()).isEmpty());
        assertThat(simulation.sum(GossipCounters.Retained::tombstonesCollected)).isEqualTo(30_000);
        assertThat(simulation.sum(GossipCounters.Retained::resetsBegun)).isZero();
    }

    @Test
    void in10ClockAnHourAheadOrBehindWritesNothingAndHarmsNobody() {
        for (final long offMillis : new long[] {HOUR_MILLIS, -HOUR_MILLIS, 600_000}) {
            final Simulation simulation = started(10, 3);
            final VirtualNode wrong = simulation.node(2);
            wrong.setClock(offMillis);
            simulation.runUntil("noticed", 10 * SECOND, () -> !refusal(wrong).isEmpty());
            assertThat(refusal(wrong))
                    .contains(offMillis > 0 ? "ahead of" : "behind")
                    .contains("NTP");
            assertThat(wrong.core().counters().snapshot().retained().clockAlarms())
                    .isPositive();
            assertThat(refusal(simulation.node(0))).isEmpty();
            register(simulation.node(0), ID);
            simulation.runUntil(
                    "the others go on", SECOND, () -> simulation.node(1).instance(ID) != null);
            simulation.node(1).write(ID, TOMBSTONE);
            simulation.runFor(20 * SECOND);
            assertThat(simulation.node(0).instance(ID)).isNull();
            wrong.setClock(0);
            simulation.runUntil(
                    "writes again", 20 * SECOND, () -> refusal(wrong).isEmpty());
            register(wrong, "inst-1");
            simulation.converge();
            assertThat(simulation.node(0).instance("inst-1")).isNotNull();
            assertNowhere(simulation, ID);
            assertThat(simulation.sum(GossipCounters.Retained::resetsBegun)).isZero();
        }
    }

    @Test
    void in10WhatWasStampedTenMinutesAheadIsQuarantinedUntilItsTimeComes() {
        final Simulation simulation = started(11, 3);
        final VirtualNode wrong = simulation.node(2);
        wrong.setClock(600_000);
        register(wrong, "early");
        wrong.setClock(0);
        simulation.runFor(5 * SECOND);
        assertThat(simulation.node(0).instance("early")).isNull();
        assertThat(simulation.sum(GossipCounters.Retained::quarantined)).isPositive();
        assertThat(refusal(wrong)).contains("stamped").contains("another node");
        register(simulation.node(0), ID);
        simulation.runUntil("the others go on", SECOND, () -> simulation.node(1).instance(ID) != null);
        simulation.runFor(560 * SECOND);
        assertThat(refusal(wrong)).isEmpty();
        simulation.converge();
        assertThat(simulation.node(0).instance("early")).isNotNull();
        assertThat(wrong.instance(ID)).isNotNull();
    }

    private static String refusal(final VirtualNode node) {
        final String[] refusal = new String[1];
        node.command((now, out) -> refusal[0] = node.core().clockRefusal(now));
        return refusal[0];
    }

    /** The other nodes give up waiting for who is away. */
    private static void awaitCollected(final Simulation simulation, final int... present) {
        simulation.runUntil("collected past who is away", 60 * SECOND + COLLECTED_WITHIN, () -> {
            for (final int index : present) {
                if (retained(simulation, index).tombstonesCollected() == 0 || tombstones(simulation, index) > 0) {
                    return false;
                }
            }
            return true;
        });
    }

    private static void returns(final Simulation simulation, final int index) {
        simulation.start(simulation.node(index));
        assertThat(simulation.converge()).isLessThanOrEqualTo(10 * SECOND);
        simulation.runFor(30 * SECOND);
        assertThat(simulation.disagreement()).isNull();
    }

    private static void assertNowhere(final Simulation simulation, final String instanceId) {
        for (final VirtualNode node : simulation.nodes()) {
            assertThat(node.instance(instanceId)).isNull();
            for (final LogEntry entry : node.disk().written().entries().values()) {
                assertThat(entry.instanceId().equals(instanceId) && !entry.isTombstone())
                        .isFalse();
            }
        }
    }

    private static GossipCounters.Retained retained(final Simulation simulation, final int index) {
        return simulation.node(index).core().counters().snapshot().retained();
    }

    private static long tombstones(final Simulation simulation, final int index) {
        return retained(simulation, index).tombstones();
    }

    private static long resets(final Simulation simulation, final int index) {
        return retained(simulation, index).resetsBegun();
    }

    private static long watermark(final Simulation simulation, final int index) {
        return retained(simulation, index).ownWatermark();
    }

    private static Simulation started(final long seed, final int nodes) {
        final Simulation simulation =
                new Simulation(SimulationConfig.calm(seed, nodes).withRetention(SHORT));
        simulation.startAll();
        simulation.converge();
        return simulation;
    }

    private static void register(final VirtualNode node, final String instanceId) {
        node.write(instanceId, Workload.registration(instanceId, 1));
    }
}
