package com.onebackend.registry.membership;

import static com.onebackend.registry.membership.TinyNetwork.member;
import static org.assertj.core.api.Assertions.assertThat;

import com.onebackend.registry.model.Member;
import com.onebackend.registry.model.MemberState;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class RumorQueueTest {
    private final RumorQueue queue = new RumorQueue();

    @ParameterizedTest
    @CsvSource({"1, 3", "2, 6", "3, 6", "4, 9", "7, 9", "8, 12", "30, 15", "100, 21", "1000, 30"})
    void budgetIsThreeTimesTheLogarithmRoundedUp(final int clusterSize, final int sends) {
        assertThat(RumorQueue.sendsMax(3, clusterSize)).isEqualTo(sends);
    }

    @Test
    void rumorIsForgottenAfterItsBudget() {
        queue.offer(alive("a"));
        for (int i = 0; i < 6; i++) {
            assertThat(take(6, 6)).containsExactly(alive("a"));
        }
        assertThat(take(6, 6)).isEmpty();
        assertThat(queue.isEmpty()).isTrue();
    }

    @Test
    void leastSentGoFirstAndAmongTheseTheNewest() {
        queue.offer(alive("a"));
        queue.offer(alive("b"));
        queue.offer(alive("c"));
        assertThat(take(2, 9)).containsExactly(alive("c"), alive("b"));
        assertThat(take(2, 9)).containsExactly(alive("a"), alive("c"));
        queue.offer(alive("d"));
        assertThat(take(1, 9)).containsExactly(alive("d"));
    }

    @Test
    void beyondTheLimitGoodNewsThatWasToldMostGoes() {
        final Member dead = member("dead", 1, 0, MemberState.DEAD);
        queue.offer(dead);
        queue.offer(alive("told"));
        take(2, 99);
        for (int i = 0; i < 2 * RumorQueue.RUMORS_MAX; i++) {
            queue.offer(alive("m" + i));
        }
        assertThat(queue.size()).isEqualTo(RumorQueue.RUMORS_MAX);
        final List<Member> kept = queue.take(RumorQueue.RUMORS_MAX, 1 << 20, 1, any -> false);
        assertThat(kept).contains(dead, alive("m" + (2 * RumorQueue.RUMORS_MAX - 1)));
        assertThat(kept).doesNotContain(alive("told"), alive("m0"));
    }

    @Test
    void newerRumorReplacesTheOlderOneAndStartsAnew() {
        queue.offer(alive("a"));
        take(1, 3);
        final Member suspect = member("a", 1, 0, MemberState.SUSPECT);
        queue.offer(suspect);
        assertThat(queue.size()).isEqualTo(1);
        for (int i = 0; i < 3; i++) {
            assertThat(take(1, 3)).containsExactly(suspect);
        }
        assertThat(take(1, 3)).isEmpty();
    }

    @Test
    void takesNoMoreBytesThanAllowedAndPassesOverWhatDoesNotFit() {
        queue.offer(alive("small"));
        queue.offer(alive("long" + "x".repeat(100)));
        final int small = RumorQueue.estimatedBytes(alive("small"));
        assertThat(queue.take(6, small, 9, member -> false)).containsExactly(alive("small"));
        assertThat(queue.take(6, small - 1, 9, member -> false)).isEmpty();
    }

    @Test
    void unwantedRumorsAreNeitherTakenNorCounted() {
        queue.offer(alive("a"));
        assertThat(queue.take(6, 900, 1, member -> true)).isEmpty();
        assertThat(take(6, 1)).containsExactly(alive("a"));
    }

    private List<Member> take(final int count, final int sendsMax) {
        return queue.take(count, 900, sendsMax, member -> false);
    }

    private static Member alive(final String name) {
        return TinyNetwork.alive(name, 1);
    }
}
