package com.onebackend.registry.node.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.onebackend.registry.node.cluster.Registers.Told;
import com.onebackend.registry.node.history.History;
import com.onebackend.registry.node.history.LinearizabilityChecker;
import com.onebackend.registry.node.history.Operation;
import com.onebackend.registry.node.history.Operation.Kind;
import com.onebackend.registry.node.history.Operation.Outcome;
import com.onebackend.registry.node.history.Verdict;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * One history: clients that never stop, at random nodes, on a few registers, while something else happens to the
 * cluster; at the end every node is asked what it holds.
 *
 * <p><i>Thread:</i> the test's; clients have their own. <i>Lifecycle:</i> {@code start}, {@code judge}, or {@code
 * close}.
 */
final class HistoryRun implements AutoCloseable {
    private static final int CLIENTS = 8;
    private static final int KEYS = 4;
    private static final int PAUSE_MILLIS_MAX = 12;
    /** How often a change with an unknown outcome is sent again. */
    private static final int RETRIES = 2;

    private static final Duration SETTLE = Duration.ofSeconds(60);
    private static final Path ARCHIVE = Path.of("target", "histories");
    private static final AtomicInteger RUNS = new AtomicInteger();

    private final String name;
    private final long seed;
    private final int[] nodes;
    private final Registers registers;
    private final History history = new History();
    private final AtomicInteger clientIds = new AtomicInteger();
    /** Unknown outcomes that became known by asking again. */
    private final AtomicInteger cleared = new AtomicInteger();

    private final ExecutorService threads = Executors.newFixedThreadPool(CLIENTS);
    private final List<Future<?>> clients = new ArrayList<>();
    private final int run = RUNS.incrementAndGet();
    private volatile boolean isStopped;

    /** A change as it is asked of a node, under a mark or, when that is empty, without. */
    private interface Change {
        Told ask(int node, String mark) throws InterruptedException;
    }

    /** @param nodes where clients go */
    HistoryRun(final String name, final long seed, final Registers registers, final int... nodes) {
        this.name = name;
        this.seed = seed;
        this.registers = registers;
        this.nodes = nodes.clone();
    }

    HistoryRun start() {
        final Random seeds = new Random(seed);
        for (int c = 0; c < CLIENTS; c++) {
            final Random random = new Random(seeds.nextLong());
            clients.add(threads.submit(() -> {
                new Client(random).work();
                return null;
            }));
        }
        return this;
    }

    /** How many operations of the kind were done so far. */
    long done(final Kind kind) {
        return count(kind, Outcome.OK);
    }

    /** How many operations of the kind ended so. */
    long count(final Kind kind, final Outcome outcome) {
        return history.operations().stream()
                .filter(operation -> operation.kind() == kind && operation.outcome() == outcome)
                .count();
    }

    /** A run in which little was done, or nothing was compared with success and in vain, would be no test. */
    void assertWorthIt() {
        assertThat(done(Kind.READ)).as("reads").isGreaterThan(50);
        assertThat(done(Kind.WRITE)).as("writes").isGreaterThan(20);
        assertThat(done(Kind.COMPARE_AND_SET)).as("compared and set").isGreaterThan(10);
        assertThat(count(Kind.COMPARE_AND_SET, Outcome.CONFLICT))
                .as("compared in vain")
                .isPositive();
    }

    /** Waits until so many more writes are acknowledged: the cluster works. */
    void awaitWrites(final int more, final Duration atMost) {
        final long before = done(Kind.WRITE);
        await().atMost(atMost).pollInterval(Duration.ofMillis(50)).until(() -> done(Kind.WRITE) >= before + more);
    }

    /** Ends the clients, asks every one of {@code healthy} for every register, and judges. */
    Verdict judge(final int... healthy) throws Exception {
        isStopped = true;
        for (final Future<?> client : clients) {
            client.get(30, TimeUnit.SECONDS);
        }
        threads.shutdown();
        for (final int node : healthy) {
            for (int key = 0; key < KEYS; key++) {
                lastRead(node, key(key));
            }
        }
        assertThat(registers.wrongAnswers()).as("answers that no node may give").isEmpty();
        final Verdict verdict = LinearizabilityChecker.check(history.operations());
        System.out.printf(
                "history %s seed=%d: %d operations, %d unknown (%d more cleared), %d refused, "
                        + "%d compared and set, %d in vain: %s%n",
                name,
                seed,
                history.operations().size(),
                history.count(Outcome.UNKNOWN),
                cleared.get(),
                history.count(Outcome.REFUSED),
                done(Kind.COMPARE_AND_SET),
                count(Kind.COMPARE_AND_SET, Outcome.CONFLICT),
                verdict.kind());
        return verdict;
    }

