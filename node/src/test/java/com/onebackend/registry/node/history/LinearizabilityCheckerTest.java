package com.onebackend.registry.node.history;

import static com.onebackend.registry.node.history.Operation.NEVER;
import static com.onebackend.registry.node.history.Operation.compareAndSet;
import static com.onebackend.registry.node.history.Operation.delete;
import static com.onebackend.registry.node.history.Operation.read;
import static com.onebackend.registry.node.history.Operation.write;
import static org.assertj.core.api.Assertions.assertThat;

import com.onebackend.registry.node.history.Operation.Kind;
import com.onebackend.registry.node.history.Operation.Outcome;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Time is in milliseconds from nowhere. */
class LinearizabilityCheckerTest {
    private static final int SEEDS = 400;

    @Test
    void anEmptyHistoryIsLinearizable() {
        accepts();
    }

    @Test
    void whatIsWrittenIsReadAndWhatIsDeletedIsNot() {
        accepts(
                read(1, "r", "", 0, 1),
                write(1, "r", "a", 2, 3),
                read(2, "r", "a", 4, 5),
                delete(1, "r", 6, 7),
                read(2, "r", "", 8, 9),
                delete(1, "r", 10, 11).answered(Outcome.CONFLICT, "", 11));
    }

    @Test
    void readsDuringAWriteMaySeeEitherValue() {
        accepts(write(1, "r", "a", 0, 100), read(2, "r", "", 10, 20), read(2, "r", "a", 30, 40));
    }

    @Test
    void aValueThatWasSeenDoesNotGoBack() {
        refuses(write(1, "r", "a", 0, 100), read(2, "r", "a", 10, 20), read(3, "r", "", 30, 40));
    }

    @Test
    void aStaleReadIsCaught() {
        final Verdict verdict = refuses(
                write(1, "r", "a", 0, 1),
                read(2, "r", "a", 2, 3),
                write(1, "r", "b", 4, 5),
                read(2, "r", "b", 6, 7),
                read(3, "r", "a", 8, 9));
        assertThat(verdict.text())
                .contains("register r")
                .contains("leaves the register with b")
                .contains("read: saw a");
    }

    @Test
    void aLostUpdateIsCaught() {
        refuses(write(1, "r", "a", 0, 1), write(2, "r", "b", 2, 3), read(3, "r", "a", 4, 5));
    }

    @Test
    void aCompareAndSetThatSucceededTwiceIsCaught() {
        refuses(
                write(1, "r", "a", 0, 1),
                compareAndSet(2, "r", "a", "b", 2, 10),
                compareAndSet(3, "r", "a", "c", 2, 10));
    }

    @Test
    void ofTwoWhoCompareTheSameOneSucceeds() {
        accepts(
                write(1, "r", "a", 0, 1),
                compareAndSet(2, "r", "a", "b", 2, 10),
                compareAndSet(3, "r", "a", "c", 2, 10).answered(Outcome.CONFLICT, "", 10),
                read(1, "r", "b", 11, 12));
    }

    @Test
    void aConflictWithoutACauseIsCaught() {
        refuses(write(1, "r", "a", 0, 1), compareAndSet(3, "r", "a", "c", 2, 10).answered(Outcome.CONFLICT, "", 10));
    }

    @Test
    void aDeletionThatComparesLeavesNothingOrEverything() {
        accepts(write(1, "r", "a", 0, 1), compareAndSet(2, "r", "a", "", 2, 3), read(3, "r", "", 4, 5));
        accepts(
                write(1, "r", "b", 0, 1),
                compareAndSet(2, "r", "a", "", 2, 3).answered(Outcome.CONFLICT, "", 3),
                read(3, "r", "b", 4, 5));
        refuses(write(1, "r", "a", 0, 1), compareAndSet(2, "r", "a", "", 2, 3), read(3, "r", "a", 4, 5));
        refuses(write(1, "r", "b", 0, 1), compareAndSet(2, "r", "a", "", 2, 3), read(3, "r", "", 4, 5));
    }

    @Test
    void nothingCanBeDeletedTwice() {
        refuses(write(1, "r", "a", 0, 1), delete(1, "r", 2, 9), delete(2, "r", 2, 9));
    }

    @Test
    void aValueThatNobodyWroteIsCaught() {
        assertThat(refuses(write(1, "r", "a", 0, 1), read(2, "r", "b", 2, 3)).text())
                .contains("Nobody had written b");
    }

