package com.onebackend.registry.membership;

import static com.onebackend.registry.membership.TinyNetwork.MILLI;
import static com.onebackend.registry.membership.TinyNetwork.alive;
import static com.onebackend.registry.membership.TinyNetwork.id;
import static com.onebackend.registry.membership.TinyNetwork.member;
import static org.assertj.core.api.Assertions.assertThat;

import com.onebackend.registry.model.Generation;
import com.onebackend.registry.model.MemberState;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Helpers that say that they got no answer, and what that says about the asker. */
final class NackTest extends OneMember {
    @Test
    void helperSaysOnceThatTheTargetIsSilentAndStillRelaysALateAnswer() {
        hear("asker", alive("asker", 1));
        hear("t", alive("t", 3));
        tick();
        out.sent.clear();
        from("asker", new SwimMessage.IndirectPing(40, id("t", 3), endpoint("t"), 200, List.of()));
        final SwimMessage.Ping relayed = pings("t").get(0);
        run(180 * MILLI);
        assertThat(out.messages(SwimMessage.Type.NACK)).isEmpty();
        run(60 * MILLI);
        final Sent nack = out.only(SwimMessage.Type.NACK);
        assertThat(nack.to()).isEqualTo(endpoint("asker"));
        assertThat(((SwimMessage.Nack) nack.message()).sequence()).isEqualTo(40);
        run(200 * MILLI);
        assertThat(out.messages(SwimMessage.Type.NACK)).hasSize(1);
        from("t", new SwimMessage.Ack(relayed.sequence(), id("t", 3), List.of()));
        assertThat(out.only(SwimMessage.Type.ACK).to()).isEqualTo(endpoint("asker"));
        assertThat(me.counters().nacksSent()).isEqualTo(1);
    }

    @Test
    void relayedAnswerBringsTheTargetsOwnRecord() {
        hear("asker", alive("asker", 1));
        hear("t", member("t", 3, 7, MemberState.ALIVE));
        // Until it is no news any more.
        for (int i = 0; i < 20; i++) {
            from("asker", new SwimMessage.Ping(2, id("me", 5), 0, List.of()));
        }
        assertThat(out.messages(SwimMessage.Type.ACK).get(19).message().rumors())
                .isEmpty();
        out.sent.clear();
        from("asker", new SwimMessage.IndirectPing(40, id("t", 3), endpoint("t"), 0, List.of()));
        from("t", new SwimMessage.Ack(pings("t").get(0).sequence(), id("t", 3), List.of()));
        assertThat(out.only(SwimMessage.Type.ACK).message().rumors())
                .first()
                .isEqualTo(member("t", 3, 7, MemberState.ALIVE));
    }

    @Test
    void questionAboutARemovedNodeIsDroppedAndIsNoLackOfRoom() {
        hear("asker", alive("asker", 1));
        me.forget("t", new Generation(3), now, out);
        out.sent.clear();
        from("asker", new SwimMessage.IndirectPing(40, id("t", 3), endpoint("t"), 0, List.of()));
        assertThat(out.sent).isEmpty();
        assertThat(me.refusedClaims()).isZero();
    }

    @Test
    void helperThatGotTheAnswerSendsNoNack() {
        hear("asker", alive("asker", 1));
        hear("t", alive("t", 3));
        out.sent.clear();
        from("asker", new SwimMessage.IndirectPing(40, id("t", 3), endpoint("t"), 100, List.of()));
        from("t", new SwimMessage.Ack(pings("t").get(0).sequence(), id("t", 3), List.of()));
        run(2 * T);
        assertThat(out.messages(SwimMessage.Type.NACK)).isEmpty();
    }

    @Test
    void askerThatWantsNoNackGetsNone() {
        hear("asker", alive("asker", 1));
        out.sent.clear();
        from("asker", new SwimMessage.IndirectPing(40, id("t", 3), endpoint("t"), 0, List.of()));
        run(2 * T);
        assertThat(out.messages(SwimMessage.Type.NACK)).isEmpty();
    }

    @Test
    void failedProbeWithoutHelpersCountsOnceAgainstThisNode() {
        hear("t", alive("t", 1));
        run(2 * T);
        assertThat(me.localHealth()).isEqualTo(1);
    }

    @Test
    void failedProbeCountsOnceForEachHelperThatSaysNothing() {
        askHelpers();
        run(T);
        assertThat(me.localHealth()).isEqualTo(3);
        assertThat(me.counters().probeFailures()).isEqualTo(1);
    }

    @Test
    void failedProbeThatAllHelpersConfirmIsNotThisNodesFault() {
        final long sequence = askHelpers();
        for (final Sent asked : out.messages(SwimMessage.Type.INDIRECT_PING)) {
            from(asked.to().host(), new SwimMessage.Nack(sequence, List.of()));
            from(asked.to().host(), new SwimMessage.Nack(sequence, List.of()));
        }
        run(T);
        assertThat(me.localHealth()).isZero();
        assertThat(me.counters().nacksReceived()).isEqualTo(3);
        assertThat(me.counters().probeFailures()).isEqualTo(1);
    }

    @Test
    void nackOfOneThatWasNotAskedDoesNotCount() {
        final long sequence = askHelpers();
        from("stranger", new SwimMessage.Nack(sequence, List.of()));
        from(out.messages(SwimMessage.Type.INDIRECT_PING).get(0).to().host(), new SwimMessage.Nack(9, List.of()));
        run(T);
        assertThat(me.localHealth()).isEqualTo(3);
    }

    @Test
    void helpersAreToldToAnswerBeforeTheVerdict() {
        askHelpers();
        assertThat(out.messages(SwimMessage.Type.INDIRECT_PING)).hasSize(3).allSatisfy(sent -> {
            final int waitMillis = ((SwimMessage.IndirectPing) sent.message()).waitMillis();
            assertThat(waitMillis).isBetween(100, 300);
        });
    }

    /** Until the first probe has asked its helpers. */
    private long askHelpers() {
        for (final String name : List.of("a", "b", "c", "d")) {
            hear(name, alive(name, 1));
        }
        out.sent.clear();
        while (out.messages(SwimMessage.Type.INDIRECT_PING).isEmpty()) {
            tick();
            now += TinyNetwork.TICK_NANOS;
        }
        return ((SwimMessage.IndirectPing)
                        out.messages(SwimMessage.Type.INDIRECT_PING).get(0).message())
                .sequence();
    }

    private List<SwimMessage.Ping> pings(final String name) {
        return out.messages(SwimMessage.Type.PING).stream()
                .filter(sent -> sent.to().equals(endpoint(name)))
                .map(sent -> (SwimMessage.Ping) sent.message())
                .toList();
    }
}
