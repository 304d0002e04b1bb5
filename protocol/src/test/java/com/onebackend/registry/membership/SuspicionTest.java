package com.onebackend.registry.membership;

import static com.onebackend.registry.membership.TinyNetwork.MILLI;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class SuspicionTest {
    private static final MembershipConfig CONFIG = MembershipConfig.LAN;

    /** Half a second, one in a big cluster, times 4 times max(1, log10 N); by hand. */
    @ParameterizedTest
    @CsvSource({"1, 2000", "2, 2000", "3, 2000", "10, 2000", "30, 2954", "100, 4000", "300, 4954", "1000, 12000"})
    void shortestTimeGrowsWithTheLogarithmOfTheCluster(final int clusterSize, final long millis) {
        assertThat(Suspicion.minNanos(CONFIG, clusterSize)).isCloseTo(millis * MILLI, within(MILLI));
    }

    @ParameterizedTest
    @CsvSource({"1, 0", "2, 0", "3, 0", "4, 2", "5, 2", "1000, 2"})
    void tinyClustersWaitForNoConfirmation(final int clusterSize, final int wanted) {
        assertThat(Suspicion.confirmationsWanted(CONFIG, clusterSize)).isEqualTo(wanted);
    }

    /** The published shape for two wanted: six times, 2.85 times, once the minimum. */
    @ParameterizedTest
    @CsvSource({"0, 12000", "1, 5691", "2, 2000", "3, 2000"})
    void timeShrinksWithEachConfirmation(final int confirmations, final long millis) {
        assertThat(Suspicion.timeoutNanos(confirmations, 2, 2_000 * MILLI, 12_000 * MILLI))
                .isCloseTo(millis * MILLI, within(MILLI));
    }

    @Test
    void noConfirmationWantedMeansTheMinimumAtOnce() {
        assertThat(Suspicion.timeoutNanos(0, 0, 2_000, 12_000)).isEqualTo(2_000);
        assertThat(Suspicion.begin(CONFIG, 3, 100).deadlineNanos()).isEqualTo(100 + 2_000 * MILLI);
    }

    @Test
    void firstAccuserIsNoConfirmationAndNobodyCountsTwice() {
        final Suspicion suspicion = Suspicion.begin(CONFIG, 5, 0);
        assertThat(suspicion.deadlineNanos()).isEqualTo(12_000 * MILLI);
        assertThat(suspicion.accuse("a")).isTrue();
        assertThat(suspicion.deadlineNanos()).isEqualTo(12_000 * MILLI);
        assertThat(suspicion.accuse("a")).isFalse();
        assertThat(suspicion.accuse("b")).isTrue();
        assertThat(suspicion.deadlineNanos()).isCloseTo(5_691 * MILLI, within(MILLI));
        assertThat(suspicion.accuse("c")).isTrue();
        assertThat(suspicion.deadlineNanos()).isEqualTo(2_000 * MILLI);
        assertThat(suspicion.accuse("d")).isFalse();
        assertThat(suspicion.accusers()).containsExactly("a", "b", "c");
    }

    @Test
    void afterAPauseOfThisNodeSuspicionsBeginAnewWithoutAccusers() {
        final Suspicions suspicions = new Suspicions(CONFIG);
        suspicions.begin("a", 5, 0);
        for (final String accuser : List.of("b", "c", "d")) {
            suspicions.accuse("a", accuser);
        }
        suspicions.restart(1_000 * MILLI);
        assertThat(suspicions.accusers("a")).isEmpty();
        assertThat(suspicions.expired(12_999 * MILLI)).isEmpty();
        assertThat(suspicions.expired(13_000 * MILLI)).containsExactly("a");
    }

    @Test
    void afterALateTickNoSuspicionRunsOutBeforeTheGivenTimeAndNoneIsForgotten() {
        final Suspicions suspicions = new Suspicions(CONFIG);
        suspicions.begin("a", 3, 0);
        suspicions.hold(5_000 * MILLI);
        assertThat(suspicions.expired(4_999 * MILLI)).isEmpty();
        assertThat(suspicions.expired(5_000 * MILLI)).containsExactly("a");
    }

    @Test
    void bigClusterHasTheDoubleIntervalAndSoTheDoubleTime() {
        assertThat(Suspicion.minNanos(CONFIG, 500)).isCloseTo(5_398 * MILLI, within(MILLI));
        assertThat(Suspicion.minNanos(CONFIG, 501)).isCloseTo(10_799 * MILLI, within(MILLI));
        assertThat(Suspicion.minNanos(CONFIG, 1_000)).isEqualTo(12_000 * MILLI);
    }
}
