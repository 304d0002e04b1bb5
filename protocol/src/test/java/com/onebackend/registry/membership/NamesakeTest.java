package com.onebackend.registry.membership;

import static com.onebackend.registry.membership.TinyNetwork.alive;
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

/** This process meets another one with its node id. */
final class NamesakeTest extends OneMember {
    private static final Endpoint ELSEWHERE = new Endpoint("elsewhere", 7946);
    private static final Member EARLIER = namesake(4);
    private static final Member LATER = namesake(6);

    @Test
    void refusalIsBelievedOnlyOnceTheOneItNamesHasAnswered() {
        hear("a", alive("a", 1));
        final List<Long> asked = refuse("a", EARLIER);
        assertThat(out.messages(SwimMessage.Type.PING))
                .hasSize(2)
                .allSatisfy(sent -> assertThat(sent.to()).isEqualTo(ELSEWHERE))
                .extracting(Sent::lane)
                .containsExactlyInAnyOrder(Lane.DATAGRAM, Lane.STREAM);
        assertThat(out.refusedBy).isEmpty();
        run(T);
        assertThat(out.refusedBy).isEmpty();
        answer(EARLIER, asked.get(0), false);
        assertThat(out.refusedBy).containsExactly(EARLIER);
        assertThat(me.isRefused()).isTrue();
    }

    @Test
    void severalRefusalsInOneIntervalAreOneQuestion() {
        hear("a", alive("a", 1));
        final List<Long> asked = refuse("a", EARLIER);
        refuse("a", EARLIER);
        answer(EARLIER, asked.get(0), false);
        assertThat(out.refusedBy).as("the first question still counts").containsExactly(EARLIER);
        final NamesakeTest other = new NamesakeTest();
        other.hear("a", alive("a", 1));
        other.refuse("a", EARLIER);
        other.out.sent.clear();
        other.refuse("a", EARLIER);
        assertThat(other.out.messages(SwimMessage.Type.PING)).isEmpty();
        other.now += T;
        other.refuse("a", EARLIER);
        assertThat(other.out.messages(SwimMessage.Type.PING)).hasSize(2);
    }

    @Test
    void refusedProcessIsSilent() {
        hear("a", alive("a", 1));
        answer(EARLIER, refuse("a", EARLIER).get(0), false);
        out.sent.clear();
        answer(EARLIER, 4, false);
        from("a", new SwimMessage.Ping(2, me.self().id(), 0, List.of()));
        run(20 * T);
        me.leave(now, out);
        assertThat(out.sent).isEmpty();
        assertThat(out.refusedBy).hasSize(1);
    }

    @Test
    void oneThatIsSilentOrAnotherTakesNothing() {
        hear("a", alive("a", 1));
        final List<Long> asked = refuse("a", EARLIER);
        answer(namesake(3), asked.get(0), true);
        answer(EARLIER, asked.get(1) + 2, true);
        me.receive(
                ELSEWHERE, alive("y", 1).id(), ack(asked.get(0), alive("y", 1).id(), true), now, out);
        run(3 * T);
        assertThat(out.refusedBy).isEmpty();
    }

    @Test
    void refusalByAStrangerOrOfAnotherIsDroppedAndCounted() {
        hear("a", alive("a", 1));
        hear("a", alive("dead", 1).withState(MemberState.DEAD));
        refuse("stranger", EARLIER);
        refuse("dead", EARLIER);
        refuse("a", alive("b", 1));
        refuse("a", alive("me", 4));
        refuse("a", EARLIER.withState(MemberState.DEAD));
        assertThat(me.counters().refusedByReason().get(RefusedClaim.FOREIGN_REFUSAL))
                .isEqualTo(5);
        assertThat(out.messages(SwimMessage.Type.PING))
                .noneMatch(sent -> sent.to().equals(ELSEWHERE));
    }

    @Test
    void processOlderThanAMinuteIsNotRefusedAnyMore() {
        tick();
        hear("a", alive("a", 1));
        now += CONFIG.refusalWindowNanos() + 1;
        refuse("a", EARLIER);
        assertThat(out.messages(SwimMessage.Type.PING)).isEmpty();
        assertThat(me.identityConflicts()).isEqualTo(1);
    }

