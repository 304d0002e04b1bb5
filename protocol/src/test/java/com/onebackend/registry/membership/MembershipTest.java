package com.onebackend.registry.membership;

import static com.onebackend.registry.membership.TinyNetwork.alive;
import static com.onebackend.registry.membership.TinyNetwork.id;
import static com.onebackend.registry.membership.TinyNetwork.member;
import static org.assertj.core.api.Assertions.assertThat;

import com.onebackend.registry.model.Incarnation;
import com.onebackend.registry.model.Member;
import com.onebackend.registry.model.MemberId;
import com.onebackend.registry.model.MemberState;
import java.util.List;
import org.junit.jupiter.api.Test;

/** One member, message by message. */
final class MembershipTest extends OneMember {
    @Test
    void pingIsAnsweredOnTheLaneItAsksFor() {
        hear("a", alive("a", 1));
        out.sent.clear();
        from("a", new SwimMessage.Ping(10, id("me", 5), 0, List.of()));
        assertThat(out.only(SwimMessage.Type.ACK).lane()).isEqualTo(Lane.DATAGRAM);
        out.sent.clear();
        from("a", new SwimMessage.Ping(11, id("me", 5), 0, List.of()));
        assertThat(out.only(SwimMessage.Type.ACK).lane()).isEqualTo(Lane.STREAM);
        assertThat(((SwimMessage.Ack) out.only(SwimMessage.Type.ACK).message()).sequence())
                .isEqualTo(11);
    }

    @Test
    void pingMeantForAnotherProcessIsAnsweredWithTheTruth() {
        for (final MemberId target : List.of(id("me", 4), id("other", 5))) {
            out.sent.clear();
            from("a", new SwimMessage.Ping(2, target, 0, List.of()));
            final SwimMessage.Ack ack =
                    (SwimMessage.Ack) out.only(SwimMessage.Type.ACK).message();
            assertThat(ack.subject()).isEqualTo(id("me", 5));
            assertThat(ack.rumors()).first().isEqualTo(me.self());
        }
    }

    @Test
    void accusationIsRefutedFirstThingInTheAnswerAndByStream() {
        hear("a", alive("a", 1));
        out.sent.clear();
        from("a", new SwimMessage.Ping(2, id("me", 5), 0, List.of(member("me", 5, 3, MemberState.SUSPECT))));
        assertThat(me.self()).isEqualTo(member("me", 5, 4, MemberState.ALIVE));
        assertThat(out.only(SwimMessage.Type.ACK).message().rumors()).first().isEqualTo(me.self());
        assertThat(out.only(SwimMessage.Type.GOSSIP).lane()).isEqualTo(Lane.STREAM);
        assertThat(out.only(SwimMessage.Type.GOSSIP).message().rumors()).first().isEqualTo(me.self());
        assertThat(me.localHealth()).isEqualTo(1);
    }

    @Test
    void accuserOfARefutationThatHadToWaitHearsItByStreamToo() {
        hear("a", alive("a", 1));
        hear("b", alive("b", 1));
        hear("a", member("me", 5, 0, MemberState.SUSPECT));
        hear("b", member("me", 5, 1, MemberState.SUSPECT));
        assertThat(me.self().incarnation()).isEqualTo(new Incarnation(1));
        out.sent.clear();
        run(T + TinyNetwork.TICK_NANOS);
        assertThat(me.self().incarnation()).isEqualTo(new Incarnation(2));
        assertThat(out.messages(SwimMessage.Type.GOSSIP))
                .filteredOn(sent -> sent.lane() == Lane.STREAM)
                .singleElement()
                .satisfies(sent -> {
                    assertThat(sent.to()).isEqualTo(endpoint("b"));
                    assertThat(sent.message().rumors()).first().isEqualTo(me.self());
                });
    }

