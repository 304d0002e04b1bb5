package com.onebackend.registry.membership;

import static com.onebackend.registry.membership.TinyNetwork.alive;
import static com.onebackend.registry.membership.TinyNetwork.member;
import static org.assertj.core.api.Assertions.assertThat;

import com.onebackend.registry.model.Member;
import com.onebackend.registry.model.MemberState;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

final class ReunionTest extends OneMember {
    private static final int DEAD = 200;

    @Test
    void pingsToTheDeadCarryNothingButThatTheyAreBelievedDead() {
        final Member dead = member("x", 1, 3, MemberState.DEAD);
        hear("a", alive("a", 1), dead, alive("b", 1));
        run(CONFIG.deadProbeIntervalNanos());
        assertThat(pings("x"))
                .isNotEmpty()
                .allSatisfy(ping -> assertThat(ping.message().rumors()).containsExactly(dead));
    }

    @Test
    void newsIsNotSpentOnTheDead() {
        hearOfManyDead();
        // Until all that was heard is told.
        runAnswered(6 * CONFIG.deadProbeIntervalNanos());
        hear("a", alive("fresh", 1));
        assertThat(runAnswered(CONFIG.deadProbeIntervalNanos()))
                .filteredOn(sent -> sent.message().rumors().stream()
                        .anyMatch(rumor -> rumor.id().nodeId().equals("fresh")))
                .hasSize(RumorQueue.sendsMax(CONFIG.rumorMultiplier(), 4))
                .noneMatch(sent -> sent.to().host().startsWith("dead"));
    }

    @Test
    void thoseWhoDieTogetherAreNotAskedTogether() {
        hearOfManyDead();
        final TreeMap<Integer, Integer> bySecond = new TreeMap<>();
        final int seconds = (int) (2 * CONFIG.deadProbeIntervalNanos() / (2 * T));
        for (int second = 0; second < seconds; second++) {
            out.sent.clear();
            run(2 * T);
            bySecond.put(second, (int) out.messages(SwimMessage.Type.PING).stream()
                    .filter(sent -> sent.to().host().startsWith("dead"))
                    .count());
        }
        assertThat(bySecond.values()).allSatisfy(asked -> assertThat(asked).isBetween(DEAD / 10, DEAD / 3));
        assertThat(bySecond.values().stream().mapToInt(asked -> asked).sum()).isBetween(2 * DEAD - 10, 2 * DEAD);
    }

    /** The living answer. Returns what was sent. */
    private List<Sent> runAnswered(final long nanos) {
        final List<Sent> all = new ArrayList<>();
        for (final long end = now + nanos; now < end; now += TinyNetwork.TICK_NANOS) {
            out.sent.clear();
            tick();
            all.addAll(out.sent);
            for (final Sent sent : List.copyOf(out.sent)) {
                final String to = sent.to().host();
                if (sent.message() instanceof SwimMessage.Ping ping && !to.startsWith("dead")) {
                    from(to, new SwimMessage.Ack(ping.sequence(), ping.target(), List.of()));
                }
            }
        }
        return all;
    }

    private void hearOfManyDead() {
        final List<Member> told = new ArrayList<>(List.of(alive("a", 1), alive("b", 1)));
        for (int i = 0; i < DEAD; i++) {
            told.add(member("dead" + i, 1, 0, MemberState.DEAD));
        }
        hear("a", told.toArray(new Member[0]));
    }

    private List<Sent> pings(final String name) {
        return out.messages(SwimMessage.Type.PING).stream()
                .filter(sent -> sent.to().equals(endpoint(name)))
                .toList();
    }
}