    @Test
    void answerThatComesAfterTheMinuteRefusesNobody() {
        tick();
        hear("a", alive("a", 1));
        now += CONFIG.refusalWindowNanos();
        final List<Long> asked = refuse("a", EARLIER);
        now += 1;
        answer(EARLIER, asked.get(0), true);
        assertThat(out.refusedBy).isEmpty();
    }

    @Test
    void ofTwoYoungProcessesTheLaterYields() {
        hear("a", alive("a", 1));
        answer(LATER, refuse("a", LATER).get(0), false);
        assertThat(out.refusedBy).isEmpty();
        now += T;
        answer(EARLIER, refuse("a", EARLIER).get(0), false);
        assertThat(out.refusedBy).containsExactly(EARLIER);
    }

    @Test
    void youngProcessYieldsToAnEstablishedOneWhateverTheirGenerations() {
        hear("a", alive("a", 1));
        answer(LATER, refuse("a", LATER).get(0), true);
        assertThat(out.refusedBy).containsExactly(LATER);
    }

    @Test
    void oneThatAsksForThisVeryProcessIsAnsweredAndToldWhomItMeets() {
        final Member self = me.self();
        namesakeSays(LATER, new SwimMessage.Ping(8, self.id(), 0, List.of(alive("b", 1))));
        final SwimMessage.Ack ack =
                (SwimMessage.Ack) out.only(SwimMessage.Type.ACK).message();
        assertThat(ack.subject()).isEqualTo(self.id());
        assertThat(ack.isSettled()).isFalse();
        assertThat(out.messages(SwimMessage.Type.REFUSAL)).hasSize(2).allSatisfy(sent -> {
            assertThat(sent.to()).isEqualTo(ELSEWHERE);
            assertThat(((SwimMessage.Refusal) sent.message()).incumbent()).isEqualTo(self);
        });
        assertThat(me.identityConflicts()).isEqualTo(1);
        assertThat(me.member("b")).isNull();
        assertThat(me.self()).isEqualTo(self);
        now += CONFIG.refusalWindowNanos() + 1;
        out.sent.clear();
        namesakeSays(LATER, new SwimMessage.Ping(10, self.id(), 0, List.of()));
        assertThat(((SwimMessage.Ack) out.only(SwimMessage.Type.ACK).message()).isSettled())
                .isTrue();
    }

    @Test
    void whoeverTellsOfANamesakeIsSetRightAndTheNamesakeTold() {
        hear("a", alive("a", 1));
        out.sent.clear();
        hear("a", LATER);
        assertThat(out.only(SwimMessage.Type.GOSSIP).message().rumors()).first().isEqualTo(me.self());
        assertThat(out.messages(SwimMessage.Type.REFUSAL))
                .hasSize(2)
                .allSatisfy(sent -> assertThat(sent.to()).isEqualTo(ELSEWHERE));
        hear("a", LATER);
        assertThat(out.messages(SwimMessage.Type.REFUSAL)).as("not each time").hasSize(2);
        assertThat(me.identityConflicts()).isEqualTo(2);
    }

    @Test
    void processEndsWhenAnybodyTellsOfALaterStartOfItsFolder() {
        final Member later = copy(6, MemberState.ALIVE);
        final List<SwimMessage> ways = List.of(
                new SwimMessage.Gossip(List.of(later)),
                new SwimMessage.Ack(3, alive("a", 1).id(), List.of(later)),
                new SwimMessage.Ping(4, alive("me", 5).id(), 0, List.of(later)),
                new SwimMessage.JoinReply(List.of(later)),
                new SwimMessage.Refusal(later, List.of()));
        for (final SwimMessage way : ways) {
            final NamesakeTest test = new NamesakeTest();
            test.now += CONFIG.refusalWindowNanos() * 2;
            test.tick();
            test.now += CONFIG.refusalWindowNanos() * 2;
            test.from("a", way);
            assertThat(test.out.refusedBy).as(way.toString()).containsExactly(later);
            assertThat(test.me.identityConflicts()).isEqualTo(1);
            test.out.sent.clear();
            test.from("a", way);
            test.run(5 * T);
            assertThat(test.out.refusedBy).hasSize(1);
            assertThat(test.out.sent).as("silent").isEmpty();
        }
    }

