package com.onebackend.registry.membership;

import static com.onebackend.registry.membership.TinyNetwork.alive;
import static com.onebackend.registry.membership.TinyNetwork.id;
import static com.onebackend.registry.membership.TinyNetwork.member;
import static org.assertj.core.api.Assertions.assertThat;

import com.onebackend.registry.model.Member;
import com.onebackend.registry.model.MemberState;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Who is forgotten at last, and that nobody returns from there by hearsay. */
final class DepartedTest extends OneMember {
    private static final List<MemberState> STATES = List.of(MemberState.values());

    @Test
    void oneThatSaidGoodByeIsLetGoAfterThreeDays() {
        hear("a", alive("a", 1));
        hear("x", member("x", 1, 0, MemberState.LEFT));
        now += CONFIG.leftKeepNanos() - 1;
        tick();
        assertThat(me.member("x")).isNotNull();
        now += 1;
        tick();
        assertThat(me.member("x")).isNull();
        assertThat(out.changes).last().isEqualTo(member("x", 1, 0, MemberState.REMOVED));
        assertThat(me.counters().letGo()).isEqualTo(1);
    }

    @Test
    void deadAreKeptForEver() {
        hear("a", member("x", 1, 0, MemberState.DEAD));
        now += 10 * CONFIG.leftKeepNanos();
        tick();
        assertThat(me.member("x").state()).isEqualTo(MemberState.DEAD);
    }

    @Test
    void hearsayDoesNotBringBackWhoWasLetGo() {
        letGo();
        for (final MemberState state : List.of(MemberState.ALIVE, MemberState.SUSPECT, MemberState.LEFT)) {
            hear("a", member("x", 1, 9, state));
            assertThat(me.member("x")).isNull();
        }
        assertThat(me.counters().refusedByReason().get(RefusedClaim.LET_GO)).isEqualTo(3);
    }

    @Test
    void laterProcessOrTheOwnWordBringsItBack() {
        letGo();
        hear("a", alive("x", 2));
        assertThat(me.member("x")).isEqualTo(alive("x", 2));
        final DepartedTest other = new DepartedTest();
        other.letGo();
        other.hear("x", alive("x", 1));
        assertThat(other.me.member("x")).isEqualTo(alive("x", 1));
    }

    @Test
    void beyondTheirNumberThoseThatLeftFirstAreLetGo() {
        final Membership small = new Membership(CONFIG.withRoom(100, 3), alive("me", 5), new SplittableRandom(1));
        for (int i = 0; i < 6; i++) {
            small.receive(
                    endpoint("a"),
                    id("a", 1),
                    new SwimMessage.Gossip(List.of(member("x" + i, 1, 0, MemberState.LEFT))),
                    now,
                    out);
        }
        small.tick(now, out);
        assertThat(small.members()).extracting(known -> known.id().nodeId()).containsExactly("me", "x3", "x4", "x5");
    }

    @Test
    void deadHaveHalfOfTheTable() {
        final Membership small = new Membership(CONFIG.withRoom(8, 8), alive("me", 5), new SplittableRandom(1));
        final List<Member> dead = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            dead.add(member("x" + i, 1, 0, MemberState.DEAD));
        }
        small.receive(endpoint("a"), id("a", 1), new SwimMessage.Gossip(dead), now, out);
        small.tick(now, out);
        assertThat(small.members()).hasSize(1 + 4);
    }

    @Test
    void tenThousandCyclesOfOneNodeLeaveOneEntry() {
        hear("a", alive("a", 1));
        for (int generation = 1; generation <= 10_000; generation++) {
            hear("a", alive("x", generation));
            hear("a", member("x", generation, 0, MemberState.LEFT));
        }
        assertThat(me.members()).hasSize(3);
    }

    @Test
    void tableHashIsThatOfTheEntriesWhateverTheirHistory() {
        final Random chance = new Random(4);
        final List<Member> last = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            last.add(member("m" + i, 1, 1 + chance.nextInt(5), STATES.get(chance.nextInt(4))));
        }
        final MemberTable one = new MemberTable(alive("me", 1), CONFIG);
        last.forEach(member -> one.put(member, now));
        final MemberTable other = new MemberTable(alive("me", 1), CONFIG);
        Collections.shuffle(last, chance);
        last.forEach(member -> other.put(member.withState(MemberState.ALIVE), now));
        last.forEach(member -> other.put(member, now));
        other.put(alive("gone", 1), now);
        other.put(member("gone", 1, 0, MemberState.REMOVED), now);
        assertThat(other.hash()).isEqualTo(one.hash());
        one.put(alive("m0", 9), now);
        assertThat(other.hash()).isNotEqualTo(one.hash());
    }

    @Test
    void reachableAreThoseOfTheTableWhateverChanges() {
        final Random chance = new Random(5);
        final MemberTable table = new MemberTable(alive("me", 1), CONFIG);
        for (int step = 0; step < 2_000; step++) {
            final Member next = member("m" + chance.nextInt(30), 1, step, STATES.get(chance.nextInt(5)));
            table.put(next, now);
            final List<Member> expected = table.all().stream()
                    .filter(member -> member.state().isReachable()
                            && !table.isSelf(member.id().nodeId()))
                    .toList();
            assertThat(table.reachable()).containsExactlyInAnyOrderElementsOf(expected);
            assertThat(table.clusterSize()).isEqualTo(expected.size() + 1);
        }
        assertThat(table.all()).isSortedAccordingTo((a, b) -> a.id().nodeId().compareTo(b.id().nodeId()));
    }

    private void letGo() {
        hear("a", alive("a", 1));
        hear("x", member("x", 1, 0, MemberState.LEFT));
        now += CONFIG.leftKeepNanos();
        tick();
        assertThat(me.member("x")).isNull();
        assertThat(me.isForgotten(id("x", 1))).isFalse();
    }
}
