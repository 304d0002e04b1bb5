package com.onebackend.registry.membership;

import static org.assertj.core.api.Assertions.assertThat;

import com.onebackend.registry.model.Endpoint;
import com.onebackend.registry.model.Generation;
import com.onebackend.registry.model.Member;
import com.onebackend.registry.model.MemberState;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** The table against a dumb model: of everything claimed and not removed, the greatest, deaths with a delay. */
final class MembershipModelTest {
    private static final List<String> NAMES = List.of("a", "b", "c", "d");
    private static final MemberState[] CLAIMS = {
        MemberState.ALIVE, MemberState.SUSPECT, MemberState.DEAD, MemberState.LEFT
    };

    @Test
    void tableHoldsTheGreatestClaimThatWasNotRemoved() {
        for (long seed = 0; seed < 300; seed++) {
            final Random chance = new Random(seed);
            final Recorder out = new Recorder();
            final Membership membership = fresh(seed);
            final Map<String, Member> model = new HashMap<>();
            final Map<String, Long> removed = new HashMap<>();
            for (int step = 0; step < 100; step++) {
                if (chance.nextInt(20) == 0) {
                    final String name = NAMES.get(chance.nextInt(NAMES.size()));
                    final long upTo = chance.nextInt(4);
                    membership.forget(name, new Generation(upTo), 0, out);
                    removed.merge(name, upTo, Math::max);
                    model.computeIfPresent(name, (id, known) -> generation(known) <= upTo ? null : known);
                } else {
                    final Member claim = claim(chance);
                    tell(membership, out, List.of(claim));
                    if (generation(claim) > removed.getOrDefault(claim.id().nodeId(), -1L)) {
                        model.merge(claim.id().nodeId(), claim, MembershipModelTest::next);
                    }
                }
                assertThat(table(membership)).as("seed %d, step %d", seed, step).isEqualTo(model);
            }
            // Every transition starts where the one before it ended.
            final Map<String, Member> seen = new HashMap<>();
            for (final Member[] change : out.changes) {
                assertThat(change[0]).isEqualTo(seen.put(change[1].id().nodeId(), change[1]));
            }
        }
    }

    @Test
    void orderRepetitionAndGroupingOfRumorsDoNotMatter() {
        for (long seed = 0; seed < 300; seed++) {
            final Random chance = new Random(seed);
            final List<Member> claims = new ArrayList<>();
            for (int i = 0; i < 30; i++) {
                claims.add(claim(chance));
            }
            final Membership one = fresh(seed);
            claims.forEach(claim -> tell(one, new Recorder(), List.of(claim)));
            Collections.shuffle(claims, chance);
            final Membership other = fresh(seed);
            tell(other, new Recorder(), claims);
            tell(other, new Recorder(), claims.subList(0, 10));
            assertThat(settled(other)).as("seed %d", seed).isEqualTo(settled(one));
        }
    }

    private static Membership fresh(final long seed) {
        return new Membership(MembershipConfig.LAN, TinyNetwork.alive("self", 1), new SplittableRandom(seed));
    }

    private static void tell(final Membership membership, final SwimOutput out, final List<Member> rumors) {
        membership.receive(
                new Endpoint("stranger", 1), TinyNetwork.id("stranger", 1), new SwimMessage.Gossip(rumors), 0, out);
    }

    private static Member claim(final Random chance) {
        return TinyNetwork.member(
                NAMES.get(chance.nextInt(NAMES.size())),
                chance.nextInt(4),
                chance.nextInt(3),
                CLAIMS[chance.nextInt(CLAIMS.length)]);
    }

    private static Map<String, Member> table(final Membership membership) {
        final Map<String, Member> table = new HashMap<>();
        for (final Member member : membership.members()) {
            if (member.state() != MemberState.REMOVED && !member.equals(membership.self())) {
                table.put(member.id().nodeId(), member);
            }
        }
        return table;
    }

    /** Who is told dead, and was not suspected long enough, is suspected first. */
    private static Member next(final Member known, final Member claim) {
        if (rank(known) >= rank(claim)) {
            return known;
        }
        final boolean mayObject = claim.state() == MemberState.DEAD
                && known.state().isReachable()
                && known.id().equals(claim.id());
        return mayObject ? claim.withState(MemberState.SUSPECT) : claim;
    }

    /** Who is dead in one order may still be suspected in another one. */
    private static List<Member> settled(final Membership membership) {
        return membership.members().stream()
                .map(member -> member.state() == MemberState.DEAD ? member.withState(MemberState.SUSPECT) : member)
                .toList();
    }

    private static long rank(final Member member) {
        return generation(member) * 10_000
                + member.incarnation().value() * 10
                + List.of(CLAIMS).indexOf(member.state());
    }

    private static long generation(final Member member) {
        return member.id().generation().value();
    }

    private static final class Recorder implements SwimOutput {
        final List<Member[]> changes = new ArrayList<>();

        @Override
        public void send(final Endpoint to, final Lane lane, final SwimMessage message) {}

        @Override
        public void changed(final Member before, final Member after) {
            changes.add(new Member[] {before, after});
        }

        @Override
        public void refused(final Member incumbent) {
            throw new AssertionError("refused for " + incumbent);
        }
    }
}