    @Test
    void aReadOfAFutureWriteIsCaught() {
        refuses(read(2, "r", "a", 0, 1), write(1, "r", "a", 2, 3));
    }

    @Test
    void anUnknownWriteMayBeSeenLater() {
        accepts(
                write(1, "r", "a", 0, 1),
                write(2, "r", "b", 2, NEVER),
                read(3, "r", "a", 100, 101),
                read(3, "r", "b", 200, 201),
                read(3, "r", "b", 300, 301));
    }

    @Test
    void anUnknownWriteMayNeverBeSeen() {
        accepts(write(1, "r", "a", 0, 1), write(2, "r", "b", 2, NEVER), read(3, "r", "a", 100, 101));
    }

    @Test
    void anUnknownWriteHappensOnceOnly() {
        refuses(
                write(2, "r", "b", 2, NEVER),
                read(3, "r", "b", 10, 11),
                write(1, "r", "a", 12, 13),
                read(3, "r", "a", 14, 15),
                read(3, "r", "b", 16, 17));
    }

    @Test
    void anUnknownWriteIsNotSeenBeforeItsCall() {
        refuses(read(3, "r", "b", 0, 1), write(2, "r", "b", 2, NEVER));
    }

    @Test
    void anUnknownDeletionExplainsAnAbsenceOnce() {
        accepts(write(1, "r", "a", 0, 1), delete(2, "r", 2, NEVER), read(3, "r", "", 10, 11));
        refuses(
                write(1, "r", "a", 0, 1),
                delete(2, "r", 2, NEVER),
                read(3, "r", "", 10, 11),
                write(1, "r", "b", 12, 13),
                read(3, "r", "", 14, 15));
    }

    @Test
    void whatWasRefusedDidNotHappen() {
        final Operation refused = write(2, "r", "b", 2, 3).answered(Outcome.REFUSED, "", 3);
        accepts(write(1, "r", "a", 0, 1), refused, read(3, "r", "a", 4, 5));
        refuses(write(1, "r", "a", 0, 1), refused, read(3, "r", "b", 4, 5));
    }

    @Test
    void registersAreJudgedEachByItself() {
        final Verdict verdict = refuses(
                write(1, "good", "a", 0, 1),
                write(1, "stale", "b", 2, 3),
                read(2, "good", "a", 4, 5),
                read(2, "stale", "", 6, 7));
        assertThat(verdict.key()).isEqualTo("stale");
    }

    @Test
    void historiesOfCorrectRegistersAreAccepted() {
        for (long seed = 1; seed <= SEEDS; seed++) {
            final List<Operation> history = new SimulatedRegisters(seed, 0.05).run(6, 3, 40);
            assertThat(LinearizabilityChecker.check(history)).as("seed " + seed).isEqualTo(Verdict.LINEARIZABLE);
        }
    }

    @Test
    void oneStaleAnswerAmongHundredsIsCaught() {
        int mutated = 0;
        for (long seed = 1; seed <= SEEDS; seed++) {
            final List<Operation> history = new SimulatedRegisters(seed, 0.05).run(6, 3, 40);
            final List<Operation> stale = withStaleRead(history, new Random(seed));
            if (stale != null) {
                mutated++;
                assertThat(LinearizabilityChecker.check(stale).kind())
                        .as("seed " + seed)
                        .isEqualTo(Verdict.Kind.NOT_LINEARIZABLE);
            }
        }
        assertThat(mutated).isGreaterThan(SEEDS / 2);
    }

    /** A read that answers with a value that was overwritten for good before it was asked; null when there is none. */
    private static List<Operation> withStaleRead(final List<Operation> history, final Random random) {
        final int start = random.nextInt(history.size());
        for (int n = 0; n < history.size(); n++) {
            final Operation read = history.get((start + n) % history.size());
            if (read.kind() != Kind.READ || read.outcome() != Outcome.OK) {
                continue;
            }
            for (final Operation later : writesBefore(history, read.key(), read.calledNanos())) {
                for (final Operation earlier : writesBefore(history, read.key(), later.calledNanos())) {
                    final List<Operation> copy = new ArrayList<>(history);
                    copy.set(history.indexOf(read), read.answered(Outcome.OK, earlier.value(), read.returnedNanos()));
                    return copy;
                }
            }
        }
        return null;
    }

