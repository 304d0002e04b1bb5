package com.onebackend.registry.node.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import com.onebackend.registry.node.catalog.AutopilotPlan.Kind;
import com.onebackend.registry.node.catalog.AutopilotView.Node;
import com.onebackend.registry.node.catalog.AutopilotView.Voter;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AutopilotTest {
    private static final long NOW = TimeUnit.HOURS.toNanos(1);
    private static final long LONG_AGO = NOW - TimeUnit.MINUTES.toNanos(30);

    private final List<Voter> voters = new ArrayList<>();
    private final List<Node> nodes = new ArrayList<>();
    private long leaderSince = LONG_AGO;
    private Optional<Long> surplusSince = Optional.empty();
    private Optional<Long> lastChange = Optional.empty();
    private boolean isChanging;

    @ParameterizedTest
    @CsvSource({"1,1", "2,1", "3,3", "6,3", "7,5", "14,5", "15,7", "3000,7"})
    void theNumberOfVotersFollowsTheSizeOfTheCluster(final int nodeCount, final int wanted) {
        assertThat(AutopilotView.target(nodeCount)).isEqualTo(wanted);
    }

    @Test
    void aClusterOfThreeGetsItsVotersTwoSecondsAfterTheNodesCame() {
        voter("n1", "a");
        node("n2", "b", 2);
        node("n3", "c", 2);
        final AutopilotPlan plan = decide();
        assertThat(plan.kind()).isEqualTo(Kind.PROMOTE);
        assertThat(plan.nodeId()).isEqualTo("n2");
        assertThat(plan.why()).isEqualTo("n2 becomes a voter: 1 voter for 3 nodes, 3 are wanted");
    }

    @Test
    void oneMoreVoterAloneIsNoGain() {
        voter("n1", "a");
        node("n2", "b", 60);
        node("n3", "c", 1);
        final AutopilotPlan plan = decide();
        assertThat(plan.kind()).isEqualTo(Kind.NONE);
        assertThat(plan.why())
                .isEqualTo("waits: 1 voter for 3 nodes, 3 are wanted; n2 alone is not enough, and n3 is reachable for"
                        + " 1 s of 2 s");
    }

    @Test
    void beyondThreeVotersANodeMustHaveBeenThereForLonger() {
        threeVoters();
        for (int i = 4; i <= 7; i++) {
            node("n" + i, "a", 9);
        }
        assertThat(decide().isNone()).isTrue();
        nodes.removeIf(node -> node.stableNanos() == seconds(9));
        for (int i = 4; i <= 7; i++) {
            node("n" + i, "a", 10);
        }
        assertThat(decide())
                .extracting(AutopilotPlan::kind, AutopilotPlan::nodeId)
                .containsExactly(Kind.PROMOTE, "n4");
    }

    @Test
    void theZoneWithTheFewestVotersGetsTheNextOne() {
        voter("n1", "a");
        node("n2", "a", 60);
        node("n3", "b", 60);
        assertThat(decide().nodeId()).isEqualTo("n3");
    }

    @Test
    void aNodeThatIsFarBehindOrDidNotSayDoesNotVote() {
        voter("n1", "a");
        nodes.add(new Node("n2", "b", true, seconds(60), 251, false, ""));
        nodes.add(new Node("n3", "c", true, seconds(60), Node.LAG_UNKNOWN, false, ""));
        assertThat(decide().isNone()).isTrue();
        assertThat(decide().why()).contains("251 entries behind, 250 are allowed");
    }

    @Test
    void aDeadVoterIsReplacedAfterAMinute() {
        threeVoters();
        gone("n2", 59);
        node("n4", "b", 60);
        assertThat(decide().why())
                .isEqualTo("waits: n2 does not answer for 59 s; it is replaced when it is away for 60 s");
        gone("n2", 61);
        final AutopilotPlan plan = decide();
        assertThat(plan.kind()).isEqualTo(Kind.REPLACE);
        assertThat(plan.nodeId()).isEqualTo("n2");
        assertThat(plan.substituteId()).isEqualTo("n4");
        assertThat(plan.why()).isEqualTo("n4 votes instead of n2: n2 is gone for 61 s");
    }

    @Test
    void aVoterThatRaftStillHearsIsNotReplaced() {
        threeVoters();
        change("n2", new Voter("n2", "b", false, seconds(2), false));
        node("n4", "b", 60);
        assertThat(decide().isNone()).isTrue();
    }

    @Test
    void aDeadVoterStaysWhenNobodyCanTakeItsPlace() {
        threeVoters();
        gone("n2", 100);
        assertThat(decide().isNone()).isTrue();
        assertThat(decide().why())
                .isEqualTo("cannot replace n2: n2 is gone for 100 s, but there is no other node without a vote");
    }

    @Test
    void withoutAMajorityNothingIsDoneAndItSaysWhoIsMissing() {
        threeVoters();
        gone("n2", 100);
        gone("n3", 100);
        node("n4", "b", 60);
        assertThat(decide().why()).isEqualTo("waits: 1 of 3 voters answer, which is no majority; bring back n2 or n3");
    }

    @Test
    void noVoteIsTakenWithinAMinuteOfTheLastOrThirtySecondsOfANewLeader() {
        threeVoters();
        gone("n2", 100);
        node("n4", "b", 60);
        lastChange = Optional.of(NOW - seconds(59));
        assertThat(decide().why()).contains("the last change was 59 s of 60 s ago");
        lastChange = Optional.of(NOW - seconds(60));
        leaderSince = NOW - seconds(29);
        assertThat(decide().why()).contains("n1 leads since 29 s of 30 s");
        leaderSince = NOW - seconds(30);
        assertThat(decide().kind()).isEqualTo(Kind.REPLACE);
        isChanging = true;
        assertThat(decide().isNone()).isTrue();
    }

    @Test
    void aDrainedLeaderHandsLeadershipOnFirst() {
        threeVoters();
        drain("n1");
        node("n4", "b", 60);
        assertThat(decide())
                .extracting(AutopilotPlan::kind, AutopilotPlan::nodeId)
                .containsExactly(Kind.TRANSFER_LEADERSHIP, "n2");
    }

    @Test
    void aDrainedVoterGivesItsVoteToAHealthyNodeIfThereIsOne() {
        threeVoters();
        drain("n3");
        assertThat(decide().why()).startsWith("cannot replace n3: n3 is drained, but");
        node("n4", "b", 60);
        assertThat(decide())
                .extracting(AutopilotPlan::kind, AutopilotPlan::nodeId)
                .containsExactly(Kind.REPLACE, "n3");
    }

    @Test
    void theOnlyVoterWhenDrainedLetsAnotherNodeTakeOver() {
        voter("n1", "a");
        node("n2", "b", 60);
        drain("n1");
        assertThat(decide())
                .extracting(AutopilotPlan::kind, AutopilotPlan::nodeId)
                .containsExactly(Kind.PROMOTE, "n2");
        voters.add(new Voter("n2", "b", true, 0, false));
        surplusSince = Optional.of(LONG_AGO);
        assertThat(decide())
                .extracting(AutopilotPlan::kind, AutopilotPlan::nodeId)
                .containsExactly(Kind.TRANSFER_LEADERSHIP, "n2");
    }

    @Test
    void aSurplusVoterLosesItsVoteAfterThirtySecondsAndNeverTheLeader() {
        voter("n1", "a");
        voter("n2", "a");
        surplusSince = Optional.of(NOW - seconds(29));
        assertThat(decide().isNone()).isTrue();
        surplusSince = Optional.of(NOW - seconds(30));
        assertThat(decide())
                .extracting(AutopilotPlan::kind, AutopilotPlan::nodeId)
                .containsExactly(Kind.DEMOTE, "n2");
    }

    @Test
    void whatAReplacementLeftHalfDoneIsEndedWithoutWaiting() {
        threeVoters();
        voter("n4", "b");
        gone("n2", 100);
        surplusSince = Optional.of(NOW);
        lastChange = Optional.of(NOW);
        assertThat(decide())
                .extracting(AutopilotPlan::kind, AutopilotPlan::nodeId)
                .containsExactly(Kind.DEMOTE, "n2");
    }

    @Test
    void twoVotersWithoutAThirdNodeInSightBecomeOne() {
        voter("n1", "a");
        voter("n2", "b");
        nodes.add(new Node("n3", "c", false, 0, Node.LAG_UNKNOWN, false, ""));
        surplusSince = Optional.of(LONG_AGO);
        assertThat(decide())
                .extracting(AutopilotPlan::kind, AutopilotPlan::nodeId)
                .containsExactly(Kind.DEMOTE, "n2");
    }

    @Test
    void aZoneWithTwoVotersMoreThanAnotherGivesOneUp() {
        voter("n1", "a");
        voter("n2", "a");
        voter("n3", "a");
        node("n4", "b", 60);
        final AutopilotPlan plan = decide();
        assertThat(plan.kind()).isEqualTo(Kind.REPLACE);
        assertThat(plan.nodeId()).isEqualTo("n3");
        assertThat(plan.why()).isEqualTo("n4 votes instead of n3: 3 voters are in zone 'a', 0 in zone 'b'");
    }

    @Test
    void aBalancedClusterIsLeftAlone() {
        threeVoters();
        node("n4", "a", 60);
        assertThat(decide().why()).isEqualTo("3 voters for 4 nodes: nothing to do");
    }

    private void threeVoters() {
        voter("n1", "a");
        voter("n2", "b");
        voter("n3", "c");
    }

    private void voter(final String id, final String zone) {
        voters.add(new Voter(id, zone, true, 0, false));
        nodes.add(new Node(id, zone, true, seconds(600), 0, false, ""));
    }

    private void node(final String id, final String zone, final int stableSeconds) {
        nodes.add(new Node(id, zone, true, seconds(stableSeconds), 0, false, ""));
    }

    private void gone(final String id, final int forSeconds) {
        change(id, new Voter(id, "b", false, seconds(forSeconds), false));
        nodes.replaceAll(node -> node.id().equals(id) ? new Node(id, node.zone(), false, 0, -1, false, "") : node);
    }

    private void drain(final String id) {
        voters.replaceAll(
                voter -> voter.id().equals(id) ? new Voter(id, voter.zone(), true, voter.silentNanos(), true) : voter);
        nodes.replaceAll(
                node -> node.id().equals(id) ? new Node(id, node.zone(), true, seconds(600), 0, true, "") : node);
    }

    private void change(final String id, final Voter to) {
        voters.replaceAll(voter -> voter.id().equals(id) ? to : voter);
    }

    private AutopilotPlan decide() {
        return Autopilot.decide(
                new AutopilotView(NOW, "n1", leaderSince, voters, nodes, surplusSince, lastChange, isChanging),
                AutopilotConfig.DEFAULT);
    }

    private static long seconds(final int seconds) {
        return TimeUnit.SECONDS.toNanos(seconds);
    }
}
