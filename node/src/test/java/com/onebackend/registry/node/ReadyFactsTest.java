package com.onebackend.registry.node;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ReadyFactsTest {
    private static final long FOR_EVER = 1_000_000_000;

    @Test
    void emptyNodeThatReachesNobodyIsNeverReady() {
        assertThat(new ReadyFacts(true, true, false, true, true, false, false, FOR_EVER).isReady())
                .isFalse();
    }

    @Test
    void nodeThatComesBackAloneIsReadyAfterAWhileAlsoWithoutAMajority() {
        assertThat(new ReadyFacts(true, false, true, true, true, false, false, 0).isReady())
                .isFalse();
        assertThat(new ReadyFacts(true, false, true, true, true, false, false, ReadyFacts.WITH_DATA_MILLIS).isReady())
                .isTrue();
    }

    @Test
    void enrolledNodeIsReadyAsSoonAsItHasCaughtUpWithEverybody() {
        assertThat(new ReadyFacts(true, true, false, true, false, false, true, 0).isReady())
                .isFalse();
        assertThat(new ReadyFacts(true, true, false, true, false, true, true, 0).isReady())
                .isTrue();
    }

    @Test
    void onePeerThatDoesNotAnswerDoesNotHoldANodeUpForEver() {
        assertThat(new ReadyFacts(true, true, true, true, false, false, true, ReadyFacts.WITH_DATA_MILLIS).isReady())
                .isTrue();
        assertThat(new ReadyFacts(true, true, false, true, false, false, true, ReadyFacts.WITH_DATA_MILLIS).isReady())
                .isFalse();
        assertThat(new ReadyFacts(true, true, false, true, false, false, true, ReadyFacts.EMPTY_MILLIS).isReady())
                .isTrue();
    }

    @Test
    void nodeOfItsOwnIsReadyOnceItIsEnrolled() {
        assertThat(new ReadyFacts(true, false, true, false, true, false, false, 0).isReady())
                .isFalse();
        assertThat(new ReadyFacts(true, true, true, false, true, false, false, 0).isReady())
                .isTrue();
    }

    @Test
    void founderOfAClusterThatReturnsWaitsForTheOthers() {
        // It names no peers, but its catalog knows them.
        assertThat(new ReadyFacts(true, true, true, true, true, false, false, 0).isReady())
                .isFalse();
    }

    @Test
    void nodeThatIsNotReadyNamesWhatItWaitsFor() {
        assertThat(new ReadyFacts(true, true, false, true, false, false, false, 0).awaited())
                .contains("instances");
        assertThat(new ReadyFacts(true, false, true, true, false, true, true, 0).awaited())
                .contains("catalog");
        assertThat(new ReadyFacts(false, true, true, true, false, true, true, 0).awaited())
                .contains("catalog");
    }

    @Test
    void nobodyIsReadyWithoutAccounts() {
        assertThat(new ReadyFacts(false, true, true, true, false, true, true, FOR_EVER).isReady())
                .isFalse();
    }
}
