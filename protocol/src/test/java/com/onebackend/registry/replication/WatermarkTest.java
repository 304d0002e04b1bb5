package com.onebackend.registry.replication;

import static com.onebackend.registry.replication.Entries.A;
import static com.onebackend.registry.replication.Entries.B;
import static com.onebackend.registry.replication.Entries.C;
import static org.assertj.core.api.Assertions.assertThat;

import com.onebackend.registry.model.Origin;
import java.util.Set;
import org.junit.jupiter.api.Test;

class WatermarkTest {
    private static final Origin D = new Origin(0xD);
    private static final long HORIZON = 100;

    private final Watermark watermark = new Watermark(A, HORIZON);

    @Test
    void nothingIsCollectedAsLongAsTheMembersAreUnknown() {
        assertThat(watermark.upTo(9, Set.of(), false, 1_000)).isZero();
        watermark.members(Set.of(B, C), 0);
        assertThat(watermark.upTo(9, Set.of(B, C), false, 1_000))
                .as("this node is not one of them yet")
                .isZero();
    }

    @Test
    void nodeAloneInTheCatalogWaitsForNobody() {
        watermark.members(Set.of(A), 0);
        assertThat(watermark.upTo(9, Set.of(), false, 1)).isEqualTo(9);
    }

    @Test
    void everyMemberHoldsItBackAndNobodyElse() {
        watermark.members(Set.of(A, B, C), 0);
        watermark.acked(B, 7, 1);
        watermark.acked(D, 1, 1);
        assertThat(watermark.upTo(9, Set.of(B, C), false, 2)).isZero();
        watermark.acked(C, 5, 2);
        assertThat(watermark.upTo(9, Set.of(B, C), false, 2)).isEqualTo(5);
        watermark.acked(C, 3, 3);
        assertThat(watermark.upTo(9, Set.of(B, C), false, 3))
                .as("a late datagram takes nothing back")
                .isEqualTo(5);
        watermark.acked(C, 9, 3);
        watermark.acked(B, 12, 3);
        assertThat(watermark.upTo(9, Set.of(), false, 3)).isEqualTo(9);
    }

    @Test
    void removedMemberStopsHoldingBackAtOnce() {
        watermark.members(Set.of(A, B, C), 0);
        watermark.acked(B, 9, 1);
        watermark.forget(C);
        assertThat(watermark.upTo(9, Set.of(B), false, 1)).isEqualTo(9);
    }

    @Test
    void memberThatLostItsDiskAcknowledgesAnew() {
        watermark.members(Set.of(A, B), 0);
        watermark.acked(B, 9, 1);
        watermark.members(Set.of(A, C), 2);
        assertThat(watermark.upTo(9, Set.of(C), false, 3)).isZero();
    }

    @Test
    void memberAwayForTheHorizonIsPassedByAMajorityOnly() {
        watermark.members(Set.of(A, B, C), 0);
        watermark.acked(B, 9, 1);
        assertThat(watermark.upTo(9, Set.of(B), false, HORIZON - 1)).isZero();
        assertThat(watermark.upTo(9, Set.of(), false, HORIZON))
                .as("who has it is out of reach")
                .isZero();
        assertThat(watermark.upTo(9, Set.of(B), false, HORIZON)).isEqualTo(9);
        assertThat(watermark.behind()).isOne();
        watermark.members(Set.of(A, B, C, D), HORIZON);
        assertThat(watermark.upTo(9, Set.of(B), false, HORIZON))
                .as("two of four are no majority")
                .isZero();
    }

    @Test
    void memberThatIsThereButGetsNowhereIsPassedLikeOneThatIsAway() {
        watermark.members(Set.of(A, B, C), 0);
        watermark.acked(B, 9, 1);
        watermark.upTo(9, Set.of(B, C), false, 1);
        watermark.acked(C, 4, 50);
        watermark.acked(C, 4, 149);
        assertThat(watermark.upTo(9, Set.of(B, C), false, 149)).isEqualTo(4);
        assertThat(watermark.upTo(9, Set.of(B, C), false, 150)).isEqualTo(9);
    }

    @Test
    void tooManyTombstonesWaitOnlyForWhoCanBeReached() {
        watermark.members(Set.of(A, B, C), 0);
        watermark.acked(B, 9, 1);
        assertThat(watermark.upTo(9, Set.of(B, C), true, 2)).isZero();
        assertThat(watermark.upTo(9, Set.of(B), true, 2)).isEqualTo(9);
    }

    @Test
    void memberThatIsBackIsNotPassedBeforeItCouldGetOn() {
        watermark.members(Set.of(A, B, C), 0);
        watermark.reachable(Set.of(B), 1);
        watermark.acked(B, 9, 2);
        watermark.reachable(Set.of(B, C), HORIZON);
        assertThat(watermark.upTo(9, Set.of(B, C), false, HORIZON)).isZero();
        watermark.reachable(Set.of(B, C), 2 * HORIZON - 1);
        assertThat(watermark.upTo(9, Set.of(B, C), false, 2 * HORIZON - 1)).isZero();
        assertThat(watermark.upTo(9, Set.of(B, C), false, 2 * HORIZON)).isEqualTo(9);
    }
}
