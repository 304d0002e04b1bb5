package com.onebackend.registry.membership;

import static com.onebackend.registry.membership.TinyNetwork.alive;
import static com.onebackend.registry.membership.TinyNetwork.id;
import static com.onebackend.registry.membership.TinyNetwork.member;
import static org.assertj.core.api.Assertions.assertThat;

import com.onebackend.registry.model.Member;
import com.onebackend.registry.model.MemberId;
import com.onebackend.registry.model.MemberState;
import com.onebackend.registry.model.Origin;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** What is remembered of ever new node ids. */
final class MemoryLimitsTest extends OneMember {
    private static final int ROOM = 20;

    @Test
    void whoWasLetGoLeavesNoTrace() {
        final Membership small = new Membership(CONFIG.withRoom(ROOM, 3), alive("me", 5), new SplittableRandom(1));
        for (int i = 0; i < 100; i++) {
            final MemberState state = i % 2 == 0 ? MemberState.DEAD : MemberState.LEFT;
            small.receive(
                    endpoint("a"),
                    id("a", 1),
                    new SwimMessage.Gossip(List.of(member("guest" + i, 1, 0, state))),
                    now,
                    out);
            small.tick(now, out);
            now += TinyNetwork.TICK_NANOS;
        }
        assertThat(small.counters().letGo()).isEqualTo(100 - ROOM / 2 - 3);
        assertThat(small.counters().gauges().rumorsQueued()).isEqualTo(ROOM / 2 + 3);
        out.sent.clear();
        for (final long end = now + 2 * CONFIG.deadProbeIntervalNanos(); now < end; now += TinyNetwork.TICK_NANOS) {
            small.tick(now, out);
        }
        assertThat(out.messages(SwimMessage.Type.PING))
                .hasSizeBetween(ROOM / 2, 2 * ROOM)
                .allSatisfy(sent -> assertThat(small.member(sent.to().host())).isNotNull());
    }

    @Test
    void asManyAsMembersAreRememberedAsLetGo() {
        final Departed departed = new Departed(CONFIG.withRoom(ROOM, 3));
        for (int i = 0; i <= ROOM; i++) {
            departed.letGo(alive("guest" + i, 1));
        }
        assertThat(departed.wasLetGo(id("guest0", 1))).isFalse();
        assertThat(departed.wasLetGo(id("guest1", 1))).isTrue();
        assertThat(departed.wasLetGo(id("guest" + ROOM, 1))).isTrue();
        assertThat(departed.wasLetGo(id("guest" + ROOM, 2))).isFalse();
    }

    @Test
    void refusedClaimantsAreForgottenBeyondTheirNumber() {
        for (int i = 0; i <= Contests.REFUSED_MAX; i++) {
            hear("m" + i, alive("m" + i, 1));
        }
        for (int i = 0; i <= Contests.REFUSED_MAX; i++) {
            claimAndAnswer(i);
        }
        out.sent.clear();
        claim(Contests.REFUSED_MAX);
        assertThat(out.sent).as("refused without asking").isEmpty();
        claim(1);
        assertThat(out.sent).isEmpty();
        claim(0);
        assertThat(out.messages(SwimMessage.Type.PING)).as("asked again").isNotEmpty();
    }

    private void claimAndAnswer(final int index) {
        out.sent.clear();
        claim(index);
        final SwimMessage.Ping ping =
                (SwimMessage.Ping) out.messages(SwimMessage.Type.PING).get(0).message();
        from("m" + index, new SwimMessage.Ack(ping.sequence(), ping.target(), List.of()));
    }

    /** A process of another data folder, told of by a member. */
    private void claim(final int index) {
        final Member rightful = alive("m" + index, 2);
        final MemberId second = new MemberId(
                rightful.id().nodeId(),
                new Origin(999_000L + index),
                rightful.id().generation());
        hear("m5", new Member(second, rightful.incarnation(), MemberState.ALIVE, endpoint("elsewhere"), "http://e:1"));
    }

    @Test
    void fullTableMakesRoomByTheOldestRemovedEntryOnly() {
        final MemberTable table = new MemberTable(alive("me", 1), CONFIG.withRoom(4, 3));
        for (final String name : List.of("a", "b", "c")) {
            assertThat(table.put(alive(name, 1), now)).isTrue();
        }
        assertThat(table.put(alive("d", 1), now)).isFalse();
        table.put(member("c", 1, 0, MemberState.REMOVED), now);
        table.put(member("b", 1, 0, MemberState.REMOVED), now);
        table.put(alive("c", 2), now);
        assertThat(table.put(alive("d", 1), now)).isTrue();
        assertThat(table.get("b")).isNull();
        assertThat(table.put(alive("e", 1), now)).isFalse();
    }
}
