package com.onebackend.registry.node.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import com.onebackend.registry.node.catalog.FeedPeers.Candidate;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class FeedSourcesTest {
    private static final Set<String> VOTERS = Set.of("v1", "v2", "v3");

    private final FeedSources sources = new FeedSources("self");

    private static Candidate node(final String id, final boolean isReachable) {
        return new Candidate(id, id + ":1", isReachable);
    }

    @Test
    void reachableVoterComesFirstThenAnyReachableNodeThenAnybody() {
        final Candidate silentVoter = node("v1", false);
        final Candidate voter = node("v2", true);
        final Candidate other = node("o1", true);
        final Candidate named = new Candidate("", "http://o2:1", false);
        assertThat(sources.best(List.of(named, other, silentVoter, voter), VOTERS, 0))
                .isEqualTo(voter);
        assertThat(sources.best(List.of(named, silentVoter, other), VOTERS, 0)).isEqualTo(other);
        assertThat(sources.best(List.of(named, silentVoter), VOTERS, 0)).isEqualTo(silentVoter);
        assertThat(sources.best(List.of(named), VOTERS, 0)).isEqualTo(named);
        assertThat(sources.best(List.of(), VOTERS, 0)).isNull();
    }

    @Test
    void whoFailedIsLeftAloneForLongerEachTimeAndNotForEver() {
        final Candidate only = node("v1", true);
        long nowNanos = 0;
        long expectedMillis = FeedSources.PENALTY_MILLIS_MIN;
        for (int i = 0; i < 8; i++) {
            sources.failed(only, nowNanos);
            final long endNanos = nowNanos + TimeUnit.MILLISECONDS.toNanos(expectedMillis);
            assertThat(sources.best(List.of(only), VOTERS, endNanos - 1)).isNull();
            assertThat(sources.best(List.of(only), VOTERS, endNanos)).isEqualTo(only);
            nowNanos = endNanos;
            expectedMillis = Math.min(expectedMillis * 2, FeedSources.PENALTY_MILLIS_MAX);
        }
        sources.helped(only);
        sources.failed(only, nowNanos);
        assertThat(sources.best(
                        List.of(only),
                        VOTERS,
                        nowNanos + TimeUnit.MILLISECONDS.toNanos(FeedSources.PENALTY_MILLIS_MIN)))
                .isEqualTo(only);
    }

    @Test
    void nodesShareTheVotersAndMostKeepTheirsWhenOneGoes() {
        final List<Candidate> three = List.of(node("v1", true), node("v2", true), node("v3", true));
        final Map<String, Integer> followers = new HashMap<>();
        int moved = 0;
        for (int i = 0; i < 300; i++) {
            final FeedSources each = new FeedSources("node-" + i);
            final Candidate before = each.best(three, VOTERS, 0);
            final Candidate after = each.best(three.subList(0, 2), VOTERS, 0);
            followers.merge(before.nodeId(), 1, Integer::sum);
            moved += before.nodeId().equals("v3") || before.equals(after) ? 0 : 1;
        }
        assertThat(followers.values()).hasSize(3).allMatch(count -> count > 60);
        assertThat(moved).as("of those who followed one that stayed").isZero();
    }
}
