package com.onebackend.registry.membership;

import static com.onebackend.registry.membership.TinyNetwork.alive;
import static com.onebackend.registry.membership.TinyNetwork.member;
import static org.assertj.core.api.Assertions.assertThat;

import com.onebackend.registry.model.MemberState;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A member that answers by stream only. */
final class BlockedDatagramsTest extends OneMember {
    @Test
    void newsGoesToItByStream() {
        block();
        out.sent.clear();
        hear("a", member("x", 1, 0, MemberState.LEFT));
        run(T / 2);
        assertThat(out.messages(SwimMessage.Type.GOSSIP))
                .isNotEmpty()
                .allSatisfy(sent -> assertThat(sent.lane()).isEqualTo(Lane.STREAM));
    }

    @Test
    void itsDeathEndsTheAlarm() {
        block();
        hearDeath("b", member("a", 1, 0, MemberState.DEAD));
        assertThat(me.counters().gauges().udpDegradedMembers()).isZero();
    }

    @Test
    void itsNextProcessIsTriedAnew() {
        block();
        hear("a", alive("a", 2));
        assertThat(me.counters().gauges().udpDegradedMembers()).isZero();
    }

    private void block() {
        hear("a", alive("a", 1));
        for (int i = 0; me.counters().gauges().udpDegradedMembers() == 0; i++) {
            assertThat(i).as("ticks until it is noticed").isLessThan(500);
            out.sent.clear();
            tick();
            for (final Sent sent : out.messages(SwimMessage.Type.PING)) {
                final SwimMessage.Ping ping = (SwimMessage.Ping) sent.message();
                if (sent.lane() == Lane.STREAM) {
                    from("a", new SwimMessage.Ack(ping.sequence(), ping.target(), List.of()));
                }
            }
            now += TinyNetwork.TICK_NANOS;
        }
    }
}
