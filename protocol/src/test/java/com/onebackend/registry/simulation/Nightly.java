package com.onebackend.registry.simulation;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.function.Function;

/**
 * Seed after seed under every fault, over clusters of many sizes, on all processors: until so many seeds were run or
 * so much time went by.
 */
final class Nightly {
    /** A size and how many of a hundred seeds it gets: small clusters are quick, and most bugs need three nodes. */
    private static final int[][] SIZES = {{1, 2}, {2, 10}, {3, 38}, {5, 30}, {10, 14}, {30, 5}, {100, 1}};

    /** So many seeds have tombstones that are remembered for seconds only. */
    private static final int FORGETFUL_ONE_IN = 4;

    private static final int FORGETFUL_NODES_MAX = 10;

    private static final long PROGRESS_NANOS = 10_000_000_000L;

    private final long firstSeed;
    private final long seeds;
    private final long deadlineNanos;
    private final Function<SimulationConfig, Simulation> simulations;
    private final PrintStream out;
    private final PrintStream progress;
    private final List<String> failures = Collections.synchronizedList(new ArrayList<>());
    private final long startNanos = System.nanoTime();
    private long done;
    private long lastProgressNanos = startNanos;

    /**
     * @param out told one line for each failure
     * @param progress told every ten seconds how far it is
     */
    Nightly(
            final long firstSeed,
            final long seeds,
            final long minutes,
            final Function<SimulationConfig, Simulation> simulations,
            final PrintStream out,
            final PrintStream progress) {
        this.firstSeed = firstSeed;
        this.seeds = seeds;
        this.deadlineNanos = startNanos + minutes * 60_000_000_000L;
        this.simulations = simulations;
        this.out = out;
        this.progress = progress;
    }

    /** Returns the failures, each as one line that begins with the command that shows it again. */
    List<String> run() {
        InParallel.forEach(new Jobs(), this::run);
        progress.println(status());
        return List.copyOf(failures);
    }

    /** The nodes of one seed's cluster. */
    static int nodesOf(final long seed) {
        int dice = new Seeds(seed).forPurpose("nightly").nextInt(100);
        for (final int[] size : SIZES) {
            dice -= size[1];
            if (dice < 0) {
                return size[0];
            }
        }
        throw new IllegalStateException("the shares of the sizes are not a hundred");
    }

    private void run(final SimulationConfig config) {
        try {
            simulations.apply(config).run();
        } catch (final SimulationFailure e) {
            failed(config, e.getMessage().lines().findFirst().orElse(""));
        } catch (final RuntimeException e) {
            failed(config, e.toString());
        }
        progressed();
    }

    private void failed(final SimulationConfig config, final String problem) {
        final String line = config.command() + "   # " + problem;
        failures.add(line);
        out.println(line);
    }

    private synchronized void progressed() {
        done++;
        final long now = System.nanoTime();
        if (now - lastProgressNanos >= PROGRESS_NANOS) {
            lastProgressNanos = now;
            progress.println(status());
        }
    }

    private synchronized String status() {
        return done + " of " + seeds + " seeds, " + failures.size() + " failures, "
                + (System.nanoTime() - startNanos) / 1_000_000_000L + " s";
    }

    private final class Jobs implements Iterator<SimulationConfig> {
        private long next;

        @Override
        public boolean hasNext() {
            return next < seeds && System.nanoTime() - deadlineNanos < 0;
        }

        @Override
        public SimulationConfig next() {
            if (next >= seeds) {
                throw new NoSuchElementException();
            }
            final long seed = firstSeed + next++;
            final int nodes = nodesOf(seed);
            final boolean isForgetful = seed % FORGETFUL_ONE_IN == 0 && nodes <= FORGETFUL_NODES_MAX;
            return isForgetful ? SimulationConfig.forgetful(seed, nodes) : SimulationConfig.chaos(seed, nodes);
        }
    }
}
