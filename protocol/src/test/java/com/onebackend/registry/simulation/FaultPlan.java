package com.onebackend.registry.simulation;

import static com.onebackend.registry.simulation.EventQueue.SECOND;

import com.onebackend.registry.simulation.VirtualNode.Phase;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.random.RandomGenerator;

/** What goes wrong, drawn from the seed while the run goes on; {@link #stop} undoes all of it. */
final class FaultPlan {
    private static final long MEAN_NANOS = 2 * SECOND;

    private final Simulation simulation;
    private final Kinds kinds;
    private final RandomGenerator random;
    private boolean isRunning;

    /** Which faults may happen. */
    record Kinds(boolean crashes, boolean wipes, boolean pauses, boolean partitions, boolean lossyPeriods) {
        static final Kinds ALL = new Kinds(true, true, true, true, true);
        static final Kinds NONE = new Kinds(false, false, false, false, false);
        static final Kinds CRASHES = new Kinds(true, false, false, false, false);

        Kinds withoutWipes() {
            return new Kinds(crashes, false, pauses, partitions, lossyPeriods);
        }
    }

    FaultPlan(final Simulation simulation, final Kinds kinds, final RandomGenerator random) {
        this.simulation = simulation;
        this.kinds = kinds;
        this.random = random;
    }

    void start() {
        isRunning = true;
        if (!kinds.equals(Kinds.NONE)) {
            scheduleNext();
        }
    }

    /** No more faults; what is cut, stopped or dead stays so until the simulation heals. */
    void stop() {
        isRunning = false;
    }

    private void scheduleNext() {
        simulation.events().after(1 + Seeds.exponential(random, MEAN_NANOS), () -> {
            if (isRunning) {
                strike(random.nextInt(100));
                scheduleNext();
            }
        });
    }

    private void strike(final int dice) {
        if (dice < 25 && kinds.crashes()) {
            crash();
        } else if (dice < 50 && kinds.crashes()) {
            restart();
        } else if (dice < 65 && kinds.pauses()) {
            pause();
        } else if (dice < 75 && kinds.partitions()) {
            partition();
        } else if (dice < 85 && kinds.partitions()) {
            simulation.network().unblock();
        } else if (dice < 90) {
            simulation.network().breakAllStreams();
        } else if (kinds.lossyPeriods()) {
            lossyPeriod();
        }
    }

    private void crash() {
        final VirtualNode victim = any(Phase.RUNNING);
        if (victim != null && simulation.nodes(Phase.RUNNING).size() > 1) {
            victim.crash();
        }
    }

    private void restart() {
        final VirtualNode down = any(Phase.DOWN);
        if (down != null) {
            if (kinds.wipes() && down.origin() != null && random.nextInt(6) == 0) {
                down.wipe();
            }
            simulation.start(down);
        }
    }

    private void pause() {
        final VirtualNode victim = any(Phase.RUNNING);
        if (victim != null) {
            victim.pause();
            final long lengthNanos = Seeds.exponential(random, 3 * SECOND);
            simulation.events().after(lengthNanos, () -> {
                // It may have been continued, or killed and started, meanwhile.
                if (victim.phase() == Phase.PAUSED) {
                    victim.resume();
                }
            });
        }
    }

    private void partition() {
        final Set<VirtualNode> side = new HashSet<>();
        for (final VirtualNode node : simulation.nodes()) {
            if (random.nextBoolean()) {
                side.add(node);
            }
        }
        simulation.partition(side, random.nextInt(3) == 0);
    }

    private void lossyPeriod() {
        final NetworkFaults worse =
                NetworkFaults.lossy(0.6 * random.nextDouble()).withStreamBreak(0.05 * random.nextDouble());
        simulation.network().faults(worse);
        simulation.events().after(Seeds.exponential(random, 5 * SECOND), () -> {
            if (isRunning && simulation.network().faults().equals(worse)) {
                simulation.network().faults(simulation.config().network());
            }
        });
    }

    private VirtualNode any(final Phase phase) {
        final List<VirtualNode> candidates = simulation.nodes(phase);
        return candidates.isEmpty() ? null : candidates.get(random.nextInt(candidates.size()));
    }
}
