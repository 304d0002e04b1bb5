package com.onebackend.registry.membership;

import static com.onebackend.registry.membership.TinyNetwork.MILLI;
import static com.onebackend.registry.membership.TinyNetwork.alive;
import static com.onebackend.registry.membership.TinyNetwork.member;
import static org.assertj.core.api.Assertions.assertThat;

import com.onebackend.registry.model.MemberState;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Deaths that others tell of. */
final class ToldDeathTest extends OneMember {
    private static final long OBJECTION = Beliefs.OBJECTION_PROBE_INTERVALS * T;

    @Test
    void whoIsWellHereIsSuspectedFirstAndDeadWhenItDoesNotObject() {
        meet();
        hear("a", member("x", 1, 0, MemberState.DEAD));
        assertThat(me.member("x")).isEqualTo(member("x", 1, 0, MemberState.SUSPECT));
        run(OBJECTION);
        assertThat(me.member("x").state()).isEqualTo(MemberState.SUSPECT);
        run(2 * TinyNetwork.TICK_NANOS);
        assertThat(me.member("x").state()).isEqualTo(MemberState.DEAD);
    }

    @Test
    void whoObjectsInTimeStaysAliveWhateverElseIsToldOfTheSameIncarnation() {
        meet();
        hear("a", member("x", 1, 0, MemberState.DEAD));
        hear("x", member("x", 1, 1, MemberState.ALIVE));
        hear("b", member("x", 1, 0, MemberState.DEAD));
        run(2 * OBJECTION - T);
        assertThat(out.changes).doesNotContain(member("x", 1, 0, MemberState.DEAD));
        assertThat(me.member("x").incarnation().value()).isEqualTo(1);
    }

    @Test
    void whoWasSuspectedForLongIsDeadAtOnceAndWhoWasNotAfterTheRestOfThatTime() {
        meet();
        hear("a", member("x", 1, 0, MemberState.SUSPECT));
        run(OBJECTION / 2);
        hear("a", member("x", 1, 0, MemberState.DEAD));
        hear("b", member("x", 1, 0, MemberState.DEAD));
        assertThat(me.member("x").state()).isEqualTo(MemberState.SUSPECT);
        run(OBJECTION / 2 + 2 * TinyNetwork.TICK_NANOS);
        assertThat(me.member("x").state()).isEqualTo(MemberState.DEAD);
        hear("a", member("y", 1, 0, MemberState.SUSPECT));
        run(OBJECTION);
        hear("a", member("y", 1, 0, MemberState.DEAD));
        assertThat(me.member("y").state()).isEqualTo(MemberState.DEAD);
    }

    @Test
    void deathOfALaterIncarnationGivesTheWholeTimeAgain() {
        meet();
        hear("a", member("x", 1, 0, MemberState.SUSPECT));
        run(OBJECTION);
        hear("a", member("x", 1, 1, MemberState.DEAD));
        assertThat(me.member("x")).isEqualTo(member("x", 1, 1, MemberState.SUSPECT));
        run(OBJECTION + 2 * TinyNetwork.TICK_NANOS);
        assertThat(me.member("x")).isEqualTo(member("x", 1, 1, MemberState.DEAD));
    }

    @Test
    void whoIsUnknownHereIsDeadAtOnce() {
        meet();
        hear("a", member("stranger", 1, 0, MemberState.DEAD));
        assertThat(me.member("stranger").state()).isEqualTo(MemberState.DEAD);
    }

    @Test
    void membersOfOneHalfDoNotBelieveTheOtherHalfThatTheyAreDead() {
        for (final int size : new int[] {6, 20}) {
            for (int seed = 1; seed <= 3; seed++) {
                final TinyNetwork network = TinyNetwork.joined(seed, size);
                network.filter = (from, to, lane) -> isFirstHalf(from, size) == isFirstHalf(to, size);
                network.run(60_000 * MILLI);
                network.changes.clear();
                network.filter = (from, to, lane) -> true;
                final long took = network.runUntil(network::isComplete, 10_000 * MILLI);
                assertThat(took).as("seed %d", seed).isNotNegative();
                network.run(5_000 * MILLI);
                final List<TinyNetwork.Change> wrong = network.changes.stream()
                        .filter(change -> change.after().state() == MemberState.DEAD)
                        .filter(change -> isFirstHalf(change.observer(), size)
                                == isFirstHalf(change.after().id().nodeId(), size))
                        .toList();
                assertThat(wrong).as("%d members, seed %d", size, seed).isEmpty();
                assertThat(network.isComplete()).isTrue();
            }
        }
    }

    private void meet() {
        for (final String name : List.of("a", "b", "x", "y")) {
            hear(name, alive(name, 1));
        }
    }

    private static boolean isFirstHalf(final String name, final int size) {
        return Integer.parseInt(name.substring(1)) < size / 2;
    }
}
