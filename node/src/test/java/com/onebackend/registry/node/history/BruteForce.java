package com.onebackend.registry.node.history;

import com.onebackend.registry.node.history.Operation.Kind;
import com.onebackend.registry.node.history.Operation.Outcome;
import java.util.ArrayList;
import java.util.List;

/** The same question asked the dumb way: every order of every choice of what happened. For a few operations only. */
final class BruteForce {
    private BruteForce() {}

    static boolean isLinearizable(final List<Operation> history) {
        return fits(history.stream().filter(Operation::matters).toList(), Operation.ABSENT);
    }

    private static boolean fits(final List<Operation> left, final String held) {
        if (left.stream().allMatch(operation -> operation.outcome() == Outcome.UNKNOWN)) {
            return true;
        }
        for (int i = 0; i < left.size(); i++) {
            final Operation next = left.get(i);
            // Nothing returns before its own call, so that it does not stand in its own way.
            final boolean isTooEarly = left.stream().anyMatch(other -> other.returnedNanos() < next.calledNanos());
            final String after = isTooEarly ? null : after(next, held);
            if (after != null) {
                final List<Operation> rest = new ArrayList<>(left);
                rest.remove(i);
                if (fits(rest, after)) {
                    return true;
                }
            }
        }
        return false;
    }

    /** Null when the register would not have answered so. */
    private static String after(final Operation next, final String held) {
        if (next.kind() == Kind.READ) {
            return next.observed().equals(held) ? held : null;
        }
        if (next.kind() == Kind.WRITE) {
            return next.value();
        }
        final boolean applies = next.kind() == Kind.DELETE
                ? !held.equals(Operation.ABSENT)
                : next.expected().equals(held);
        if (next.outcome() != Outcome.UNKNOWN && applies != (next.outcome() == Outcome.OK)) {
            return null;
        }
        return applies ? next.value() : held;
    }
}
