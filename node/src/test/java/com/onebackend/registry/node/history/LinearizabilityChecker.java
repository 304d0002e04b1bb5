package com.onebackend.registry.node.history;

import com.onebackend.registry.node.history.Operation.Kind;
import com.onebackend.registry.node.history.Operation.Outcome;
import com.onebackend.registry.node.history.RegisterSearch.Result;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Judges histories of registers, each register by itself: a system of registers is linearizable when each of them is.
 *
 * <p><i>Thread:</i> any; without state. <i>Paper:</i> Herlihy and Wing, Linearizability (1990), theorem 1, for one
 * register at a time.
 */
public final class LinearizabilityChecker {
    private static final int SHOWN_MAX = 14;
    /** Searches spent on making a counterexample smaller. */
    private static final int SHRINKINGS_MAX = 400;

    private LinearizabilityChecker() {}

    /** The first register, by its key, that does not fit; {@link Verdict#LINEARIZABLE} when all do. */
    public static Verdict check(final List<Operation> history) {
        final Map<String, List<Operation>> byKey =
                history.stream().collect(Collectors.groupingBy(Operation::key, TreeMap::new, Collectors.toList()));
        for (final Map.Entry<String, List<Operation>> register : byKey.entrySet()) {
            final Verdict verdict = checkOne(register.getKey(), register.getValue());
            if (!verdict.isLinearizable()) {
                return verdict;
            }
        }
        return Verdict.LINEARIZABLE;
    }

    private static Verdict checkOne(final String key, final List<Operation> history) {
        final Result result = new RegisterSearch(history).run();
        return switch (result) {
            case FOUND -> Verdict.LINEARIZABLE;
            case NONE -> new Verdict(Verdict.Kind.NOT_LINEARIZABLE, key, counterexample(key, history));
            case TOO_MANY ->
                new Verdict(
                        Verdict.Kind.UNDECIDED,
                        key,
                        "register " + key + " with " + history.size() + " operations was given up: more than "
                                + RegisterSearch.VISITED_MAX + " combinations of what may have happened");
        };
    }

    private static String counterexample(final String key, final List<Operation> history) {
        final List<Operation> small = withoutPassive(shortestPrefix(history));
        final RegisterSearch search = new RegisterSearch(small);
        if (search.run() != Result.NONE) {
            return "register " + key + " has no explanation for its " + history.size() + " operations";
        }
        return describe(key, history.size(), small, search);
    }

    /** As the world was at the first return after which no order explains it. */
    private static List<Operation> shortestPrefix(final List<Operation> history) {
        final long[] returns = history.stream()
                .filter(Operation::matters)
                .filter(operation -> operation.outcome() != Outcome.UNKNOWN)
                .mapToLong(Operation::returnedNanos)
                .sorted()
                .toArray();
        int good = -1;
        int bad = returns.length - 1;
        while (bad - good > 1) {
            final int middle = (good + bad) >>> 1;
            if (isRefused(until(history, returns[middle]))) {
                bad = middle;
            } else {
                good = middle;
            }
        }
        return until(history, returns[bad]);
    }

    private static List<Operation> until(final List<Operation> history, final long nanos) {
        return history.stream()
                .filter(Operation::matters)
                .filter(operation -> operation.calledNanos() <= nanos)
                .map(operation -> operation.returnedNanos() <= nanos
                        ? operation
                        : operation.answered(Outcome.UNKNOWN, "", Operation.NEVER))
                .filter(Operation::matters)
                .toList();
    }

    /** Leaves out what changed nothing, as long as it still does not fit: the rest is what contradicts itself. */
    private static List<Operation> withoutPassive(final List<Operation> history) {
        List<Operation> kept = history;
        int spent = 0;
        for (int chunk = Math.max(1, history.size() / 2); chunk >= 1; chunk /= 2) {
            int at = 0;
            while (at < kept.size() && spent < SHRINKINGS_MAX) {
                final int from = at;
                final int to = Math.min(kept.size(), at + chunk);
                final List<Operation> fewer = new ArrayList<>(kept.subList(0, from));
                kept.subList(from, to).stream()
                        .filter(operation -> !operation.isPassive())
                        .forEach(fewer::add);
                fewer.addAll(kept.subList(to, kept.size()));
                at = to;
                if (fewer.size() < kept.size()) {
                    spent++;
                    if (isRefused(fewer)) {
                        at = to - (kept.size() - fewer.size());
                        kept = fewer;
                    }
                }
            }
        }
        return kept;
    }

    private static boolean isRefused(final List<Operation> history) {
        return new RegisterSearch(history).run() == Result.NONE;
    }

    private static String describe(
            final String key, final int all, final List<Operation> small, final RegisterSearch search) {
        final List<Operation> explained = search.explained();
        final List<Operation> unexplained = small.stream()
                .filter(operation -> operation.outcome() != Outcome.UNKNOWN)
                .filter(operation -> !explained.contains(operation))
                .sorted(Comparator.comparingLong(Operation::returnedNanos))
                .toList();
        final long zero = small.stream().mapToLong(Operation::calledNanos).min().orElse(0);
        final StringBuilder text = new StringBuilder(1_000);
        text.append("register ").append(key).append(" (").append(all).append(" operations; ");
        text.append(small.size()).append(" are enough to see it). The longest order that explains answers ends with\n");
        final int skipped = Math.max(0, explained.size() - SHOWN_MAX);
        if (skipped > 0) {
            text.append("  ... ").append(skipped).append(" before\n");
        }
        explained.stream().skip(skipped).forEach(operation -> text.append(line(operation, zero)));
        text.append("and leaves the register with ").append(Operation.shown(search.held()));
        text.append(". What had to come next, or earlier, and fits nowhere:\n");
        unexplained.stream().limit(SHOWN_MAX).forEach(operation -> text.append(line(operation, zero)));
        small.stream()
                .filter(operation -> operation.outcome() == Outcome.OK && operation.kind() == Kind.READ)
                .filter(operation -> !operation.observed().equals(Operation.ABSENT))
                .filter(operation -> small.stream().noneMatch(by -> by.value().equals(operation.observed())))
                .limit(1)
                .forEach(operation -> text.append("Nobody had written ")
                        .append(operation.observed())
                        .append(".\n"));
        return text.toString();
    }

    private static String line(final Operation operation, final long zero) {
        final String until = operation.returnedNanos() == Operation.NEVER
                ? "?"
                : String.format("%.3f", (operation.returnedNanos() - zero) / 1e6);
        return String.format(
                "  client %-4d %10.3f .. %10s ms  %s%n",
                operation.client(), (operation.calledNanos() - zero) / 1e6, until, operation.text());
    }
}
