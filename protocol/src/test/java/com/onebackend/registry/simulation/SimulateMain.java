package com.onebackend.registry.simulation;

import static com.onebackend.registry.simulation.EventQueue.MILLI;
import static com.onebackend.registry.simulation.EventQueue.SECOND;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The command line of {@code scripts/simulate}, which explains its arguments: one run, a report by cluster size, or
 * many seeds. Exit 1: an invariant broke; 2: wrong arguments.
 */
public final class SimulateMain {
    private static final int NODES_MAX = 3_000;
    private static final long SECONDS_MAX = 30 * 86_400;

    private static final Map<String, Set<String>> OPTIONS = Map.of(
            "one run",
            Set.of(
                    "--seed",
                    "--nodes",
                    "--seconds",
                    "--write-millis",
                    "--calm",
                    "--forgetful",
                    "--membership-only",
                    "--verbose"),
            "--report",
            Set.of("--report", "--nodes", "--runs", "--seed"),
            "--nightly",
            Set.of("--nightly", "--seeds", "--minutes", "--seed"));

    private static final Map<String, Set<String>> EXCLUDED = Map.of(
            "--report", Set.of("--nightly"),
            "--calm", Set.of("--forgetful"),
            // Writes are about instances.
            "--membership-only", Set.of("--write-millis"));

    private long seed = 1;
    private int nodes = 3;
    private long seconds;
    private long writeMillis;
    private SimulationConfig.Kind kind = SimulationConfig.Kind.CHAOS;
    private boolean isMembershipOnly;
    private boolean isVerbose;
    private boolean isReport;
    private boolean isNightly;
    private List<Integer> sizes = List.of(3, 30, 100);
    private int runs = 1;
    private long seeds = 10_000;
    private long minutes = 60;

    private SimulateMain() {}

    public static void main(final String[] args) {
        System.exit(run(List.of(args)));
    }

    static int run(final List<String> args) {
        final SimulateMain main = new SimulateMain();
        try {
            main.parse(args.iterator());
        } catch (final IllegalArgumentException e) {
            System.err.println(e.getMessage());
            System.err.println("see scripts/simulate --help");
            return 2;
        }
        try {
            return main.isNightly ? main.nightly() : main.isReport ? main.report() : main.one();
        } catch (final SimulationFailure e) {
            System.err.println(e.getMessage());
            return 1;
        }
    }

    private int one() {
        SimulationConfig config = SimulationConfig.of(kind, seed, nodes);
        if (seconds > 0) {
            config = config.lasting(seconds * SECOND);
        }
        if (writeMillis > 0) {
            config = config.withWrites(writeMillis * MILLI);
        }
        if (isMembershipOnly) {
            config = config.membershipOnly();
        }
        if (isVerbose) {
            config = config.listening(System.out::println);
        }
        System.out.print(new Simulation(config).run().text());
        return 0;
    }

    private int report() {
        System.out.print(new SizeReport(sizes, runs, seed).table());
        return 0;
    }

    private int nightly() {
        return new Nightly(seed, seeds, minutes, Simulation::new, System.out, System.err)
                        .run()
                        .isEmpty()
                ? 0
                : 1;
    }

    private void parse(final Iterator<String> args) {
        final Set<String> given = new LinkedHashSet<>();
        while (args.hasNext()) {
            final String arg = args.next();
            given.add(arg);
            switch (arg) {
                case "--seed" -> seed = number(arg, args, Long.MIN_VALUE, Long.MAX_VALUE);
                case "--nodes" -> nodesOrSizes(arg, args);
                case "--seconds" -> seconds = number(arg, args, 1, SECONDS_MAX);
                case "--write-millis" -> writeMillis = number(arg, args, 1, SECONDS_MAX * 1_000);
                case "--calm" -> kind = SimulationConfig.Kind.CALM;
                case "--forgetful" -> kind = SimulationConfig.Kind.FORGETFUL;
                case "--membership-only" -> isMembershipOnly = true;
                case "--verbose" -> isVerbose = true;
                case "--report" -> isReport = true;
                case "--runs" -> runs = (int) number(arg, args, 1, 1_000);
                case "--nightly" -> isNightly = true;
                case "--seeds" -> seeds = number(arg, args, 1, Integer.MAX_VALUE);
                case "--minutes" -> minutes = number(arg, args, 1, 7 * 24 * 60);
                default -> throw new IllegalArgumentException("unknown argument " + arg);
            }
        }
        refuseWhatHasNoEffect(given);
    }

    /** An option that is silently left out would make somebody believe a figure that is not what he asked for. */
    private void refuseWhatHasNoEffect(final Set<String> given) {
        for (final String first : given) {
            for (final String second : EXCLUDED.getOrDefault(first, Set.of())) {
                if (given.contains(second)) {
                    throw new IllegalArgumentException(first + " and " + second + " exclude each other");
                }
            }
        }
        final String mode = isReport ? "--report" : isNightly ? "--nightly" : "one run";
        for (final String option : given) {
            if (!OPTIONS.get(mode).contains(option)) {
                throw new IllegalArgumentException(option + " has no effect with " + mode);
            }
        }
        if (sizes.size() > 1 && !isReport && nodes == 0) {
            throw new IllegalArgumentException("several numbers of nodes go with --report only");
        }
    }

    /** One number, or for a report several with commas between them. */
    private void nodesOrSizes(final String name, final Iterator<String> args) {
        sizes = new ArrayList<>();
        for (final String text : text(name, args).split(",", -1)) {
            sizes.add((int) number(name, text, 1, NODES_MAX));
        }
        nodes = sizes.size() == 1 ? sizes.get(0) : 0;
    }

    private static long number(final String name, final Iterator<String> args, final long least, final long most) {
        return number(name, text(name, args), least, most);
    }

    private static long number(final String name, final String text, final long least, final long most) {
        final long number;
        try {
            number = Long.parseLong(text);
        } catch (final NumberFormatException e) {
            throw new IllegalArgumentException(name + " needs a number, not " + text, e);
        }
        if (number < least || number > most) {
            throw new IllegalArgumentException(name + " must be " + least + " to " + most + ", not " + number);
        }
        return number;
    }

    private static String text(final String name, final Iterator<String> args) {
        if (!args.hasNext()) {
            throw new IllegalArgumentException(name + " needs a number");
        }
        return args.next();
    }
}