    /** As {@link #judge}; a history that is refused is kept. */
    void assertLinearizable(final int... healthy) throws Exception {
        final Verdict verdict = judge(healthy);
        if (!verdict.isLinearizable()) {
            final Path file = ARCHIVE.resolve(name + "-" + seed + ".tsv");
            history.write(file);
            assertThat(verdict.kind())
                    .as("seed %d, archived in %s:%n%s", seed, file, verdict.text())
                    .isEqualTo(Verdict.Kind.LINEARIZABLE);
        }
    }

    private void lastRead(final int node, final String key) {
        final Client client = new Client(new Random(seed));
        await().atMost(SETTLE).until(() -> client.read(node, key) == Outcome.OK);
    }

    private String key(final int number) {
        return "history-" + run + "-" + number;
    }

    History history() {
        return history;
    }

    @Override
    public void close() throws InterruptedException {
        isStopped = true;
        threads.shutdown();
        threads.awaitTermination(30, TimeUnit.SECONDS);
    }

    /** Asks one thing at a time; stays at a node as long as it answers. */
    private final class Client {
        private final Random random;
        private final Map<String, Told> seen = new HashMap<>();
        private int id = clientIds.incrementAndGet();
        private int values;
        private int marks;
        private int node;

        Client(final Random random) {
            this.random = random;
            moveOn();
        }

        void work() throws InterruptedException {
            while (!isStopped) {
                final Outcome outcome = step(key(random.nextInt(KEYS)));
                if (outcome == Outcome.UNKNOWN) {
                    id = clientIds.incrementAndGet();
                }
                if (outcome == Outcome.UNKNOWN || outcome == Outcome.REFUSED || random.nextInt(20) == 0) {
                    moveOn();
                }
                TimeUnit.MILLISECONDS.sleep(random.nextInt(PAUSE_MILLIS_MAX));
            }
        }

        private void moveOn() {
            node = nodes[random.nextInt(nodes.length)];
        }

        private Outcome step(final String key) throws InterruptedException {
            final int dice = random.nextInt(20);
            final Told known = seen.get(key);
            if (dice < 4) {
                return write(key);
            } else if (dice < 9 && known != null) {
                return compareAndSet(key, known);
            } else if (dice == 9 && known != null && known.revision() > 0) {
                final long called = System.nanoTime();
                final Told told = surely((at, mark) -> registers.compareAndDelete(at, key, known.revision(), mark));
                return record(Kind.COMPARE_AND_SET, key, Operation.ABSENT, known.observed(), called, told);
            } else if (dice == 10) {
                final long called = System.nanoTime();
                final Told told = surely((at, mark) -> registers.delete(at, key, mark));
                return record(Kind.DELETE, key, "", "", called, told);
            }
            return read(node, key);
        }

        private Outcome write(final String key) throws InterruptedException {
            final String value = nextValue();
            final long called = System.nanoTime();
            final Told told = surely((at, mark) -> registers.write(at, key, value, mark));
            return record(Kind.WRITE, key, value, "", called, told);
        }

        private Outcome compareAndSet(final String key, final Told known) throws InterruptedException {
            final String value = nextValue();
            final long called = System.nanoTime();
            final Told told = surely((at, mark) -> registers.compareAndSet(at, key, known.revision(), value, mark));
            return record(Kind.COMPARE_AND_SET, key, value, known.observed(), called, told);
        }

        /**
         * Asks for a change. Half of them have a mark, and are sent again under it, elsewhere, while nobody knows what
         * came of them: they happen once at most, and who is told in the end knows.
         */
        private Told surely(final Change change) throws InterruptedException {
            final String mark = random.nextBoolean() ? "history-" + run + "-" + id + "-" + ++marks : "";
            final Told first = change.ask(node, mark);
            for (int i = 0; i < RETRIES && !mark.isEmpty() && first.outcome() == Outcome.UNKNOWN; i++) {
                moveOn();
                final Told next = change.ask(node, mark);
                // That another try did nothing says nothing of those before it.
                if (next.outcome() == Outcome.OK || next.outcome() == Outcome.CONFLICT) {
                    cleared.incrementAndGet();
                    return next;
                }
            }
            return first;
        }

        private String nextValue() {
            return "v" + id + "-" + ++values;
        }

        Outcome read(final int at, final String key) throws InterruptedException {
            final long called = System.nanoTime();
            final Told told = random.nextInt(4) == 0 ? registers.readList(at, key) : registers.read(at, key);
            return record(Kind.READ, key, "", "", called, told);
        }

        private Outcome record(
                final Kind kind,
                final String key,
                final String value,
                final String expected,
                final long called,
                final Told told) {
            final long returned = told.outcome() == Outcome.UNKNOWN ? Operation.NEVER : System.nanoTime();
            final String observed = kind == Kind.READ ? told.observed() : "";
            history.add(new Operation(id, key, kind, value, expected, told.outcome(), observed, called, returned));
            // What is compared with next: the revision that a read, or this client's own change, was told.
            if (told.outcome() == Outcome.OK && told.revision() != Registers.NOT_TOLD) {
                seen.put(key, told);
            }
            return told.outcome();
        }
    }
}