    private static List<Operation> writesBefore(final List<Operation> history, final String key, final long nanos) {
        return history.stream()
                .filter(operation -> operation.kind() == Kind.WRITE && operation.outcome() == Outcome.OK)
                .filter(operation -> operation.key().equals(key) && operation.returnedNanos() < nanos)
                .toList();
    }

    @Test
    void itAgreesWithTryingEveryOrder() {
        int refused = 0;
        for (long seed = 1; seed <= 20 * SEEDS; seed++) {
            final Random random = new Random(seed);
            final List<Operation> history = new ArrayList<>();
            for (final Operation operation : new SimulatedRegisters(seed, 0.2).run(3, 1, 2)) {
                history.add(random.nextInt(6) == 0 ? distorted(operation, random) : operation);
            }
            final boolean expected = BruteForce.isLinearizable(history);
            refused += expected ? 0 : 1;
            assertThat(LinearizabilityChecker.check(history).isLinearizable())
                    .as("seed " + seed + ": " + history)
                    .isEqualTo(expected);
        }
        assertThat(refused).isBetween(2 * SEEDS, 18 * SEEDS);
    }

    private static Operation distorted(final Operation operation, final Random random) {
        if (operation.outcome() == Outcome.UNKNOWN || operation.kind() == Kind.WRITE) {
            return operation;
        }
        final Outcome other = operation.outcome() == Outcome.OK ? Outcome.CONFLICT : Outcome.OK;
        return operation.kind() == Kind.READ
                ? operation.answered(Outcome.OK, random.nextBoolean() ? "" : "v0", operation.returnedNanos())
                : operation.answered(other, "", operation.returnedNanos());
    }

    @Test
    @Timeout(value = 60, unit = TimeUnit.SECONDS)
    void tenClientsWithTwoThousandOperationsEachOnOneRegisterAreJudgedInSeconds() {
        final List<Operation> history = new SimulatedRegisters(7, 0.0005).run(10, 1, 2_000);
        assertThat(history).hasSize(20_000);
        assertThat(LinearizabilityChecker.check(history)).isEqualTo(Verdict.LINEARIZABLE);
        final List<Operation> stale = withStaleRead(history, new Random(7));
        final Verdict verdict = LinearizabilityChecker.check(stale);
        assertThat(verdict.kind()).isEqualTo(Verdict.Kind.NOT_LINEARIZABLE);
        // However long the history, a person can read why.
        assertThat(verdict.text().lines().count()).isBetween(4L, 40L);
    }

    @Test
    @Timeout(value = 60, unit = TimeUnit.SECONDS)
    void whatCannotBeDecidedWithinTheMemoryAllowedIsSaidToBeUndecided() {
        final List<Operation> history = new ArrayList<>(LongStream.range(0, 40)
                .mapToObj(i -> write((int) i, "r", "v" + i, i, NEVER))
                .toList());
        IntStream.range(0, 20).forEach(i -> history.add(delete(100 + i, "r", 100 + 10 * i, 101 + 10 * i)));
        // Forty writes that may have happened leave more than a million ways to get there, and none to this.
        history.add(read(200, "r", "nobody wrote this", 1_000, 1_001));
        assertThat(LinearizabilityChecker.check(history).kind()).isEqualTo(Verdict.Kind.UNDECIDED);
    }

    @Test
    void anArchivedHistoryIsReadAsItWas(@TempDir final Path folder) throws Exception {
        final History history = new History();
        new SimulatedRegisters(3, 0.1).run(4, 2, 30).forEach(history::add);
        final Path file = folder.resolve("deeper").resolve("history.tsv");
        history.write(file);
        assertThat(History.read(file).operations()).containsExactlyElementsOf(history.operations());
        assertThat(history.count(Outcome.UNKNOWN)).isPositive();
    }

    private static void accepts(final Operation... history) {
        assertThat(LinearizabilityChecker.check(List.of(history))).isEqualTo(Verdict.LINEARIZABLE);
        assertThat(BruteForce.isLinearizable(List.of(history))).isTrue();
    }

    private static Verdict refuses(final Operation... history) {
        final Verdict verdict = LinearizabilityChecker.check(List.of(history));
        assertThat(verdict.kind()).as(verdict.text()).isEqualTo(Verdict.Kind.NOT_LINEARIZABLE);
        return verdict;
    }
}
