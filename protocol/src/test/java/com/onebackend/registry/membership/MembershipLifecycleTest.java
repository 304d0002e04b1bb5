package com.onebackend.registry.membership;

import static com.onebackend.registry.membership.TinyNetwork.MILLI;
import static com.onebackend.registry.membership.TinyNetwork.alive;
import static com.onebackend.registry.membership.TinyNetwork.id;
import static com.onebackend.registry.membership.TinyNetwork.member;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.onebackend.registry.model.Generation;
import com.onebackend.registry.model.Incarnation;
import com.onebackend.registry.model.Member;
import com.onebackend.registry.model.MemberState;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** One member from joining to removal, and the limits it keeps. */
final class MembershipLifecycleTest extends OneMember {
    @Test
    void deadArePingedForEverOnBothLanesByTurns() {
        hear("a", member("x", 1, 0, MemberState.DEAD));
        out.sent.clear();
        run(10 * CONFIG.deadProbeIntervalNanos() + T);
        assertThat(out.messages(SwimMessage.Type.PING)).hasSize(10);
        assertThat(out.messages(SwimMessage.Type.PING))
                .filteredOn(sent -> sent.lane() == Lane.STREAM)
                .hasSize(5);
        hear("a", member("x", 1, 0, MemberState.LEFT));
        out.sent.clear();
        run(2 * CONFIG.deadProbeIntervalNanos());
        assertThat(out.sent).isEmpty();
    }

    @Test
    void silentSeedsAreAskedAgainUntilSomebodyAnswersFromThere() {
        me.join(List.of(endpoint("s1"), endpoint("s2"), endpoint("me")), now, out);
        assertThat(out.messages(SwimMessage.Type.JOIN))
                .extracting(Sent::to)
                .containsExactly(endpoint("s1"), endpoint("s2"));
        out.sent.clear();
        out.sent.clear();
        for (int second = 0; second < 20; second++) {
            hear("s1", member("s1", 1, second, MemberState.ALIVE));
            run(2 * T);
        }
        assertThat(out.messages(SwimMessage.Type.JOIN))
                .filteredOn(sent -> !sent.to().equals(endpoint("s1")))
                .hasSizeBetween(3, 4)
                .allSatisfy(sent -> assertThat(sent.to()).isEqualTo(endpoint("s2")));
        assertThat(out.messages(SwimMessage.Type.JOIN))
                .as("s1 is asked for its table because it is new, and perhaps once in its turn")
                .filteredOn(sent -> sent.to().equals(endpoint("s1")))
                .hasSizeBetween(1, 2);
        hearDeath("s1", member("s1", 1, 19, MemberState.DEAD));
        out.sent.clear();
        run(CONFIG.deadProbeIntervalNanos());
        assertThat(out.messages(SwimMessage.Type.JOIN))
                .extracting(Sent::to)
                .containsExactly(endpoint("s1"), endpoint("s2"));
    }

    @Test
    void joinIsAnsweredWithAllMembersAndTheJoinerBecomesNews() {
        for (int i = 0; i < 50; i++) {
            hear("a", member("m" + i, 1, 0, i == 7 ? MemberState.DEAD : MemberState.ALIVE));
        }
        me.forget("m3", new Generation(1), now, out);
        out.sent.clear();
        from("j", new SwimMessage.Join(alive("j", 1), List.of()));
        final Sent reply = out.only(SwimMessage.Type.JOIN_REPLY);
        assertThat(reply.lane()).isEqualTo(Lane.STREAM);
        assertThat(reply.message().rumors())
                .hasSize(51)
                .startsWith(me.self())
                .contains(alive("j", 1), me.member("m7"))
                .noneMatch(rumor -> rumor.id().nodeId().equals("m3"));
        tick();
        assertThat(out.messages(SwimMessage.Type.GOSSIP))
                .anySatisfy(sent -> assertThat(sent.message().rumors()).contains(alive("j", 1)));
    }

