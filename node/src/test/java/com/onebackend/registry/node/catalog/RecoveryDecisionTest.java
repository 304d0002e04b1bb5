package com.onebackend.registry.node.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import com.onebackend.registry.api.RegistryError;
import com.onebackend.registry.node.catalog.RecoveryDecision.Facts;
import com.onebackend.registry.node.catalog.RecoveryDecision.Position;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Who may go on without the majority, and why the others may not. Voters are a, b, c; asked is a; d has no vote. */
class RecoveryDecisionTest {
    /** Lost and alive are words, others are NODE=EPOCH.INDEX; a's own catalog is at 0.100. */
    @ParameterizedTest(name = "lost {0}, alive {1}, others {2}: {3}")
    @CsvSource(delimiter = '|', textBlock = """
                    b c   | d     | d=0.99            |
                    b c   | d     | d=0.100           |
                    b c   |       |                   |
                    b c d |       |                   |
                    b c   | b d   |                   | not lost, but alive: b
                    b     | d     |                   | voters that do not answer and are not named as lost: c
                    d     | b     |                   | voters that do not answer and are not named as lost: c
                    b     | c d   |                   | the voters that are left are a majority
                    d     | b c   |                   | the voters that are left are a majority
                    a b   | c     |                   | this node, a, is not lost
                    b x   |       |                   | there is no node x
                    b c   | d     | d=0.101           | d has applied more, up to index 101 and not 100
                    b c   | d e   | d=0.101 e=0.300   | e has applied more, up to index 300
                    b c   | d     | d=1.5             | d has applied more
                    """)
    void decides(final String lost, final String alive, final String others, final String refusal) {
        final RegistryError decided = RecoveryDecision.refusal(facts(lost, alive, others, false, true, false));

        if (refusal == null) {
            assertThat(decided).isNull();
        } else {
            assertThat(decided.message()).contains(refusal);
        }
    }

    @Test
    void whoHasAMajorityHasNothingToRecover() {
        assertThat(RecoveryDecision.refusal(facts("b c", "", "", true, true, false))
                        .message())
                .contains("nothing to recover");
    }

    @Test
    void nobodyRecoversWithoutAcceptingTheLoss() {
        assertThat(RecoveryDecision.refusal(facts("b c", "", "", false, false, false))
                        .message())
                .contains("may lose acknowledged writes");
    }

    @Test
    void whoInsistsOnThisNodeGoesOnFromTheOlderCatalog() {
        assertThat(RecoveryDecision.refusal(facts("b c", "d", "d=0.101", false, true, true)))
                .isNull();
    }

    @Test
    void twoDoNotRecoverAtTheSameTimeEvenIfOneInsists() {
        assertThat(RecoveryDecision.refusal(facts("b c", "d", "d=0.99", List.of("d"), false, true, true))
                        .message())
                .contains("another node recovers the catalog at this moment")
                .contains("d");
    }

    private static Facts facts(
            final String lost,
            final String alive,
            final String others,
            final boolean hasMajority,
            final boolean mayLose,
            final boolean insistsHere) {
        return facts(lost, alive, others, List.of(), hasMajority, mayLose, insistsHere);
    }

    private static CatalogEpoch epoch(final int number) {
        return number == 0 ? CatalogEpoch.FIRST : new CatalogEpoch(number, 1, 7);
    }

    private static Facts facts(
            final String lost,
            final String alive,
            final String others,
            final List<String> recovering,
            final boolean hasMajority,
            final boolean mayLose,
            final boolean insistsHere) {
        final Map<String, Position> positions = new TreeMap<>();
        for (final String other : words(others)) {
            final String[] parts = other.split("[=.]", 3);
            positions.put(parts[0], new Position(epoch(Integer.parseInt(parts[1])), Long.parseLong(parts[2])));
        }
        return new Facts(
                "a",
                words(lost),
                List.of("a", "b", "c"),
                List.of("a", "b", "c", "d", "e"),
                Set.copyOf(words(alive)),
                hasMajority,
                new Position(CatalogEpoch.FIRST, 100),
                positions,
                recovering,
                mayLose,
                insistsHere);
    }

    private static List<String> words(final String text) {
        return text == null || text.isBlank() ? List.of() : List.of(text.strip().split(" +"));
    }
}
