package com.onebackend.registry.gossip;

import static org.assertj.core.api.Assertions.assertThat;

import com.onebackend.registry.gossip.Ownership.Standing;
import com.onebackend.registry.model.Endpoint;
import com.onebackend.registry.model.Generation;
import com.onebackend.registry.model.Incarnation;
import com.onebackend.registry.model.Member;
import com.onebackend.registry.model.MemberId;
import com.onebackend.registry.model.MemberState;
import com.onebackend.registry.model.Origin;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class OwnershipTest {
    private static final long SECOND = 1_000_000_000L;
    private static final Origin PEER = new Origin(2);

    private final Ownership ownership = new Ownership(member("n1", 1, MemberState.ALIVE), HeartbeatConfig.DEFAULT);

    @Test
    void keepersShareTheWorkEvenlyAndOnlyTheLostShareMoves() {
        final List<Origin> alive = new ArrayList<>();
        for (int i = 1; i <= 10; i++) {
            alive.add(new Origin(i * 7_919L));
        }
        final Origin lost = alive.get(3);
        final List<Origin> rest =
                alive.stream().filter(origin -> !origin.equals(lost)).toList();
        final int[] share = new int[10];
        for (int i = 0; i < 20_000; i++) {
            final Origin keeper = Ownership.keeper("inst_" + i, alive);
            share[alive.indexOf(keeper)]++;
            if (!keeper.equals(lost)) {
                assertThat(Ownership.keeper("inst_" + i, rest)).isEqualTo(keeper);
            }
        }
        for (final int instances : share) {
            assertThat(instances).isBetween(1_800, 2_200);
        }
    }

    @Test
    void keeperDoesNotDependOnTheOrderOfTheMembers() {
        final List<Origin> one = List.of(new Origin(1), new Origin(2), new Origin(3));
        final List<Origin> other = List.of(new Origin(3), new Origin(1), new Origin(2));
        for (int i = 0; i < 1_000; i++) {
            assertThat(Ownership.keeper("i" + i, one)).isEqualTo(Ownership.keeper("i" + i, other));
        }
        assertThat(Ownership.keeper("i", List.of())).isNull();
    }

    @Test
    void standingFollowsTheMember() {
        assertThat(ownership.standing(new Origin(1), 0)).isEqualTo(Standing.SELF);
        become(MemberState.ALIVE);
        assertThat(ownership.standing(PEER, 0)).isEqualTo(Standing.ALIVE);
        become(MemberState.SUSPECT);
        assertThat(ownership.standing(PEER, 0)).isEqualTo(Standing.SUSPECT);
        become(MemberState.DEAD);
        assertThat(ownership.standing(PEER, 0)).isEqualTo(Standing.GONE);
        become(MemberState.LEFT);
        assertThat(ownership.standing(PEER, 0)).isEqualTo(Standing.GONE);
        become(MemberState.ALIVE);
        assertThat(ownership.standing(PEER, 0)).isEqualTo(Standing.ALIVE);
    }

    @Test
    void originThatNobodyHasIsWaitedForAndThenGone() {
        assertThat(ownership.standing(PEER, 0)).isEqualTo(Standing.SUSPECT);
        ownership.look(Set.of(PEER), SECOND);
        assertThat(ownership.standing(PEER, 10 * SECOND)).isEqualTo(Standing.SUSPECT);
        assertThat(ownership.standing(PEER, 11 * SECOND)).isEqualTo(Standing.GONE);
    }

    @Test
    void originOfAWipedFolderIsGoneAtOnce() {
        become(MemberState.ALIVE);
        ownership.memberChanged(member("n2", 2, MemberState.ALIVE), member("n2", 22, MemberState.ALIVE));
        assertThat(ownership.standing(PEER, 0)).isEqualTo(Standing.GONE);
        assertThat(ownership.standing(new Origin(22), 0)).isEqualTo(Standing.ALIVE);
    }

    @Test
    void removedMemberIsGoneAtOnceAndForgottenWithItsLog() {
        become(MemberState.ALIVE);
        become(MemberState.REMOVED);
        assertThat(ownership.standing(PEER, 0)).isEqualTo(Standing.GONE);
        assertThat(ownership.endpoint(PEER)).isNull();
        ownership.look(Set.of(), SECOND);
        assertThat(ownership.standing(PEER, SECOND)).as("as one never met").isEqualTo(Standing.SUSPECT);
        become(MemberState.ALIVE);
        assertThat(ownership.standing(PEER, SECOND)).isEqualTo(Standing.ALIVE);
    }

    @Test
    void majorityIsOfTheCatalogsNodesWithTheirPresentFolders() {
        assertThat(ownership.isMajorityReachable()).isFalse();
        ownership.catalogMembers(Map.of("n1", new Origin(1), "n2", PEER, "n3", new Origin(3)));
        assertThat(ownership.isMajorityReachable()).isFalse();
        become(MemberState.ALIVE);
        assertThat(ownership.isMajorityReachable()).isTrue();
        become(MemberState.SUSPECT);
        assertThat(ownership.isMajorityReachable()).isTrue();
        become(MemberState.DEAD);
        assertThat(ownership.isMajorityReachable()).isFalse();
        // Half is not enough.
        ownership.catalogMembers(Map.of("n1", new Origin(1), "n2", PEER));
        assertThat(ownership.isMajorityReachable()).isFalse();
    }

    @Test
    void awayIsCountedFromTheFirstLookAndEndsWithTheReturn() {
        become(MemberState.DEAD);
        ownership.look(Set.of(PEER), 5 * SECOND);
        ownership.look(Set.of(PEER), 6 * SECOND);
        assertThat(ownership.awayFor(30 * SECOND, 34 * SECOND)).isEmpty();
        assertThat(ownership.awayFor(30 * SECOND, 35 * SECOND)).containsExactly(PEER);
        become(MemberState.ALIVE);
        assertThat(ownership.isAway(PEER)).isFalse();
        ownership.look(Set.of(PEER), 36 * SECOND);
        assertThat(ownership.awayFor(0, 100 * SECOND)).isEmpty();
    }

    private void become(final MemberState state) {
        ownership.memberChanged(null, member("n2", 2, state));
    }

    private static Member member(final String nodeId, final long origin, final MemberState state) {
        final MemberId id = new MemberId(nodeId, new Origin(origin), new Generation(1));
        return new Member(id, Incarnation.FIRST, state, new Endpoint("10.0.0." + origin, 7_001), "http://" + nodeId);
    }
}