    @Test
    void joinReplyOfManyMembersIsCutIntoFrames() {
        for (int i = 0; i < 4_000; i++) {
            hear("a", member("member-with-a-long-name-" + i, 1, 0, MemberState.DEAD));
        }
        out.sent.clear();
        from("j", new SwimMessage.Join(alive("j", 1), List.of()));
        final List<Sent> replies = out.messages(SwimMessage.Type.JOIN_REPLY);
        assertThat(replies)
                .hasSizeGreaterThan(1)
                .allSatisfy(sent -> assertThat(sent.message().rumors().stream()
                                .mapToInt(RumorQueue::estimatedBytes)
                                .sum())
                        .isLessThanOrEqualTo(Courier.REPLY_BYTES_MAX));
        assertThat(replies.stream()
                        .mapToInt(sent -> sent.message().rumors().size())
                        .sum())
                .isEqualTo(4_002);
    }

    @Test
    void joinInAnothersNameIsRefused() {
        from("j", new SwimMessage.Join(alive("k", 1), List.of()));
        assertThat(me.member("k")).isNull();
        assertThat(me.refusedClaims()).isEqualTo(1);
        assertThat(out.messages(SwimMessage.Type.JOIN_REPLY)).isEmpty();
    }

    @Test
    void relaysAreBoundedAndExpire() {
        hear("asker", alive("asker", 1));
        for (int i = 0; i < Relays.WAITING_MAX + 10; i++) {
            from("asker", new SwimMessage.IndirectPing(2L * i, id("t", 3), endpoint("t"), List.of()));
        }
        assertThat(out.messages(SwimMessage.Type.PING)).hasSize(Relays.WAITING_MAX);
        assertThat(me.refusedClaims()).isEqualTo(10);
        now += 2 * T;
        tick();
        from("asker", new SwimMessage.IndirectPing(2, id("t", 3), endpoint("t"), List.of()));
        assertThat(me.refusedClaims()).isEqualTo(10);
    }

    @Test
    void tableNeverExceedsItsLimitAndRemovedMembersMakeRoom() {
        final Membership tight = new Membership(CONFIG.withRoom(4, 4), alive("me", 5), new SplittableRandom(1));
        final List<Member> many = List.of(alive("a", 1), alive("b", 1), alive("c", 1), alive("d", 1), alive("e", 1));
        tight.receive(endpoint("a"), id("a", 1), new SwimMessage.Gossip(many), now, out);
        assertThat(tight.members()).containsExactly(alive("a", 1), alive("b", 1), alive("c", 1), alive("me", 5));
        assertThat(tight.refusedClaims()).isEqualTo(2);
        tight.forget("b", new Generation(1), now, out);
        tight.receive(endpoint("a"), id("a", 1), new SwimMessage.Gossip(many), now, out);
        assertThat(tight.members()).containsExactly(alive("a", 1), alive("c", 1), alive("d", 1), alive("me", 5));
        assertThat(tight.member("b")).isNull();
        assertThat(tight.isForgotten(id("b", 1))).isTrue();
    }

    @Test
    void memberTooLongForADatagramIsRefused() {
        final Member self = alive("me", 5);
        final Member wordy = new Member(
                id("a", 1), self.incarnation(), MemberState.ALIVE, endpoint("a"), "http://" + "x".repeat(450));
        hear("b", wordy);
        assertThat(me.member("a")).isNull();
        assertThat(me.refusedClaims()).isEqualTo(1);
        assertThatThrownBy(() -> new Membership(CONFIG, wordy, new SplittableRandom(1)))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("too long");
    }

    @Test
    void pauseRaisesTheIncarnationAndDoubtsOnlyThisNode() {
        hear("a", alive("a", 1));
        hear("b", alive("b", 1));
        hear("a", member("b", 1, 0, MemberState.SUSPECT));
        tick();
        now += 60_000 * MILLI;
        tick();
        assertThat(me.self().incarnation()).isEqualTo(new Incarnation(1));
        assertThat(me.localHealth()).isEqualTo(LocalHealth.SCORE_MAX);
        assertThat(me.member("b").state()).isEqualTo(MemberState.SUSPECT);
        assertThat(out.messages(SwimMessage.Type.GOSSIP))
                .anySatisfy(sent -> assertThat(sent.message().rumors()).contains(me.self()));
        run(Suspicion.minNanos(CONFIG, 3) - 100 * MILLI);
        assertThat(me.member("b").state()).isEqualTo(MemberState.SUSPECT);
        run(200 * MILLI);
        assertThat(me.member("b").state()).isEqualTo(MemberState.DEAD);
    }

