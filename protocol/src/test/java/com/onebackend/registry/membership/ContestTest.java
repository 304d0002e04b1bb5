package com.onebackend.registry.membership;

import static com.onebackend.registry.membership.TinyNetwork.alive;
import static com.onebackend.registry.membership.TinyNetwork.id;
import static org.assertj.core.api.Assertions.assertThat;

import com.onebackend.registry.model.Endpoint;
import com.onebackend.registry.model.Generation;
import com.onebackend.registry.model.Incarnation;
import com.onebackend.registry.model.Member;
import com.onebackend.registry.model.MemberId;
import com.onebackend.registry.model.MemberState;
import com.onebackend.registry.model.Origin;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A process of another data folder claims a node id that is taken. */
final class ContestTest extends OneMember {
    private static final Endpoint ELSEWHERE = new Endpoint("elsewhere", 7946);
    private static final Member FIRST = alive("x", 1);
    private static final Member SECOND = other(2, MemberState.ALIVE);

    @Test
    void claimIsHeldUntilTheFirstWasAskedByNameOnBothLanes() {
        meet();
        claim(SECOND);
        assertThat(me.member("x")).isEqualTo(FIRST);
        assertThat(me.counters().gauges().contestedClaims()).isEqualTo(1);
        assertThat(out.messages(SwimMessage.Type.PING))
                .extracting(Sent::lane)
                .containsExactlyInAnyOrder(Lane.DATAGRAM, Lane.STREAM);
        assertThat(pings()).allSatisfy(ping -> assertThat(ping.target()).isEqualTo(FIRST.id()));
    }

    @Test
    void claimFallsWhenTheFirstAnswersAndTheClaimantIsToldOnBothLanes() {
        meet();
        claim(SECOND);
        final long sequence = asked();
        out.sent.clear();
        from("x", new SwimMessage.Ack(sequence, FIRST.id(), List.of()));
        assertThat(me.member("x")).isEqualTo(FIRST);
        assertThat(me.counters().gauges().contestedClaims()).isZero();
        assertThat(refused(RefusedClaim.CONTESTED)).isEqualTo(1);
        assertThat(out.messages(SwimMessage.Type.REFUSAL))
                .hasSize(2)
                .allSatisfy(sent -> {
                    assertThat(sent.to()).isEqualTo(ELSEWHERE);
                    assertThat(((SwimMessage.Refusal) sent.message()).incumbent())
                            .isEqualTo(FIRST);
                })
                .extracting(Sent::lane)
                .containsExactlyInAnyOrder(Lane.DATAGRAM, Lane.STREAM);
        run(3 * T);
        assertThat(me.member("x").id()).isEqualTo(FIRST.id());
    }

    @Test
    void refusedClaimantIsNotContestedAgainForAWhile() {
        meet();
        claim(SECOND);
        from("x", new SwimMessage.Ack(asked(), FIRST.id(), List.of()));
        out.sent.clear();
        claim(SECOND.with(new Incarnation(3), MemberState.ALIVE));
        assertThat(out.messages(SwimMessage.Type.PING)).isEmpty();
        assertThat(refused(RefusedClaim.CONTESTED)).isEqualTo(2);
        now += 10 * T;
        claim(SECOND);
        assertThat(out.messages(SwimMessage.Type.PING)).hasSize(2);
    }

    @Test
    void refusedClaimantThatSpeaksIsToldAgainNowAndThen() {
        meet();
        claim(SECOND);
        from("x", new SwimMessage.Ack(asked(), FIRST.id(), List.of()));
        out.sent.clear();
        for (int i = 0; i < 5; i++) {
            me.receive(ELSEWHERE, SECOND.id(), new SwimMessage.Gossip(List.of()), now, out);
        }
        assertThat(out.messages(SwimMessage.Type.REFUSAL))
                .hasSize(2)
                .allSatisfy(sent -> assertThat(sent.to()).isEqualTo(ELSEWHERE));
    }

    @Test
    void claimHoldsAtOnceWhenAnotherProcessAnswersAtTheAddressOfTheFirst() {
        for (final MemberId answering : List.of(SECOND.id(), id("y", 1))) {
            final ContestTest test = new ContestTest();
            test.meet();
            test.claim(SECOND);
            test.from("x", new SwimMessage.Ack(test.asked(), answering, List.of()));
            assertThat(test.me.member("x")).isEqualTo(SECOND);
            assertThat(test.me.counters().replacements()).isEqualTo(1);
        }
    }

    @Test
    void claimHoldsWhenTheFirstIsSilentForTwoIntervals() {
        meet();
        claim(SECOND);
        run(2 * T - TinyNetwork.TICK_NANOS);
        assertThat(me.member("x").id()).isEqualTo(FIRST.id());
        run(2 * TinyNetwork.TICK_NANOS);
        assertThat(me.member("x")).isEqualTo(SECOND);
        assertThat(out.changes).last().isEqualTo(SECOND);
    }

    @Test
    void firstIsAlsoAskedThroughOthers() {
        hear("a", alive("a", 1));
        meet();
        claim(SECOND);
        out.sent.clear();
        run(T);
        assertThat(out.messages(SwimMessage.Type.INDIRECT_PING))
                .isNotEmpty()
                .anySatisfy(sent -> assertThat(((SwimMessage.IndirectPing) sent.message()).target())
                        .isEqualTo(FIRST.id()));
    }

