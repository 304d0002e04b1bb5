package com.onebackend.registry.membership;

import com.onebackend.registry.model.MemberState;
import java.lang.management.ManagementFactory;
import java.util.Locale;
import java.util.function.BooleanSupplier;

/**
 * What membership alone costs in a big cluster, without codecs and instances: a mass start, quiet time, crashes.
 * Arguments: members, seed.
 */
public final class MembershipProfile {
    private static final long SECOND = 1_000 * TinyNetwork.MILLI;
    private static final long STEP_NANOS = 100 * TinyNetwork.MILLI;
    private static final int CRASHES = 3;

    private final TinyNetwork network;
    private long cpuNanos = cpuNow();
    private long sent;

    private MembershipProfile(final long seed) {
        network = new TinyNetwork(seed, MembershipConfig.LAN);
    }

    public static void main(final String[] args) {
        final int members = Integer.parseInt(args[0]);
        final long seed = args.length > 1 ? Long.parseLong(args[1]) : 1;
        new MembershipProfile(seed).run(members);
    }

    private void run(final int members) {
        for (int i = 0; i < members; i++) {
            network.start("n" + i, 1, "n0", "n1", "n2");
        }
        print("mass start, all see all", until(network::isComplete));
        network.run(10 * SECOND);
        print("ten quiet seconds", 10 * SECOND);
        for (int crash = 1; crash <= CRASHES; crash++) {
            final String victim = "n" + members / (crash + 1);
            network.kill(victim);
            print("crash known to all", until(() -> network.allOthersSee(victim, MemberState.DEAD)));
        }
    }

    private long until(final BooleanSupplier condition) {
        final long start = network.now;
        while (!condition.getAsBoolean()) {
            if (network.now - start > 300 * SECOND) {
                throw new AssertionError("not within five minutes");
            }
            network.run(STEP_NANOS);
        }
        return network.now - start;
    }

    private void print(final String what, final long virtualNanos) {
        final long cpu = cpuNow();
        System.out.printf(
                Locale.ROOT,
                "%-24s %6.1f s virtual, %7.2f s of CPU, %d messages%n",
                what,
                virtualNanos / 1e9,
                (cpu - cpuNanos) / 1e9,
                network.sent - sent);
        cpuNanos = cpu;
        sent = network.sent;
    }

    /** Of this thread: other work of the machine does not count. */
    private static long cpuNow() {
        return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    }
}
