package com.onebackend.registry.node.history;

import com.onebackend.registry.node.history.Operation.Kind;
import com.onebackend.registry.node.history.Operation.Outcome;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Looks for an order of one register's operations that explains all answers and keeps to the clock: what had returned
 * before something else was called comes first.
 *
 * <p>Depth first, with every combination of "which are done" and "what the register holds" entered once only. An
 * operation with an unknown outcome may come anywhere after its call, or never.
 *
 * <p><i>Thread:</i> one. <i>Paper:</i> Wing and Gong, Testing and Verifying Concurrent Objects (1993), section 4; Lowe,
 * Testing for Linearizability (2017), section 3.
 */
final class RegisterSearch {
    /** Combinations remembered; more than any history of ours needs by far. */
    static final int VISITED_MAX = 1_000_000;
    /** Their size together, in words of eight bytes. */
    static final long VISITED_WORDS_MAX = 16_000_000;

    private static final int IMPOSSIBLE = -1;

    enum Result {
        FOUND,
        NONE,
        /** Given up: too many combinations. */
        TOO_MANY
    }

    /** Operations with a known outcome, then those with an unknown one; each by the time of the call. */
    private final Operation[] operations;

    private final int[] written;
    private final int[] compared;
    private final int closed;
    private final long[] done;
    private final List<String> values = new ArrayList<>();
    private final Set<Visited> visited = new HashSet<>();
    private long visitedWords;

    private final int[] path;
    private final int[] statesBefore;
    private int depth;
    private int low;
    private int closedDone;
    private int state;

    private int[] deepest = new int[0];
    private int deepestClosed = -1;
    private int deepestState;

    RegisterSearch(final List<Operation> history) {
        final Comparator<Operation> byCall = Comparator.comparingLong(Operation::calledNanos);
        final List<Operation> ordered = new ArrayList<>(history.stream()
                .filter(Operation::matters)
                .filter(operation -> operation.outcome() != Outcome.UNKNOWN)
                .sorted(byCall)
                .toList());
        closed = ordered.size();
        history.stream()
                .filter(Operation::matters)
                .filter(operation -> operation.outcome() == Outcome.UNKNOWN)
                .sorted(byCall)
                .forEach(ordered::add);
        operations = ordered.toArray(Operation[]::new);
        done = new long[(operations.length + 63) / 64];
        path = new int[operations.length];
        statesBefore = new int[operations.length];
        written = new int[operations.length];
        compared = new int[operations.length];
        number();
    }

    private void number() {
        final Map<String, Integer> numbers = new HashMap<>();
        values.add(Operation.ABSENT);
        numbers.put(Operation.ABSENT, 0);
        for (int i = 0; i < operations.length; i++) {
            written[i] = number(operations[i].value(), numbers);
            final boolean reads = operations[i].kind() == Kind.READ;
            compared[i] = number(reads ? operations[i].observed() : operations[i].expected(), numbers);
        }
    }

    private int number(final String value, final Map<String, Integer> numbers) {
        return numbers.computeIfAbsent(value, unknown -> {
            values.add(unknown);
            return values.size() - 1;
        });
    }

    /** Once only. */
    Result run() {
        int from = 0;
        while (closedDone < closed) {
            final int candidate = nextCandidate(from);
            if (candidate < 0) {
                noteDeadEnd();
                if (depth == 0) {
                    return Result.NONE;
                }
                from = stepBack() + 1;
            } else if (step(candidate)) {
                if (visited.size() > VISITED_MAX || visitedWords > VISITED_WORDS_MAX) {
                    return Result.TOO_MANY;
                }
                from = 0;
            } else {
                from = candidate + 1;
            }
        }
        return Result.FOUND;
    }

    /** The next operation, from this one on, before which nothing else must come; negative when there is none. */
    private int nextCandidate(final int from) {
        long firstReturn = Long.MAX_VALUE;
        for (int i = low; i < closed && operations[i].calledNanos() <= firstReturn; i++) {
            if (!isDone(i)) {
                if (i >= from) {
                    return i;
                }
                firstReturn = Math.min(firstReturn, operations[i].returnedNanos());
            }
        }
        for (int i = closed; i < operations.length && operations[i].calledNanos() <= firstReturn; i++) {
            if (!isDone(i) && i >= from) {
                return i;
            }
        }
        return -1;
    }

    /** Takes the operation as the next one done; false when the register would have answered otherwise, or known. */
    private boolean step(final int i) {
        final int next = after(i);
        // What nobody was told of, and what changes nothing, explains nothing.
        if (next == IMPOSSIBLE || (i >= closed && next == state)) {
            return false;
        }
        done[i >> 6] |= 1L << i;
        final int lowBefore = low;
        while (low < closed && isDone(low)) {
            low++;
        }
        final Visited now = visit(next);
        if (!visited.add(now)) {
            done[i >> 6] &= ~(1L << i);
            low = lowBefore;
            return false;
        }
        visitedWords += now.words.length;
        path[depth] = i;
        statesBefore[depth++] = state;
        state = next;
        closedDone += i < closed ? 1 : 0;
        return true;
    }

    private int stepBack() {
        final int i = path[--depth];
        state = statesBefore[depth];
        done[i >> 6] &= ~(1L << i);
        low = Math.min(low, i);
        closedDone -= i < closed ? 1 : 0;
        return i;
    }

    /** What the register holds after this operation. */
    private int after(final int i) {
        final Outcome outcome = operations[i].outcome();
        return switch (operations[i].kind()) {
            case READ -> compared[i] == state ? state : IMPOSSIBLE;
            case WRITE -> written[i];
            case COMPARE_AND_SET -> {
                final boolean fits = compared[i] == state;
                yield outcome == Outcome.UNKNOWN || fits == (outcome == Outcome.OK)
                        ? (fits ? written[i] : state)
                        : IMPOSSIBLE;
            }
            case DELETE -> {
                final boolean fits = state != 0;
                yield outcome == Outcome.UNKNOWN || fits == (outcome == Outcome.OK) ? 0 : IMPOSSIBLE;
            }
        };
    }

    private boolean isDone(final int i) {
        return (done[i >> 6] & 1L << i) != 0;
    }

    private Visited visit(final int next) {
        // Everything below low is done, and nothing beyond the last bit: only what lies between tells two apart.
        // The word in which the open ones begin is always told, with those after it.
        final int openFirst = closed >> 6;
        final int first = low >> 6;
        int to = openFirst;
        while (to > first && done[to - 1] == 0) {
            to--;
        }
        final long[] words = new long[1 + (to - first) + (done.length - openFirst)];
        words[0] = (long) low << 32 | next;
        System.arraycopy(done, first, words, 1, to - first);
        System.arraycopy(done, openFirst, words, 1 + to - first, done.length - openFirst);
        return new Visited(words);
    }

    private void noteDeadEnd() {
        if (closedDone > deepestClosed) {
            deepestClosed = closedDone;
            deepest = Arrays.copyOf(path, depth);
            deepestState = state;
        }
    }

    /** After {@link Result#NONE}: the longest explanation, in its order. */
    List<Operation> explained() {
        return Arrays.stream(deepest).mapToObj(i -> operations[i]).toList();
    }

    /** After {@link Result#NONE}: what the register holds at the end of {@link #explained}. */
    String held() {
        return values.get(deepestState);
    }

    private static final class Visited {
        private final long[] words;

        Visited(final long[] words) {
            this.words = words;
        }

        @Override
        public boolean equals(final Object other) {
            return other instanceof Visited visited && Arrays.equals(words, visited.words);
        }

        @Override
        public int hashCode() {
            return Arrays.hashCode(words);
        }
    }
}
