package com.onebackend.registry.membership;

import static com.onebackend.registry.membership.TinyNetwork.MILLI;
import static com.onebackend.registry.membership.TinyNetwork.alive;
import static com.onebackend.registry.membership.TinyNetwork.member;
import static org.assertj.core.api.Assertions.assertThat;

import com.onebackend.registry.model.Member;
import com.onebackend.registry.model.MemberState;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Ticks that come late, but not so late that it is a pause. */
final class LateTickTest extends OneMember {
    @Test
    void nobodyIsAccusedByATickThatComesAfterTheWholeProbe() {
        for (final long stallMillis : new long[] {130, 300, 501, 980}) {
            assertOnlyHelpIsAsked(new LateTickTest(), stallMillis * MILLI);
        }
    }

    @Test
    void nobodyIsAccusedByALateTickAfterHelpWasAsked() {
        meetFive();
        begin();
        while (out.messages(SwimMessage.Type.INDIRECT_PING).isEmpty()) {
            advance();
        }
        now += 960 * MILLI;
        tick();
        assertThat(suspects()).as("answers may be waiting to be read").isEmpty();
        advance();
        assertThat(suspects()).isEmpty();
        for (int i = 0; suspects().isEmpty(); i++) {
            assertThat(i).as("ticks until the verdict").isLessThan((int) (T / TinyNetwork.TICK_NANOS));
            advance();
        }
    }

    @Test
    void nobodyIsDeclaredDeadByALateTick() {
        meetFive();
        hear("a", member("b", 1, 0, MemberState.SUSPECT));
        final long deadline = now + Suspicion.minNanos(CONFIG, 6) * CONFIG.suspicionMaxMultiplier();
        while (now < deadline - 100 * MILLI) {
            advance();
        }
        now = deadline + 700 * MILLI;
        tick();
        assertThat(me.member("b").state()).isEqualTo(MemberState.SUSPECT);
        hear("b", member("b", 1, 1, MemberState.ALIVE));
        run(T);
        assertThat(me.member("b").state()).isNotEqualTo(MemberState.DEAD);
    }

    @Test
    void whoIsSilentAfterALateTickIsDeclaredDeadAllTheSame() {
        meetFive();
        hear("a", member("b", 1, 0, MemberState.SUSPECT));
        now += Suspicion.minNanos(CONFIG, 6) * CONFIG.suspicionMaxMultiplier() - 500 * MILLI;
        tick();
        run(Suspicion.minNanos(CONFIG, 6) * CONFIG.suspicionMaxMultiplier() + T);
        assertThat(me.member("b").state()).isEqualTo(MemberState.DEAD);
    }

    private static void assertOnlyHelpIsAsked(final LateTickTest one, final long stallNanos) {
        one.meetFive();
        one.begin();
        one.now += stallNanos;
        one.tick();
        one.advance();
        assertThat(one.me.counters().pauses()).isZero();
        assertThat(one.suspects()).as("after %d ms", stallNanos / MILLI).isEmpty();
        one.run(CONFIG.ackTimeoutNanos());
        assertThat(one.out.messages(SwimMessage.Type.INDIRECT_PING)).hasSize(CONFIG.indirectProbes());
        assertThat(one.suspects()).isEmpty();
    }

    private void meetFive() {
        for (final String name : List.of("a", "b", "c", "d", "e")) {
            hear(name, alive(name, 1));
        }
        tick();
        out.sent.clear();
    }

    /** Runs to the tick that sends the next probe. */
    private void begin() {
        while (out.messages(SwimMessage.Type.PING).isEmpty()) {
            advance();
        }
    }

    private void advance() {
        now += TinyNetwork.TICK_NANOS;
        tick();
    }

    private List<Member> suspects() {
        return me.members().stream()
                .filter(one -> one.state() == MemberState.SUSPECT)
                .toList();
    }
}
