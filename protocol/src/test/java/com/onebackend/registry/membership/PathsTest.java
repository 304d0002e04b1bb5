package com.onebackend.registry.membership;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

final class PathsTest {
    private static final Paths.Answers SMALL_ONLY = new Paths.Answers(true, false, false, true, false);
    private static final Paths.Answers LARGE_TOO = new Paths.Answers(true, false, false, true, true);
    private static final Paths.Answers STREAM_ONLY = new Paths.Answers(false, false, true, false, false);
    private static final Paths.Answers DATAGRAM = new Paths.Answers(true, false, false, false, false);
    private static final Paths.Answers THROUGH_A_HELPER = new Paths.Answers(false, true, true, false, false);

    private final Paths paths = new Paths();

    @Test
    void everyThirtySecondProbeIsPaddedAndAfterAMissEachUntilItIsClear() {
        for (int i = 1; i <= 96; i++) {
            assertThat(paths.wantsPadding("a")).as("probe %d", i).isEqualTo(i % 32 == 0);
        }
        paths.ended("a", SMALL_ONLY);
        assertThat(paths.wantsPadding("b")).isTrue();
        paths.ended("b", LARGE_TOO);
        assertThat(paths.wantsPadding("b")).isFalse();
        assertThat(paths.wantsPadding("a")).as("its own miss is not explained").isTrue();
        paths.ended("a", LARGE_TOO);
        assertThat(paths.wantsPadding("a")).isFalse();
    }

    @Test
    void eightMissesInARowOfWhomeverMeanThatLargeDatagramsReachNobody() {
        for (int i = 0; i < 7; i++) {
            paths.ended("m" + i, SMALL_ONLY);
            assertThat(paths.isMtuDegraded()).isFalse();
        }
        paths.ended("m7", SMALL_ONLY);
        assertThat(paths.isMtuDegraded()).isTrue();
        assertThat(paths.isMtuDegraded("stranger")).isTrue();
        assertThat(paths.mtuDegradedMembers()).isZero();
        paths.ended("m0", LARGE_TOO);
        paths.ended("m1", SMALL_ONLY);
        paths.ended("m2", LARGE_TOO);
        assertThat(paths.isMtuDegraded()).isTrue();
        paths.ended("m3", LARGE_TOO);
        assertThat(paths.isMtuDegraded()).isFalse();
    }

    @Test
    void eightMissesOfOneMemberConcernThatOneOnly() {
        for (int i = 0; i < 8; i++) {
            assertThat(paths.isMtuDegraded("a")).isFalse();
            paths.ended("a", SMALL_ONLY);
            paths.ended("b", LARGE_TOO);
        }
        assertThat(paths.isMtuDegraded("a")).isTrue();
        assertThat(paths.isMtuDegraded("b")).isFalse();
        assertThat(paths.isMtuDegraded()).isFalse();
        assertThat(paths.mtuDegradedMembers()).isEqualTo(1);
        paths.lost("a");
        assertThat(paths.mtuDegradedMembers()).isZero();
        assertThat(paths.isMtuDegraded("a")).isFalse();
    }

    /** Ten minutes of probes at each of many nodes, a fifth of all datagrams lost on each way. */
    @Test
    void plainLossIsRarelyTakenForAPathThatSwallowsLargeDatagrams() {
        for (final int others : new int[] {2, 4, 29}) {
            final SplittableRandom random = new SplittableRandom(others);
            int alarmed = 0;
            for (int node = 0; node < 300; node++) {
                alarmed += isAlarmedByLoss(others, random) ? 1 : 0;
            }
            assertThat(alarmed).as("of 300 nodes with %d others", others).isLessThanOrEqualTo(9);
        }
    }

    private static boolean isAlarmedByLoss(final int others, final SplittableRandom random) {
        final Paths paths = new Paths();
        boolean isAlarmed = false;
        for (int probe = 0; probe < 1_200; probe++) {
            final String member = "m" + probe % others;
            final boolean wasPadded = paths.wantsPadding(member);
            final boolean isDirect = random.nextDouble() < 0.8 * 0.8;
            final boolean isPadded = wasPadded && random.nextDouble() < 0.8 * 0.8;
            paths.ended(member, new Paths.Answers(isDirect, !isDirect, false, wasPadded, isPadded));
            isAlarmed |= paths.isMtuDegraded() || paths.mtuDegradedMembers() > 0;
        }
        return isAlarmed;
    }

    @Test
    void probeThatWasNotPaddedSaysNothingOfLargeDatagrams() {
        for (int i = 0; i < 10; i++) {
            paths.ended("a", DATAGRAM);
        }
        assertThat(paths.isMtuDegraded("a")).isFalse();
    }

    @Test
    void answersByStreamOnlyMarkTheMemberThenAll() {
        for (int i = 0; i < 3; i++) {
            assertThat(paths.isUdpDegraded("a")).isFalse();
            paths.ended("a", STREAM_ONLY);
        }
        assertThat(paths.isUdpDegraded("a")).isTrue();
        assertThat(paths.isUdpDegraded("b")).isFalse();
        assertThat(paths.udpDegradedMembers()).isEqualTo(1);
        paths.ended("b", STREAM_ONLY);
        paths.ended("c", STREAM_ONLY);
        assertThat(paths.isUdpDegraded()).isTrue();
        paths.ended("a", DATAGRAM);
        assertThat(paths.udpDegradedMembers()).isZero();
        paths.ended("b", DATAGRAM);
        assertThat(paths.isUdpDegraded()).isFalse();
    }

    @Test
    void datagramsThroughAHelperAreNeitherAMissNorASuccess() {
        for (int i = 0; i < 10; i++) {
            paths.ended("a", THROUGH_A_HELPER);
        }
        assertThat(paths.isUdpDegraded("a")).isFalse();
        assertThat(paths.udpDegradedMembers()).isZero();
    }
}
