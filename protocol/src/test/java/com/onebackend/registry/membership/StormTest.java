package com.onebackend.registry.membership;

import static com.onebackend.registry.membership.TinyNetwork.alive;
import static com.onebackend.registry.membership.TinyNetwork.id;
import static com.onebackend.registry.membership.TinyNetwork.member;
import static org.assertj.core.api.Assertions.assertThat;

import com.onebackend.registry.model.Incarnation;
import com.onebackend.registry.model.Member;
import com.onebackend.registry.model.MemberState;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Many accuse, many join, many leave: what one member lets that do to it. */
final class StormTest extends OneMember {
    @Test
    void sourceThatSuspectsEverybodyIsBelievedOnlySixteenTimesPerInterval() {
        final List<Member> all = crowd(100);
        hear("liar", suspected(all));
        assertThat(suspects()).isEqualTo(CONFIG.suspectsPerSourceMax());
        assertThat(refused(RefusedClaim.TOO_MANY_SUSPECTS)).isEqualTo(100 - 16);
        hear("other", suspected(all.subList(90, 100)));
        assertThat(suspects()).as("others are still believed").isEqualTo(16 + 10);
        now += T;
        hear("liar", suspected(all.subList(20, 25)));
        assertThat(suspects()).isEqualTo(16 + 10 + 5);
    }

    @Test
    void accuserOfEverybodyConfirmsOnlySixteenSuspicionsPerInterval() {
        final List<Member> all = crowd(40);
        hear("m0", alive("liar", 1));
        for (int i = 0; i < 40; i++) {
            // Told by four others, so that none of these is over its own limit.
            from("m" + i / 10, gossip(all.get(i).withState(MemberState.SUSPECT), "liar"));
        }
        assertThat(suspects()).isEqualTo(40);
        assertThat(refused(RefusedClaim.TOO_MANY_SUSPECTS)).isEqualTo(40 - CONFIG.suspectsPerSourceMax());
    }

    @Test
    void accusationsAtOnceAreRefutedOncePerInterval() {
        for (final String name : List.of("a", "b", "c")) {
            hear(name, alive(name, 1));
        }
        hear("a", member("me", 5, 0, MemberState.SUSPECT));
        assertThat(me.self().incarnation()).isEqualTo(new Incarnation(1));
        out.sent.clear();
        hear("b", member("me", 5, 0, MemberState.SUSPECT));
        assertThat(out.only(SwimMessage.Type.GOSSIP).message().rumors()).first().isEqualTo(me.self());
        hear("c", member("me", 5, 1, MemberState.SUSPECT));
        hear("c", member("me", 5, 7, MemberState.SUSPECT));
        assertThat(me.self().incarnation()).isEqualTo(new Incarnation(1));
        assertThat(me.localHealth()).isEqualTo(1);
        run(T - TinyNetwork.TICK_NANOS);
        assertThat(me.self().incarnation()).isEqualTo(new Incarnation(1));
        run(2 * TinyNetwork.TICK_NANOS);
        assertThat(me.self()).isEqualTo(member("me", 5, 8, MemberState.ALIVE));
        assertThat(me.counters().ownRefutations()).isEqualTo(2);
    }

    @Test
    void incarnationThatCannotBeRaisedAsksForANewGeneration() {
        hear("a", alive("a", 1));
        assertThat(me.counters().gauges().needsNewGeneration()).isFalse();
        final Membership worn = new Membership(
                CONFIG,
                member("me", 5, MemberPrecedence.INCARNATION_MAX - 1, MemberState.ALIVE),
                new SplittableRandom(1));
        for (int i = 0; i < 3; i++) {
            final Member accused = worn.self().withState(MemberState.SUSPECT);
            worn.receive(endpoint("a"), id("a", 1), new SwimMessage.Gossip(List.of(accused)), now, out);
            now += T;
        }
        assertThat(worn.self().incarnation().value()).isEqualTo(MemberPrecedence.INCARNATION_MAX);
        assertThat(worn.counters().gauges().needsNewGeneration()).isTrue();
    }

    @Test
    void tooManyJoinersAtOnceAreToldOfAFewMembersOnly() {
        crowd(200);
        out.sent.clear();
        for (int i = 0; i < Courier.FULL_REPLIES_PER_INTERVAL_MAX + 5; i++) {
            from("m0", new SwimMessage.Join(me.member("m0"), List.of()));
        }
        final List<Sent> replies = out.messages(SwimMessage.Type.JOIN_REPLY);
        assertThat(replies).hasSize(Courier.FULL_REPLIES_PER_INTERVAL_MAX + 5);
        assertThat(replies.get(0).message().rumors()).hasSize(201);
        assertThat(replies.get(replies.size() - 1).message().rumors()).hasSize(1 + Courier.SHORT_REPLY_MEMBERS);
        assertThat(me.counters().joinRepliesCut()).isEqualTo(5);
        now += T;
        from("m0", new SwimMessage.Join(me.member("m0"), List.of()));
        assertThat(out.messages(SwimMessage.Type.JOIN_REPLY))
                .last()
                .satisfies(sent -> assertThat(sent.message().rumors()).hasSize(201));
    }

    @Test
    void whoKnowsJustTheSameIsNotToldItAgain() {
        crowd(50);
        me.join(List.of(endpoint("seed")), now, out);
        final long hash =
                ((SwimMessage.Join) out.messages(SwimMessage.Type.JOIN).get(0).message()).tableHash();
        out.sent.clear();
        from("m0", new SwimMessage.Join(me.member("m0"), hash, List.of()));
        assertThat(out.only(SwimMessage.Type.JOIN_REPLY).message().rumors()).containsExactly(me.self());
        out.sent.clear();
        from("m0", new SwimMessage.Join(me.member("m0"), hash + 1, List.of()));
        assertThat(out.only(SwimMessage.Type.JOIN_REPLY).message().rumors()).hasSize(51);
    }

    @Test
    void backlogOfRumorsIsOvertakenByAskingForTables() {
        crowd(200);
        out.sent.clear();
        run(10 * T);
        assertThat(out.messages(SwimMessage.Type.JOIN)).hasSizeBetween(8, 11);
    }

    private List<Member> crowd(final int size) {
        final List<Member> crowd = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            crowd.add(alive("m" + i, 1));
        }
        hear("m0", crowd.toArray(new Member[0]));
        return crowd;
    }

    private static Member[] suspected(final List<Member> members) {
        return members.stream()
                .map(member -> member.withState(MemberState.SUSPECT))
                .toArray(Member[]::new);
    }

    private long suspects() {
        return me.members().stream()
                .filter(member -> member.state() == MemberState.SUSPECT)
                .count();
    }

    private long refused(final RefusedClaim reason) {
        return me.counters().refusedByReason().get(reason);
    }
}
