package com.onebackend.registry.simulation;

import static com.onebackend.registry.simulation.EventQueue.SECOND;

import java.util.Iterator;
import java.util.List;
import java.util.function.Consumer;

/** Replays one seed: {@code --seed N --nodes N [--seconds S] [--calm] [--verbose]}. Exit 1: an invariant broke. */
public final class SimulateMain {
    private static final int NODES_MAX = 2_000;

    private SimulateMain() {}

    public static void main(final String[] args) {
        System.exit(run(List.of(args)));
    }

    private static int run(final List<String> args) {
        final SimulationConfig config;
        try {
            config = parse(args.iterator());
        } catch (final IllegalArgumentException e) {
            System.err.println(e.getMessage());
            System.err.println("usage: --seed N --nodes N [--seconds S] [--calm] [--verbose]");
            return 2;
        }
        try {
            System.out.print(new Simulation(config).run().text());
            return 0;
        } catch (final SimulationFailure e) {
            System.err.println(e.getMessage());
            return 1;
        }
    }

    private static SimulationConfig parse(final Iterator<String> args) {
        long seed = 1;
        int nodes = 3;
        long seconds = 0;
        boolean isCalm = false;
        Consumer<String> listener = null;
        while (args.hasNext()) {
            final String arg = args.next();
            switch (arg) {
                case "--seed" -> seed = number(arg, args);
                case "--nodes" -> nodes = nodes(number(arg, args));
                case "--seconds" -> seconds = number(arg, args);
                case "--calm" -> isCalm = true;
                case "--verbose" -> listener = System.out::println;
                default -> throw new IllegalArgumentException("unknown argument " + arg);
            }
        }
        SimulationConfig config = isCalm ? SimulationConfig.calm(seed, nodes) : SimulationConfig.chaos(seed, nodes);
        if (seconds > 0) {
            config = config.lasting(seconds * SECOND);
        }
        return config.listening(listener);
    }

    private static int nodes(final long wanted) {
        if (wanted < 1 || wanted > NODES_MAX) {
            throw new IllegalArgumentException("--nodes must be 1 to " + NODES_MAX + ", not " + wanted);
        }
        return (int) wanted;
    }

    private static long number(final String name, final Iterator<String> args) {
        if (!args.hasNext()) {
            throw new IllegalArgumentException(name + " needs a number");
        }
        final String text = args.next();
        try {
            return Long.parseLong(text);
        } catch (final NumberFormatException e) {
            throw new IllegalArgumentException(name + " needs a number, not " + text, e);
        }
    }
}