    @Test
    void staleAccusationIsAnsweredButDoesNotRaiseTheIncarnation() {
        hear("a", alive("a", 1));
        hear("a", member("me", 5, 3, MemberState.DEAD));
        out.sent.clear();
        hear("a", member("me", 5, 3, MemberState.DEAD));
        assertThat(me.self().incarnation()).isEqualTo(new Incarnation(4));
        assertThat(me.localHealth()).isEqualTo(1);
        assertThat(out.only(SwimMessage.Type.GOSSIP).message().rumors()).containsExactly(me.self());
        assertThat(out.only(SwimMessage.Type.GOSSIP).to()).isEqualTo(endpoint("a"));
    }

    @Test
    void rumorOfMyEarlierGenerationIsAnsweredWithThePresentOne() {
        hear("a", alive("a", 1));
        out.sent.clear();
        hear("a", alive("me", 4));
        assertThat(out.only(SwimMessage.Type.GOSSIP).message().rumors()).containsExactly(me.self());
        assertThat(me.identityConflicts()).isZero();
    }

    @Test
    void laterProcessWithMyNameIsCountedAndTeachesNothing() {
        final Member before = me.self();
        from("me", 6, new SwimMessage.Ping(2, id("me", 6), 0, List.of(alive("b", 1))));
        assertThat(me.identityConflicts()).isEqualTo(1);
        assertThat(me.self()).isEqualTo(before);
        assertThat(me.member("b")).isNull();
    }

    @Test
    void echoOfMyOwnMessageIsDropped() {
        from("me", 5, new SwimMessage.Join(me.self(), List.of(alive("b", 1))));
        assertThat(out.sent).isEmpty();
        assertThat(me.members()).containsExactly(me.self());
        assertThat(me.identityConflicts()).isZero();
    }

    @Test
    void forgedIncarnationsAboutMeAreRefused() {
        hear("a", member("me", 5, CONFIG.incarnationJumpMax() + 1, MemberState.DEAD));
        hear("a", member("me", 5, Long.MAX_VALUE, MemberState.DEAD));
        hear("a", member("me", 5, 0, MemberState.REMOVED));
        assertThat(me.self()).isEqualTo(alive("me", 5));
        assertThat(me.refusedClaims()).isEqualTo(3);
    }

    @Test
    void accusationsOfTheUnknownAreKeptAndToldOn() {
        hear("a", alive("a", 1));
        hear("a", member("x", 1, 2, MemberState.DEAD));
        hear("a", member("y", 1, 2, MemberState.SUSPECT));
        out.sent.clear();
        tick();
        assertThat(me.member("x").state()).isEqualTo(MemberState.DEAD);
        assertThat(me.member("y").state()).isEqualTo(MemberState.SUSPECT);
        assertThat(out.messages(SwimMessage.Type.GOSSIP))
                .anySatisfy(sent -> assertThat(sent.message().rumors()).contains(me.member("x"), me.member("y")));
    }

    @Test
    void onlyTheMemberItselfSaysWhereItLives() {
        hear("b", alive("b", 1));
        final Member elsewhere =
                new Member(id("b", 1), new Incarnation(0), MemberState.SUSPECT, endpoint("forged"), "http://forged:1");
        hear("a", elsewhere);
        assertThat(me.member("b")).isEqualTo(member("b", 1, 0, MemberState.SUSPECT));
        final Member moved = elsewhere.with(new Incarnation(1), MemberState.ALIVE);
        hear("b", moved);
        assertThat(me.member("b")).isEqualTo(moved);
    }

    @Test
    void relayedSuspicionIsNoConfirmationButIndependentAccusersAre() {
        for (final String name : List.of("a", "b", "c", "d", "x")) {
            hear(name, alive(name, 1));
        }
        final Member suspect = member("x", 1, 0, MemberState.SUSPECT);
        for (final String relay : List.of("a", "b", "c", "d")) {
            from(relay, gossip(suspect, "a"));
        }
        run(4 * T + 2 * T);
        assertThat(me.member("x").state()).isEqualTo(MemberState.SUSPECT);
        from("a", gossip(suspect, "b"));
        from("a", gossip(suspect, "c"));
        tick();
        assertThat(me.member("x").state()).isEqualTo(MemberState.DEAD);
    }

