package com.onebackend.registry.node.history;

import com.onebackend.registry.node.history.Operation.Kind;
import com.onebackend.registry.node.history.Operation.Outcome;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * Histories of clients of correct registers: each operation takes effect at one moment between its call and its return,
 * or, when its client is not told, at any later one, or never.
 */
final class SimulatedRegisters {
    private static final int GAP = 40;
    private static final int DURATION = 100;

    private final Random random;
    private final double unknownPart;
    private final List<Planned> planned = new ArrayList<>();
    private final Map<String, String> lastSeen = new HashMap<>();
    private int nextClient;
    private int nextValue;

    /** @param takesEffectAt {@link Operation#NEVER} = it gets lost */
    private record Planned(
            int client, String key, Kind kind, long called, long returned, boolean isTold, long takesEffectAt) {}

    SimulatedRegisters(final long seed, final double unknownPart) {
        this.random = new Random(seed);
        this.unknownPart = unknownPart;
    }

    List<Operation> run(final int clients, final int keys, final int operationsEach) {
        for (int c = 0; c < clients; c++) {
            plan(keys, operationsEach);
        }
        final Map<String, String> registers = new HashMap<>();
        final List<Operation> history = new ArrayList<>();
        planned.stream()
                .sorted(Comparator.comparingLong(Planned::takesEffectAt))
                .forEach(next -> history.add(perform(next, registers)));
        history.sort(Comparator.comparingLong(Operation::calledNanos));
        return history;
    }

    private void plan(final int keys, final int operations) {
        int client = nextClient++;
        long now = random.nextInt(GAP);
        for (int i = 0; i < operations; i++) {
            final long called = now + random.nextInt(GAP);
            final long returned = called + 1 + random.nextInt(DURATION);
            final boolean isTold = random.nextDouble() >= unknownPart;
            long effect = called + (long) (random.nextDouble() * (returned - called));
            if (!isTold && random.nextBoolean()) {
                effect = random.nextBoolean() ? Operation.NEVER : called + random.nextInt(20 * DURATION);
            }
            planned.add(new Planned(client, "r" + random.nextInt(keys), kind(), called, returned, isTold, effect));
            client = isTold ? client : nextClient++;
            now = returned;
        }
    }

    private Kind kind() {
        final int dice = random.nextInt(10);
        return dice < 5 ? Kind.READ : dice < 7 ? Kind.WRITE : dice < 9 ? Kind.COMPARE_AND_SET : Kind.DELETE;
    }

    private Operation perform(final Planned next, final Map<String, String> registers) {
        final String held = registers.getOrDefault(next.key(), Operation.ABSENT);
        final boolean deletes = next.kind() == Kind.COMPARE_AND_SET && random.nextInt(5) == 0;
        final String value = deletes ? Operation.ABSENT : "v" + nextValue++;
        // Half of them know what is there; the others know what was.
        final String expected = random.nextBoolean() ? held : lastSeen.getOrDefault(next.key(), Operation.ABSENT);
        final Outcome outcome = switch (next.kind()) {
            case READ, WRITE -> Outcome.OK;
            case COMPARE_AND_SET -> expected.equals(held) ? Outcome.OK : Outcome.CONFLICT;
            case DELETE -> held.equals(Operation.ABSENT) ? Outcome.CONFLICT : Outcome.OK;
        };
        final boolean writes = next.kind() == Kind.WRITE || next.kind() == Kind.COMPARE_AND_SET;
        if (next.takesEffectAt() != Operation.NEVER && outcome == Outcome.OK && next.kind() != Kind.READ) {
            registers.put(next.key(), writes ? value : Operation.ABSENT);
        }
        if (next.kind() == Kind.READ && random.nextInt(3) == 0) {
            lastSeen.put(next.key(), held);
        }
        return new Operation(
                next.client(),
                next.key(),
                next.kind(),
                writes ? value : "",
                next.kind() == Kind.COMPARE_AND_SET ? expected : "",
                next.isTold() ? outcome : Outcome.UNKNOWN,
                next.kind() == Kind.READ && next.isTold() ? held : "",
                next.called(),
                next.isTold() ? next.returned() : Operation.NEVER);
    }
}