    @Test
    void pauseDropsTheProbeUnderWay() {
        hear("a", alive("a", 1));
        out.sent.clear();
        while (out.messages(SwimMessage.Type.PING).isEmpty()) {
            now += TinyNetwork.TICK_NANOS;
            tick();
        }
        now += 2 * T + 1;
        tick();
        assertThat(me.member("a").state()).isEqualTo(MemberState.ALIVE);
    }

    @Test
    void everyThirtySecondsSomebodyIsAskedForTheWholeTable() {
        hear("a", alive("a", 1));
        run(T);
        out.sent.clear();
        for (int second = 1; second <= 90; second++) {
            hear("a", member("a", 1, second, MemberState.ALIVE));
            run(2 * T);
        }
        assertThat(out.messages(SwimMessage.Type.JOIN))
                .hasSize(3)
                .allSatisfy(sent -> assertThat(sent.to()).isEqualTo(endpoint("a")));
    }

    @Test
    void whoeverComesBackIsAskedForItsTable() {
        hear("b", alive("b", 1));
        hear("b", member("a", 1, 0, MemberState.DEAD));
        now += T;
        out.sent.clear();
        hear("a", member("a", 1, 1, MemberState.ALIVE));
        assertThat(out.only(SwimMessage.Type.JOIN).to()).isEqualTo(endpoint("a"));
        // Not because others say that somebody came back, or all would ask it at once.
        hear("b", member("c", 1, 0, MemberState.DEAD));
        now += T;
        out.sent.clear();
        hear("b", member("c", 1, 1, MemberState.ALIVE));
        assertThat(out.messages(SwimMessage.Type.JOIN)).isEmpty();
    }

    @Test
    void whoLeftProbesNobodyAndRefutesNothingButStillSaysSo() {
        hear("a", alive("a", 1));
        me.leave(now, out);
        assertThat(out.changes).last().isEqualTo(me.self());
        assertThat(me.self()).isEqualTo(member("me", 5, 0, MemberState.LEFT));
        out.sent.clear();
        hear("a", member("me", 5, 0, MemberState.DEAD));
        assertThat(me.self()).isEqualTo(member("me", 5, 0, MemberState.LEFT));
        assertThat(out.only(SwimMessage.Type.GOSSIP).message().rumors()).first().isEqualTo(me.self());
        out.sent.clear();
        run(60 * T);
        assertThat(out.messages(SwimMessage.Type.PING)).isEmpty();
        assertThat(out.messages(SwimMessage.Type.JOIN)).isEmpty();
        out.sent.clear();
        from("a", new SwimMessage.Ping(2, id("me", 5), 0, List.of()));
        assertThat(out.only(SwimMessage.Type.ACK).message().rumors()).first().isEqualTo(me.self());
    }

    @Test
    void removedProcessFallsSilent() {
        hear("a", alive("a", 1));
        me.forget("me", new Generation(4), now, out);
        assertThat(me.self().state()).isEqualTo(MemberState.ALIVE);
        me.forget("me", new Generation(5), now, out);
        assertThat(me.self().state()).isEqualTo(MemberState.REMOVED);
        assertThat(out.changes).last().isEqualTo(me.self());
        out.sent.clear();
        from("a", new SwimMessage.Ping(2, id("me", 5), 0, List.of()));
        run(60 * T);
        assertThat(out.sent).isEmpty();
    }

    @Test
    void removalCoversGenerationsNeverSeenAndHigherOnesReturn() {
        me.forget("x", new Generation(3), now, out);
        me.forget("x", new Generation(2), now, out);
        assertThat(out.changes).isEmpty();
        hear("a", member("x", 3, 9, MemberState.ALIVE));
        from("x", 3, new SwimMessage.Ping(2, id("me", 5), 0, List.of(alive("y", 1))));
        assertThat(me.member("x")).isNull();
        assertThat(me.member("y")).isNull();
        hear("a", alive("x", 4));
        assertThat(me.member("x")).isEqualTo(alive("x", 4));
        me.forget("x", new Generation(3), now, out);
        assertThat(me.member("x")).isEqualTo(alive("x", 4));
    }
}