    @Test
    void accusationsThatDoNotFitTheSuspicionAreIgnored() {
        for (final String name : List.of("a", "b", "c", "d", "x")) {
            hear(name, alive(name, 1));
        }
        hear("x", member("x", 1, 7, MemberState.ALIVE));
        hear("a", member("x", 1, 7, MemberState.SUSPECT));
        for (final String accuser : List.of("a", "b", "c", "d")) {
            from("a", gossip(member("x", 1, 6, MemberState.SUSPECT), accuser)); // an earlier incarnation
        }
        for (final String accuser : List.of("x", "stranger1", "stranger2", "stranger3")) {
            from("a", gossip(member("x", 1, 7, MemberState.SUSPECT), accuser));
        }
        run(6 * T);
        assertThat(me.member("x").state()).isEqualTo(MemberState.SUSPECT);
    }

    @Test
    void deadOneThatSpeaksIsToldSoOncePerTenIntervals() {
        hear("x", alive("x", 1));
        hearDeath("a", member("x", 1, 0, MemberState.DEAD));
        out.sent.clear();
        for (int i = 0; i < 5; i++) {
            from("x", new SwimMessage.Ack(999, id("x", 1), List.of()));
        }
        assertThat(out.sent).hasSize(1);
        assertThat(out.only(SwimMessage.Type.GOSSIP).message().rumors())
                .first()
                .isEqualTo(member("x", 1, 0, MemberState.DEAD));
        now += 10 * T;
        from("x", new SwimMessage.Ack(999, id("x", 1), List.of()));
        assertThat(out.messages(SwimMessage.Type.GOSSIP)).hasSize(2);
    }

    @Test
    void everyMessageToOneThatIsAccusedBeginsWithTheAccusation() {
        hear("x", alive("x", 1));
        hear("a", member("x", 1, 0, MemberState.SUSPECT));
        out.sent.clear();
        from("x", new SwimMessage.Ping(2, id("me", 5), 0, List.of()));
        assertThat(out.only(SwimMessage.Type.ACK).message().rumors())
                .first()
                .isEqualTo(member("x", 1, 0, MemberState.SUSPECT));
        run(3 * T);
        assertThat(out.messages(SwimMessage.Type.PING))
                .isNotEmpty()
                .allSatisfy(sent -> assertThat(sent.message().rumors())
                        .first()
                        .extracting(Member::state)
                        .isNotEqualTo(MemberState.ALIVE));
    }

    @Test
    void strangerThatSpeaksIsAskedWhoItIs() {
        from("stranger", new SwimMessage.Ack(1, id("stranger", 1), List.of()));
        assertThat(out.only(SwimMessage.Type.JOIN).to()).isEqualTo(endpoint("stranger"));
    }

    @Test
    void helperRelaysTheAnswerOfTheTargetAndNoOther() {
        hear("asker", alive("asker", 1));
        hear("t", alive("t", 3));
        out.sent.clear();
        from("asker", new SwimMessage.IndirectPing(40, id("t", 3), endpoint("t"), List.of()));
        final Sent relayed = out.only(SwimMessage.Type.PING);
        final long sequence = ((SwimMessage.Ping) relayed.message()).sequence();
        assertThat(relayed.to()).isEqualTo(endpoint("t"));
        from("t", new SwimMessage.Ack(sequence, id("t", 2), List.of()));
        from("t", new SwimMessage.Ack(sequence + 2, id("t", 3), List.of()));
        assertThat(out.messages(SwimMessage.Type.ACK)).isEmpty();
        from("t", new SwimMessage.Ack(sequence, id("t", 3), List.of()));
        from("t", new SwimMessage.Ack(sequence, id("t", 3), List.of()));
        final Sent answer = out.only(SwimMessage.Type.ACK);
        assertThat(answer.to()).isEqualTo(endpoint("asker"));
        assertThat(((SwimMessage.Ack) answer.message()).sequence()).isEqualTo(40);
        assertThat(((SwimMessage.Ack) answer.message()).subject()).isEqualTo(id("t", 3));
    }
}
