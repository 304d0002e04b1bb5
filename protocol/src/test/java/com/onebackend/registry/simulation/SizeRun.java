package com.onebackend.registry.simulation;

import static com.onebackend.registry.simulation.EventQueue.MILLI;
import static com.onebackend.registry.simulation.EventQueue.SECOND;

import com.onebackend.registry.simulation.VirtualNode.Phase;
import java.util.List;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;

/** Measures one cluster of one size: one simulation, one thing after the other. */
final class SizeRun {
    /** What a datagram carries beside its message: the seal's header and tag, UDP and IPv4. */
    private static final int DATAGRAM_EXTRA_BYTES = 44 + 8 + 20;

    /** The same of a message on a stream: frame, TLS record, TCP and IPv4; acknowledgements not counted. */
    private static final int STREAM_EXTRA_BYTES = 5 + 22 + 32 + 20;

    private static final long IDLE_NANOS = 30 * SECOND;
    private static final long SETTLE_NANOS_MAX = 600 * SECOND;
    private static final long WAIT_NANOS_MAX = 300 * SECOND;
    private static final long LOOK_NANOS = SECOND;

    private final SizePlan plan;
    private final boolean isMembershipOnly;
    private final Simulation simulation;
    private final RandomGenerator random;
    private final Consumer<String> progress;
    private int serial;

    /** @param progress told each step */
    SizeRun(final SizePlan plan, final long seed, final boolean isMembershipOnly, final Consumer<String> progress) {
        final SimulationConfig calm = SimulationConfig.calm(seed, plan.nodes()).measuring();
        this.plan = plan;
        this.isMembershipOnly = isMembershipOnly;
        this.simulation = new Simulation(isMembershipOnly ? calm.membershipOnly() : calm);
        this.random = new Seeds(seed).forPurpose("report");
        this.progress = progress;
    }

    SizeRow measure() {
        say("starts");
        simulation.startAll();
        simulation.runUntil("all meet", WAIT_NANOS_MAX, LOOK_NANOS, () -> {
            say("meets");
            return isWhole();
        });
        settle();
        say("idle");
        final VirtualNetwork.Counters before = simulation.network().counters().copy();
        simulation.runFor(IDLE_NANOS);
        final VirtualNetwork.Counters after = simulation.network().counters().copy();
        final double perNodeSecond = plan.nodes() * (IDLE_NANOS / 1e9);
        final long bytes = after.bytes - before.bytes;
        final long extra = DATAGRAM_EXTRA_BYTES * (after.datagrams - before.datagrams)
                + STREAM_EXTRA_BYTES * (after.streamed - before.streamed);

        final List<Long> changes = changes("calm");
        crashes();
        final int afterPauses = pauses();
        simulation.network().faults(NetworkFaults.lossy(SizePlan.LOSS));
        final int beforeLoss = simulation.detection().falseVerdicts();
        final List<Long> lossyChanges = changes("20 % loss");
        say("20 % loss for " + plan.lossNanos() / SECOND + " s");
        simulation.runFor(plan.lossNanos());
        say("done");
        return new SizeRow(
                plan,
                1,
                simulation.detection().firstNanos(),
                simulation.detection().allNanos(),
                changes,
                lossyChanges,
                simulation.detection().falseVerdicts() - beforeLoss,
                afterPauses,
                bytes / perNodeSecond,
                (bytes + extra) / perNodeSecond);
    }

    /** After a start everybody tells everybody of everybody, for a while. */
    private void settle() {
        final long[] told = {-1};
        simulation.runUntil("no more news", SETTLE_NANOS_MAX, LOOK_NANOS, () -> {
            say("settles");
            final long before = told[0];
            told[0] = simulation.network().counters().rumors;
            return before == told[0];
        });
    }

    private List<Long> changes(final String when) {
        if (isMembershipOnly) {
            return List.of();
        }
        say(plan.changes() + " changes, " + when);
        final int before = simulation.changes().tookNanos().size();
        for (int i = 0; i < plan.changes(); i++) {
            final String instanceId = "reported-" + ++serial;
            simulation.node(random.nextInt(plan.nodes())).write(instanceId, Workload.registration(instanceId, serial));
            simulation.runFor(Seeds.between(random, 50, 250) * MILLI);
        }
        simulation.runUntil(
                "changes on all nodes",
                WAIT_NANOS_MAX,
                LOOK_NANOS,
                () -> !simulation.changes().isPending());
        final List<Long> took = simulation.changes().tookNanos();
        return List.copyOf(took.subList(before, took.size()));
    }

    private void crashes() {
        for (int i = 1; i <= plan.crashes(); i++) {
            say("crash " + i + " of " + plan.crashes());
            simulation.runFor(SECOND + Seeds.between(random, 0, 2_000) * MILLI);
            final VirtualNode victim = simulation.node(random.nextInt(plan.nodes()));
            victim.crash();
            simulation.runUntil(
                    "noticed",
                    WAIT_NANOS_MAX,
                    SECOND / 10,
                    () -> !simulation.detection().isPending());
            simulation.start(victim);
            simulation.runUntil("back", WAIT_NANOS_MAX, LOOK_NANOS, this::isWhole);
        }
    }

    /** Returns how many members were declared dead. */
    private int pauses() {
        say(plan.pauses() + " pauses");
        final int before = simulation.detection().falseVerdicts();
        for (int i = 0; i < plan.pauses(); i++) {
            final VirtualNode paused = simulation.node(random.nextInt(plan.nodes()));
            paused.pause();
            simulation.runFor(SizePlan.PAUSE_NANOS);
            paused.resume();
            simulation.runFor(SECOND + Seeds.between(random, 0, 1_000) * MILLI);
        }
        return simulation.detection().falseVerdicts() - before;
    }

    private boolean isWhole() {
        return Agreement.membersProblem(simulation.nodes(Phase.RUNNING)) == null;
    }

    private void say(final String step) {
        progress.accept(step + ", at " + simulation.events().nowNanos() / SECOND + " virtual s");
    }
}