    @Test
    void processEndsWhenALaterStartOfItsFolderSpeaksToIt() {
        final Member later = copy(6, MemberState.ALIVE);
        for (final SwimMessage word : List.of(
                new SwimMessage.Join(later, List.of()),
                new SwimMessage.Refusal(later, List.of()),
                new SwimMessage.Gossip(List.of(later)))) {
            final NamesakeTest test = new NamesakeTest();
            test.namesakeSays(later, word);
            assertThat(test.out.refusedBy).as(word.toString()).containsExactly(later);
        }
        namesakeSays(later, new SwimMessage.Ping(8, alive("b", 1).id(), 0, List.of()));
        assertThat(out.refusedBy).singleElement().satisfies(by -> {
            assertThat(by.id()).isEqualTo(later.id());
            assertThat(by.endpoint()).isEqualTo(ELSEWHERE);
        });
    }

    @Test
    void laterStartThatIsGoneEndsTheProcessTooBecauseNobodyBelievesItAnyMore() {
        for (final MemberState state : List.of(MemberState.DEAD, MemberState.LEFT)) {
            final NamesakeTest test = new NamesakeTest();
            test.hear("a", copy(6, state));
            assertThat(test.out.refusedBy).containsExactly(copy(6, state));
        }
    }

    @Test
    void laterStartThatCannotBeIsNotBelieved() {
        hear("a", copy(6, MemberState.REMOVED));
        hear("a", copy(6, MemberState.ALIVE).with(new Incarnation(Long.MAX_VALUE), MemberState.ALIVE));
        hear("a", copy(4, MemberState.ALIVE), alive("me", 5));
        assertThat(out.refusedBy).isEmpty();
    }

    @Test
    void laterStartTellsAnEarlierOneThatStillRunsElsewhere() {
        namesakeSays(
                copy(4, MemberState.ALIVE),
                new SwimMessage.Ping(8, alive("b", 1).id(), 0, List.of()));
        assertThat(out.messages(SwimMessage.Type.REFUSAL)).hasSize(2).allSatisfy(sent -> {
            assertThat(sent.to()).isEqualTo(ELSEWHERE);
            assertThat(((SwimMessage.Refusal) sent.message()).incumbent()).isEqualTo(me.self());
        });
        assertThat(out.refusedBy).isEmpty();
    }

    @Test
    void lateWordOfTheProcessBeforeAtTheSameAddressIsNotAnswered() {
        me.receive(
                me.self().endpoint(),
                copy(4, MemberState.ALIVE).id(),
                new SwimMessage.Ping(8, alive("b", 1).id(), 0, List.of()),
                now,
                out);
        assertThat(out.sent).isEmpty();
    }

    private List<Long> refuse(final String teller, final Member incumbent) {
        out.sent.clear();
        from(teller, new SwimMessage.Refusal(incumbent, List.of()));
        return out.messages(SwimMessage.Type.PING).stream()
                .map(sent -> ((SwimMessage.Ping) sent.message()).sequence())
                .toList();
    }

    private void answer(final Member namesake, final long sequence, final boolean isSettled) {
        namesakeSays(namesake, ack(sequence, namesake.id(), isSettled));
    }

    private void namesakeSays(final Member namesake, final SwimMessage message) {
        me.receive(ELSEWHERE, namesake.id(), message, now, out);
    }

    private static SwimMessage ack(final long sequence, final MemberId subject, final boolean isSettled) {
        return new SwimMessage.Ack(sequence, subject, isSettled, List.of());
    }

    /** Started with a copy of this process's folder. */
    private static Member copy(final long generation, final MemberState state) {
        final Member self = alive("me", generation);
        return new Member(self.id(), self.incarnation(), state, ELSEWHERE, "http://elsewhere:8080");
    }

    private static Member namesake(final long generation) {
        return new Member(
                new MemberId("me", new Origin(99), new Generation(generation)),
                Incarnation.FIRST,
                MemberState.ALIVE,
                ELSEWHERE,
                "http://elsewhere:8080");
    }
}
