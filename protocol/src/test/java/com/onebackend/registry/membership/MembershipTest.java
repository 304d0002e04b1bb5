package com.onebackend.registry.membership;

import static com.onebackend.registry.membership.TinyNetwork.MILLI;
import static com.onebackend.registry.membership.TinyNetwork.alive;
import static com.onebackend.registry.membership.TinyNetwork.id;
import static com.onebackend.registry.membership.TinyNetwork.member;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.onebackend.registry.model.Endpoint;
import com.onebackend.registry.model.Generation;
import com.onebackend.registry.model.Incarnation;
import com.onebackend.registry.model.Member;
import com.onebackend.registry.model.MemberId;
import com.onebackend.registry.model.MemberState;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** One member, message by message. */
final class MembershipTest {
    private static final MembershipConfig CONFIG = MembershipConfig.LAN;
    private static final long T = CONFIG.probeIntervalNanos();

    private final Outbox out = new Outbox();
    private final Membership me = new Membership(CONFIG, alive("me", 5), new SplittableRandom(1));
    private long now = 77;

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
    void laterProcessWithMyNameIsCountedAndChangesNothing() {
        final Member before = me.self();
        hear("a", alive("me", 6));
        from("me", 6, new SwimMessage.Ping(2, id("me", 6), 0, List.of(alive("b", 1))));
        assertThat(me.identityConflicts()).isEqualTo(2);
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
        hear("a", member("x", 1, 0, MemberState.DEAD));
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
        hear("s1", member("s1", 1, 19, MemberState.DEAD));
        out.sent.clear();
        run(CONFIG.deadProbeIntervalNanos() + T);
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
        final MembershipConfig small =
                new MembershipConfig(T, 200 * MILLI, 3, 4, 6, 3, 6, 100 * MILLI, 3, 5_000 * MILLI, 4, 1_000);
        final Membership tight = new Membership(small, alive("me", 5), new SplittableRandom(1));
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

    private void hear(final String sender, final Member... rumors) {
        from(sender, new SwimMessage.Gossip(List.of(rumors)));
    }

    private void from(final String sender, final SwimMessage message) {
        from(sender, 1, message);
    }

    private void from(final String sender, final long generation, final SwimMessage message) {
        final Member known = me.member(sender);
        final MemberId id = known != null && generation == 1 ? known.id() : id(sender, generation);
        me.receive(endpoint(sender), id, message, now, out);
    }

    private void run(final long nanos) {
        for (final long end = now + nanos; now < end; now += TinyNetwork.TICK_NANOS) {
            tick();
        }
    }

    private void tick() {
        me.tick(now, out);
    }

    private static SwimMessage gossip(final Member suspect, final String accuser) {
        return new SwimMessage.Gossip(
                List.of(suspect),
                List.of(new SwimMessage.Accusation(suspect.id().nodeId(), accuser)));
    }

    private static Endpoint endpoint(final String name) {
        return new Endpoint(name, 7946);
    }

    private record Sent(Endpoint to, Lane lane, SwimMessage message) {}

    private static final class Outbox implements SwimOutput {
        final List<Sent> sent = new ArrayList<>();
        final List<Member> changes = new ArrayList<>();

        @Override
        public void send(final Endpoint to, final Lane lane, final SwimMessage message) {
            sent.add(new Sent(to, lane, message));
        }

        @Override
        public void changed(final Member before, final Member after) {
            changes.add(after);
        }

        List<Sent> messages(final SwimMessage.Type type) {
            return sent.stream().filter(one -> one.message().type() == type).toList();
        }

        Sent only(final SwimMessage.Type type) {
            final List<Sent> found = messages(type);
            assertThat(found).hasSize(1);
            return found.get(0);
        }
    }
}
