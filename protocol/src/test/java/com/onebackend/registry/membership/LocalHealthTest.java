package com.onebackend.registry.membership;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class LocalHealthTest {
    private final LocalHealth health = new LocalHealth();

    @Test
    void eachAnswerImprovesAndEachFailureWorsensByOneWithinLimits() {
        health.improve();
        assertThat(health.score()).isZero();
        health.worsen(20);
        assertThat(health.score()).isEqualTo(LocalHealth.SCORE_MAX);
        health.improve();
        assertThat(health.score()).isEqualTo(LocalHealth.SCORE_MAX - 1);
    }

    @Test
    void doubtOfAPauseIsOverAfterFourAnswers() {
        health.doubt();
        assertThat(health.score()).isEqualTo(LocalHealth.SCORE_MAX);
        for (final int expected : new int[] {4, 2, 1, 0}) {
            health.improve();
            assertThat(health.score()).isEqualTo(expected);
        }
        health.worsen();
        health.worsen();
        health.improve();
        assertThat(health.score()).isOne();
    }

    @Test
    void failureAfterAPauseEndsTheFastRecovery() {
        health.doubt();
        health.improve();
        health.worsen();
        health.improve();
        assertThat(health.score()).isEqualTo(4);
    }
}
