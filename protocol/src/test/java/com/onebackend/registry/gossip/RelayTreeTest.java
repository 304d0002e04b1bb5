package com.onebackend.registry.gossip;

import static org.assertj.core.api.Assertions.assertThat;

import com.onebackend.registry.model.Endpoint;
import com.onebackend.registry.model.Generation;
import com.onebackend.registry.model.Incarnation;
import com.onebackend.registry.model.Member;
import com.onebackend.registry.model.MemberId;
import com.onebackend.registry.model.MemberState;
import com.onebackend.registry.model.Origin;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class RelayTreeTest {
    private final RandomGenerator random = new SplittableRandom(1);

    @Test
    void everyMemberGetsOneCopyWhereTheViewsAgree() {
        for (final int nodes : new int[] {2, 3, 5, 17, 65, 300}) {
            final Cluster cluster = new Cluster(nodes);
            for (int author = 0; author < nodes; author += 1 + nodes / 9) {
                final Map<String, Integer> depths = cluster.send(author);
                assertThat(depths).hasSize(nodes - 1);
                assertThat(cluster.copies).isEqualTo(nodes - 1);
            }
        }
    }

    @Test
    void fewHopsAndFewNeighbours() {
        final Cluster cluster = new Cluster(1_000);
        assertThat(cluster.send(0).values()).allMatch(depth -> depth <= 14);
        cluster.trees.values().forEach(tree -> assertThat(tree.fromAuthor()).hasSizeBetween(6, 18));
    }

    @Test
    void messageEndsAndNobodyIsSentToTwiceByOneNodeWhateverTheMembersBelieve() {
        int copies = 0;
        for (int round = 0; round < 50; round++) {
            final Cluster cluster = new Cluster(60);
            cluster.members.forEach(self -> cluster.sees(self, random.nextDouble()));
            // It ends, or this would not return; and what each node sends is looked at there.
            cluster.send(random.nextInt(60));
            copies += cluster.copies;
        }
        assertThat(copies).isGreaterThan(1_000);
    }

    @Test
    void ofThoseThatOneNodeDoesNotKnowOnlyTheNextOnesAfterItMissTheirCopy() {
        int unknown = 0;
        int missed = 0;
        for (int author = 0; author < 30; author++) {
            final Cluster cluster = new Cluster(100);
            final String authorId = cluster.members.get(author).id().nodeId();
            // Who sees to the longest arc of all: half of the circle.
            final RelayTree.Hop longest =
                    cluster.trees.get(authorId).fromAuthor().get(0);
            final Set<String> known = cluster.sees(longest.to(), 0.5);
            final List<String> circle = circleFrom(longest.to(), cluster.members);
            final List<String> next = new ArrayList<>();
            for (final String nodeId : circle.subList(0, circle.indexOf(authorId))) {
                unknown += known.contains(nodeId) ? 0 : 1;
                if (next.size() == circle.indexOf(nodeId) && !known.contains(nodeId)) {
                    next.add(nodeId);
                }
            }
            final Set<String> reached = cluster.send(author).keySet();
            assertThat(circle.stream().filter(id -> !id.equals(authorId) && !reached.contains(id)))
                    .containsExactlyElementsOf(next);
            missed += next.size();
        }
        assertThat(unknown).isGreaterThan(300);
        assertThat(missed).isBetween(1, unknown / 5);
    }

    @Test
    void suspectedMemberGetsItsCopyAndHandsNothingOn() {
        final Cluster cluster = new Cluster(80);
        final List<Member> mixed = new ArrayList<>();
        for (final Member member : cluster.members) {
            mixed.add(random.nextInt(4) == 0 ? member.withState(MemberState.SUSPECT) : member);
        }
        cluster.members.forEach(self -> cluster.trees.get(self.id().nodeId()).members(without(mixed, self)));
        final int author = 3;
        assertThat(cluster.send(author)).hasSize(79);
        for (final Member member : mixed) {
            if (member.state() == MemberState.SUSPECT
                    && !member.id()
                            .nodeId()
                            .equals(cluster.members.get(author).id().nodeId())) {
                assertThat(cluster.handedOn.get(member.id().nodeId())).isZero();
            }
        }
    }

    @Test
    void backupsAreSharedOutEvenly() {
        final Cluster cluster = new Cluster(90);
        final Map<String, Integer> told = new TreeMap<>();
        cluster.trees
                .values()
                .forEach(tree -> tree.backups(RelayTree.BACKUPS_MAX)
                        .forEach(member -> told.merge(member.id().nodeId(), 1, Integer::sum)));
        assertThat(told).hasSize(90);
        assertThat(told.values()).allMatch(times -> times == RelayTree.BACKUPS_MAX);
    }

    @Test
    void aloneThereIsNobodyToSendTo() {
        final RelayTree tree = new RelayTree("n");
        tree.members(List.of());
        assertThat(tree.fromAuthor()).isEmpty();
        assertThat(tree.onward(42)).isEmpty();
        assertThat(tree.backups(3)).isEmpty();
    }

    private static List<Member> without(final List<Member> members, final Member self) {
        return members.stream()
                .filter(member -> !member.id().nodeId().equals(self.id().nodeId()))
                .toList();
    }

    private static void requireDistinct(final List<RelayTree.Hop> hops) {
        assertThat(hops.stream().map(hop -> hop.to().id().nodeId())).doesNotHaveDuplicates();
    }

    /** The others as they stand in the circle, from here on. */
    private static List<String> circleFrom(final Member self, final List<Member> members) {
        final long start = RelayTree.position(self.id().nodeId());
        return without(members, self).stream()
                .map(member -> member.id().nodeId())
                .sorted((a, b) -> Long.compareUnsigned(RelayTree.position(a) - start, RelayTree.position(b) - start))
                .toList();
    }

    /** Trees of all nodes, and a network that loses nothing. */
    private final class Cluster {
        private final List<Member> members = new ArrayList<>();
        private final Map<String, RelayTree> trees = new TreeMap<>();
        private final Map<String, Integer> handedOn = new TreeMap<>();
        private int copies;

        Cluster(final int nodes) {
            for (int i = 0; i < nodes; i++) {
                final MemberId id = new MemberId("node-" + i, new Origin(i + 1), new Generation(1));
                members.add(new Member(
                        id, Incarnation.FIRST, MemberState.ALIVE, new Endpoint("10.0.0.1", 1_000 + i), "http://n" + i));
            }
            for (final Member self : members) {
                trees.put(self.id().nodeId(), new RelayTree(self.id().nodeId()));
                trees.get(self.id().nodeId()).members(without(members, self));
            }
        }

        /** From now on it believes in so many of the others only: in these. */
        Set<String> sees(final Member self, final double share) {
            final List<Member> seen = new ArrayList<>(without(members, self));
            seen.removeIf(member -> random.nextDouble() >= share);
            trees.get(self.id().nodeId()).members(List.copyOf(seen));
            return seen.stream().map(member -> member.id().nodeId()).collect(Collectors.toSet());
        }

        /** By node id: after how many hops it was reached first. */
        Map<String, Integer> send(final int author) {
            record Copy(RelayTree.Hop hop, int depth) {}
            final Map<String, Integer> depths = new TreeMap<>();
            final Deque<Copy> underWay = new ArrayDeque<>();
            final String authorId = members.get(author).id().nodeId();
            copies = 0;
            final List<RelayTree.Hop> first = trees.get(authorId).fromAuthor();
            requireDistinct(first);
            first.forEach(hop -> underWay.add(new Copy(hop, 1)));
            while (!underWay.isEmpty()) {
                final Copy copy = underWay.removeFirst();
                final String at = copy.hop().to().id().nodeId();
                assertThat(at).isNotEqualTo(authorId);
                assertThat(++copies).isLessThan(100_000);
                depths.putIfAbsent(at, copy.depth());
                final List<RelayTree.Hop> onward =
                        trees.get(at).onward(copy.hop().until());
                requireDistinct(onward);
                handedOn.put(at, onward.size());
                onward.forEach(hop -> underWay.add(new Copy(hop, copy.depth() + 1)));
            }
            return depths;
        }
    }
}