    @Test
    void lateMessageOfTheFirstIsNoProofOfLife() {
        meet();
        claim(SECOND);
        from("x", new SwimMessage.Ack(12, FIRST.id(), List.of()));
        from("x", new SwimMessage.Gossip(List.of(FIRST)));
        run(2 * T + TinyNetwork.TICK_NANOS);
        assertThat(me.member("x")).isEqualTo(SECOND);
    }

    @Test
    void restartInTheSameFolderIsNeverContested() {
        meet();
        final Member restarted = alive("x", 2);
        hear("a", restarted);
        assertThat(me.member("x")).isEqualTo(restarted);
        assertThat(me.counters().gauges().contestedClaims()).isZero();
    }

    @Test
    void nodeIdOfADeadOrDepartedMemberIsFree() {
        for (final MemberState state : List.of(MemberState.DEAD, MemberState.LEFT)) {
            final ContestTest test = new ContestTest();
            test.meet();
            test.hear("a", FIRST.withState(MemberState.SUSPECT));
            test.run(3 * T);
            test.hear("a", FIRST.withState(state));
            test.claim(SECOND);
            assertThat(test.me.member("x")).isEqualTo(SECOND);
        }
    }

    @Test
    void claimThatWaitsHoldsAsSoonAsTheFirstIsGone() {
        for (final MemberState state : List.of(MemberState.DEAD, MemberState.LEFT)) {
            final ContestTest test = new ContestTest();
            test.meet();
            test.hear("a", FIRST.withState(MemberState.SUSPECT));
            test.run(3 * T);
            test.claim(SECOND);
            test.hear("a", FIRST.withState(state));
            assertThat(test.me.member("x")).isEqualTo(SECOND);
        }
        meet();
        claim(SECOND);
        me.forget("x", FIRST.id().origin(), new Generation(1), now, out);
        assertThat(me.member("x")).isEqualTo(SECOND);
    }

    @Test
    void laterOfTwoClaimsWaits() {
        meet();
        claim(SECOND);
        claim(other(3, MemberState.ALIVE));
        claim(SECOND);
        run(2 * T + TinyNetwork.TICK_NANOS);
        assertThat(me.member("x")).isEqualTo(other(3, MemberState.ALIVE));
    }

    @Test
    void contestsAreBounded() {
        for (int i = 0; i <= Contests.CONTESTS_MAX; i++) {
            hear("n" + i, alive("n" + i, 1));
        }
        for (int i = 0; i <= Contests.CONTESTS_MAX; i++) {
            hear(
                    "a",
                    new Member(
                            new MemberId("n" + i, new Origin(1), new Generation(2)),
                            Incarnation.FIRST,
                            MemberState.ALIVE,
                            ELSEWHERE,
                            "http://elsewhere:8080"));
        }
        assertThat(me.counters().gauges().contestedClaims()).isEqualTo(Contests.CONTESTS_MAX);
        assertThat(refused(RefusedClaim.CONTESTS_FULL)).isEqualTo(1);
    }

    @Test
    void lateTickOfThisNodeDecidesNoContestButTheNextOnesDo() {
        meet();
        claim(SECOND);
        run(3 * T / 2);
        now += T;
        tick();
        assertThat(me.member("x").id()).isEqualTo(FIRST.id());
        run(T);
        assertThat(me.member("x")).isEqualTo(SECOND);
    }

    @Test
    void pauseOfThisNodeDecidesNoContest() {
        meet();
        claim(SECOND);
        now += 10 * T;
        tick();
        assertThat(me.member("x").id()).isEqualTo(FIRST.id());
    }

    @Test
    void onlyTheOwnWordOfTheFirstBringsItBackWhenTheSecondIsGone() {
        meet();
        claim(SECOND);
        run(3 * T);
        hearDeath("a", SECOND.withState(MemberState.DEAD));
        final Member lives = FIRST.with(new Incarnation(4), MemberState.ALIVE);
        hear("a", lives);
        assertThat(me.member("x").state()).isEqualTo(MemberState.DEAD);
        me.receive(endpoint("x"), FIRST.id(), new SwimMessage.Gossip(List.of(lives)), now, out);
        assertThat(me.member("x")).isEqualTo(lives);
    }

    @Test
    void earlierProcessThatSpeaksWhileTheLaterOneLivesIsRefused() {
        hear("a", SECOND);
        out.sent.clear();
        me.receive(endpoint("x"), FIRST.id(), new SwimMessage.Gossip(List.of(FIRST)), now, out);
        assertThat(me.member("x")).isEqualTo(SECOND);
        assertThat(out.messages(SwimMessage.Type.REFUSAL)).hasSize(2).allSatisfy(sent -> {
            assertThat(sent.to()).isEqualTo(endpoint("x"));
            assertThat(((SwimMessage.Refusal) sent.message()).incumbent()).isEqualTo(SECOND);
        });
    }

    private void meet() {
        hear("x", FIRST);
        out.sent.clear();
    }

    /** As the claimant itself says it. */
    private void claim(final Member claimed) {
        me.receive(ELSEWHERE, claimed.id(), new SwimMessage.Gossip(List.of(claimed)), now, out);
    }

    private long asked() {
        return pings().get(0).sequence();
    }

    private List<SwimMessage.Ping> pings() {
        return out.messages(SwimMessage.Type.PING).stream()
                .map(sent -> (SwimMessage.Ping) sent.message())
                .toList();
    }

    private long refused(final RefusedClaim reason) {
        return me.counters().refusedByReason().get(reason);
    }

    private static Member other(final long generation, final MemberState state) {
        return new Member(
                new MemberId("x", new Origin(99), new Generation(generation)),
                Incarnation.FIRST,
                state,
                ELSEWHERE,
                "http://elsewhere:8080");
    }
}
