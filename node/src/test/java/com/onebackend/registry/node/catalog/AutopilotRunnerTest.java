package com.onebackend.registry.node.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import com.onebackend.registry.api.ErrorCode;
import com.onebackend.registry.api.RegistryException;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The runner with a cluster that answers as the test says; time is the test's. */
class AutopilotRunnerTest implements AutopilotPort {
    private final TreeSet<String> voters = new TreeSet<>(List.of("n1"));
    private final TreeSet<String> nodes = new TreeSet<>(List.of("n1", "n2", "n3", "n4"));
    private final TreeSet<String> dead = new TreeSet<>();
    private final List<String> asked = new ArrayList<>();
    private CompletableFuture<Void> answer = new CompletableFuture<>();
    private boolean isLeader = true;
    private long nowNanos;
    private final AutopilotRunner runner = new AutopilotRunner("n1", this, AutopilotConfig.DEFAULT, () -> 1_000);

    @AfterEach
    void close() {
        runner.close();
    }

    @Test
    void theNextChangeBeginsWhenTheLastHasEnded() {
        look(3);
        look(30);
        assertThat(asked).containsExactly("promote n2");
        voters.add("n2");
        answer.complete(null);
        look(1);
        assertThat(asked).containsExactly("promote n2", "promote n3");
        assertThat(runner.report().change()).isEqualTo("n2 becomes a voter: 1 voter for 4 nodes, 3 are wanted: done");
        assertThat(runner.changes(AutopilotPlan.Kind.PROMOTE, true)).isEqualTo(1);
    }

    @Test
    void aNodeThatRefusesIsHeldBackAndAnotherOneIsAsked() {
        look(3);
        answer.completeExceptionally(new RegistryException(ErrorCode.CONFLICT, "n2 does not become a voter"));
        look(1);
        assertThat(runner.report().change()).contains("failed", "n2 does not become a voter");
        assertThat(runner.changes(AutopilotPlan.Kind.PROMOTE, false)).isEqualTo(1);
        answer = new CompletableFuture<>();
        look(5);
        assertThat(asked).containsExactly("promote n2", "promote n3");
        voters.add("n3");
        answer.complete(null);
        answer = new CompletableFuture<>();
        look(1);
        assertThat(asked).containsExactly("promote n2", "promote n3", "promote n4");
    }

    @Test
    void theWaitOfANodeThatRefusesAgainAndAgainGrows() {
        nodes.remove("n4");
        final List<Long> attempts = new ArrayList<>();
        for (int second = 0; second < 120; second++) {
            final int before = asked.size();
            look(1);
            if (asked.size() > before) {
                attempts.add(TimeUnit.NANOSECONDS.toSeconds(nowNanos));
            }
            answer.completeExceptionally(new RegistryException(ErrorCode.CONFLICT, "no"));
        }
        assertThat(attempts).hasSizeBetween(3, 6);
        for (int i = 2; i < attempts.size(); i++) {
            assertThat(attempts.get(i) - attempts.get(i - 1))
                    .isGreaterThanOrEqualTo(attempts.get(i - 1) - attempts.get(i - 2));
        }
    }

    @Test
    void aNodeThatDoesNotLeadDecidesNothing() {
        isLeader = false;
        look(10);
        assertThat(asked).isEmpty();
        assertThat(runner.report().isLeading()).isFalse();
        isLeader = true;
        look(1);
        assertThat(asked).as("it has watched the others all the time").containsExactly("promote n2");
    }

    @Test
    void aReplacementIsTwoSteps() {
        voters.addAll(List.of("n2", "n3"));
        look(1);
        look(40);
        dead.add("n3");
        look(70);
        assertThat(asked).containsExactly("promote n4");
        voters.add("n4");
        answer.complete(null);
        assertThat(asked).containsExactly("promote n4", "demote n3");
    }

    private void look(final int afterSeconds) {
        if (nowNanos == 0) {
            runner.look(++nowNanos);
        }
        nowNanos += TimeUnit.SECONDS.toNanos(afterSeconds);
        runner.look(nowNanos);
    }

    @Override
    public Facts facts() {
        return new Facts(
                "n1",
                isLeader,
                1,
                voters.stream()
                        .map(id -> new VoterFacts(id, dead.contains(id) ? 70_000 : 0))
                        .toList(),
                nodes.stream()
                        .map(id -> new NodeFacts(id, "zone-" + id, !dead.contains(id), 0, false))
                        .toList());
    }

    private CompletableFuture<Void> ask(final String what) {
        asked.add(what);
        if (answer.isDone()) {
            answer = new CompletableFuture<>();
        }
        return answer;
    }

    @Override
    public CompletableFuture<Void> promote(final String nodeId) {
        return ask("promote " + nodeId);
    }

    @Override
    public CompletableFuture<Void> demote(final String nodeId) {
        return ask("demote " + nodeId);
    }

    @Override
    public CompletableFuture<Void> transferLeadership(final String nodeId) {
        return ask("transfer " + nodeId);
    }
}
