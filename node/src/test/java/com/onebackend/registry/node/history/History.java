package com.onebackend.registry.node.history;

import com.onebackend.registry.node.history.Operation.Kind;
import com.onebackend.registry.node.history.Operation.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * What the clients of one run saw, in the order in which they were told.
 *
 * <p><i>Thread:</i> any.
 */
public final class History {
    /** A run that does more than this is not one to look at by hand. */
    public static final int OPERATIONS_MAX = 1_000_000;

    private static final String SEPARATOR = "\t";
    private static final int FIELDS = 9;

    private final List<Operation> operations = new ArrayList<>();

    public synchronized void add(final Operation operation) {
        if (operations.size() >= OPERATIONS_MAX) {
            throw new IllegalStateException("more than " + OPERATIONS_MAX + " operations");
        }
        operations.add(operation);
    }

    public synchronized List<Operation> operations() {
        return List.copyOf(operations);
    }

    /** How many ended so. */
    public synchronized long count(final Outcome outcome) {
        return operations.stream()
                .filter(operation -> operation.outcome() == outcome)
                .count();
    }

    /** Writes them by the time of their call, one a line, to be read by people and by {@link #read}. */
    public void write(final Path file) throws IOException {
        Files.createDirectories(file.toAbsolutePath().getParent());
        final List<String> lines = operations().stream()
                .sorted(Comparator.comparingLong(Operation::calledNanos))
                .map(History::line)
                .toList();
        Files.write(file, lines);
    }

    /** What {@link #write} wrote. */
    public static History read(final Path file) throws IOException {
        final History history = new History();
        for (final String line : Files.readAllLines(file)) {
            history.add(operation(line));
        }
        return history;
    }

    private static String line(final Operation operation) {
        return String.join(
                SEPARATOR,
                Long.toString(operation.calledNanos()),
                Long.toString(operation.returnedNanos()),
                Integer.toString(operation.client()),
                operation.key(),
                operation.kind().name(),
                operation.value(),
                operation.expected(),
                operation.outcome().name(),
                operation.observed());
    }

    private static Operation operation(final String line) {
        final String[] fields = line.split(SEPARATOR, FIELDS);
        return new Operation(
                Integer.parseInt(fields[2]),
                fields[3],
                Kind.valueOf(fields[4]),
                fields[5],
                fields[6],
                Outcome.valueOf(fields[7]),
                fields[8],
                Long.parseLong(fields[0]),
                Long.parseLong(fields[1]));
    }
}
