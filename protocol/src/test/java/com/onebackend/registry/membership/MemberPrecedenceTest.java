package com.onebackend.registry.membership;

import static com.onebackend.registry.membership.TinyNetwork.member;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.onebackend.registry.membership.MemberPrecedence.Outcome;
import com.onebackend.registry.model.Generation;
import com.onebackend.registry.model.Incarnation;
import com.onebackend.registry.model.Member;
import com.onebackend.registry.model.MemberId;
import com.onebackend.registry.model.MemberState;
import com.onebackend.registry.model.Origin;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

final class MemberPrecedenceTest {
    private static final long JUMP_MAX = 1_000;

    /** Known, claimed, then the outcome when the claimed incarnation is lower, equal, higher. */
    @ParameterizedTest
    @CsvSource({
        "ALIVE,   ALIVE,   STALE, SAME,    UPDATES",
        "ALIVE,   SUSPECT, STALE, UPDATES, UPDATES",
        "ALIVE,   DEAD,    STALE, UPDATES, UPDATES",
        "ALIVE,   LEFT,    STALE, UPDATES, UPDATES",
        "ALIVE,   REMOVED, REFUSED, REFUSED, REFUSED",
        "SUSPECT, ALIVE,   STALE, STALE,   UPDATES",
        "SUSPECT, SUSPECT, STALE, SAME,    UPDATES",
        "SUSPECT, DEAD,    STALE, UPDATES, UPDATES",
        "SUSPECT, LEFT,    STALE, UPDATES, UPDATES",
        "SUSPECT, REMOVED, REFUSED, REFUSED, REFUSED",
        "DEAD,    ALIVE,   STALE, STALE,   UPDATES",
        "DEAD,    SUSPECT, STALE, STALE,   UPDATES",
        "DEAD,    DEAD,    STALE, SAME,    UPDATES",
        "DEAD,    LEFT,    STALE, UPDATES, UPDATES",
        "DEAD,    REMOVED, REFUSED, REFUSED, REFUSED",
        "LEFT,    ALIVE,   STALE, STALE,   UPDATES",
        "LEFT,    SUSPECT, STALE, STALE,   UPDATES",
        "LEFT,    DEAD,    STALE, STALE,   UPDATES",
        "LEFT,    LEFT,    STALE, SAME,    UPDATES",
        "LEFT,    REMOVED, REFUSED, REFUSED, REFUSED",
        "REMOVED, ALIVE,   STALE, STALE,   STALE",
        "REMOVED, SUSPECT, STALE, STALE,   STALE",
        "REMOVED, DEAD,    STALE, STALE,   STALE",
        "REMOVED, LEFT,    STALE, STALE,   STALE",
        "REMOVED, REMOVED, REFUSED, REFUSED, REFUSED",
    })
    void insideOneProcessIncarnationThenStateDecides(
            final MemberState known,
            final MemberState claimed,
            final Outcome lower,
            final Outcome equal,
            final Outcome higher) {
        final Member before = member("a", 7, 5, known);
        assertThat(outcome(before, member("a", 7, 4, claimed))).isEqualTo(lower);
        assertThat(outcome(before, member("a", 7, 5, claimed))).isEqualTo(equal);
        assertThat(outcome(before, member("a", 7, 6, claimed))).isEqualTo(higher);
    }

    @ParameterizedTest
    @EnumSource(MemberState.class)
    void higherGenerationWinsWhateverIncarnationsAndStatesSay(final MemberState known) {
        for (final MemberState claimed : MemberState.values()) {
            final Outcome expected = claimed == MemberState.REMOVED ? Outcome.REFUSED : Outcome.REPLACES;
            assertThat(outcome(member("a", 7, 999_999, known), member("a", 8, 0, claimed)))
                    .isEqualTo(expected);
            assertThat(outcome(member("a", 8, 0, known), member("a", 7, 999_999, claimed)))
                    .isEqualTo(claimed == MemberState.REMOVED ? Outcome.REFUSED : Outcome.STALE);
        }
    }

    @Test
    void originDecidesBetweenTwoProcessesOfOneGeneration() {
        final Member low = withOrigin(1);
        final Member high = withOrigin(-1); // the greatest, as an unsigned number
        assertThat(outcome(low, high)).isEqualTo(Outcome.REPLACES);
        assertThat(outcome(high, low)).isEqualTo(Outcome.STALE);
    }

    @ParameterizedTest
    @EnumSource(
            value = MemberState.class,
            names = {"ALIVE", "SUSPECT", "DEAD", "LEFT"})
    void anythingIsNewsAboutTheUnknown(final MemberState claimed) {
        assertThat(outcome(null, member("a", 1, 123_456_789, claimed))).isEqualTo(Outcome.NEW);
    }

    @Test
    void removalIsNeverARumor() {
        assertThat(outcome(null, member("a", 1, 0, MemberState.REMOVED))).isEqualTo(Outcome.REFUSED);
    }

    @Test
    void incarnationMayNotJump() {
        final Member known = member("a", 1, 10, MemberState.ALIVE);
        assertThat(outcome(known, member("a", 1, 10 + JUMP_MAX, MemberState.DEAD)))
                .isEqualTo(Outcome.UPDATES);
        assertThat(outcome(known, member("a", 1, 11 + JUMP_MAX, MemberState.DEAD)))
                .isEqualTo(Outcome.REFUSED);
        assertThat(outcome(null, member("a", 1, MemberPrecedence.INCARNATION_MAX + 1, MemberState.DEAD)))
                .isEqualTo(Outcome.REFUSED);
        assertThat(outcome(known, member("a", 2, Long.MAX_VALUE, MemberState.DEAD)))
                .isEqualTo(Outcome.REFUSED);
    }

    @Test
    void twoNodesAreNeverComparedAsOne() {
        final Member a = member("a", 1, 0, MemberState.ALIVE);
        final Member b = member("b", 1, 0, MemberState.ALIVE);
        assertThatThrownBy(() -> outcome(a, b)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void laterProcessProvesLifeButEarlierAndOtherOnesDoNot() {
        final MemberId asked = TinyNetwork.id("a", 5);
        assertThat(MemberPrecedence.provesLife(asked, asked)).isTrue();
        assertThat(MemberPrecedence.provesLife(TinyNetwork.id("a", 6), asked)).isTrue();
        assertThat(MemberPrecedence.provesLife(TinyNetwork.id("a", 4), asked)).isFalse();
        assertThat(MemberPrecedence.provesLife(TinyNetwork.id("b", 6), asked)).isFalse();
    }

    private static Outcome outcome(final Member known, final Member claimed) {
        return MemberPrecedence.outcome(known, claimed, JUMP_MAX);
    }

    private static Member withOrigin(final long origin) {
        final Member any = member("a", 7, 0, MemberState.ALIVE);
        return new Member(
                new MemberId("a", new Origin(origin), new Generation(7)),
                new Incarnation(0),
                MemberState.ALIVE,
                any.endpoint(),
                any.url());
    }
}
