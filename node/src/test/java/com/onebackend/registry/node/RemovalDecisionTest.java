package com.onebackend.registry.node;

import static org.assertj.core.api.Assertions.assertThat;

import com.onebackend.registry.node.RemovalDecision.Facts;
import com.onebackend.registry.node.RemovalDecision.Step;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** May node x be removed, and what comes first? Voters and reachable nodes are one letter each. */
class RemovalDecisionTest {
    @ParameterizedTest(name = "forced={0} drained={1} leads={2} voters={3} reachable={4}: {5}")
    @CsvSource(
            nullValues = "-",
            value = {
                // Dead: at once, or without its vote first.
                "false, false, false, abc, abc,  WRITE,     still in the catalog",
                "false, false, false, xab, ab,   TAKE_VOTE, still votes",
                "true,  false, false, xab, ab,   TAKE_VOTE, still votes",
                "false, false, true,  xab, ab,   TAKE_VOTE, still votes",
                // Alive: only when forced, and step by step.
                "false, false, false, abc, abcx, REFUSE,    is alive",
                "false, true,  false, abc, abcx, REFUSE,    is alive",
                "true,  false, false, abc, abcx, DRAIN,     not drained",
                "true,  false, true,  xab, abx,  DRAIN,     not drained",
                "true,  true,  true,  xab, abx,  WAIT,      leads",
                "true,  true,  false, xab, abx,  TAKE_VOTE, still votes",
                "true,  true,  false, ab,  abx,  WRITE,     still in the catalog",
                // The only voter: another one must vote first.
                "true,  false, true,  x,   ax,   DRAIN,     not drained",
                "true,  true,  true,  x,   ax,   WAIT,      leads",
                "true,  true,  false, x,   ax,   WAIT,      no other node votes",
                "true,  false, true,  x,   x,    REFUSE,    last one",
                "true,  true,  false, xa,  ax,   TAKE_VOTE, still votes",
                // No majority now: what to bring back, and the last resort.
                "false, false, false, x,   ab,   REFUSE,    'for good: oo cluster recover'",
                "false, false, false, xa,  a,    REFUSE,    'Bring back [x]'",
                "false, false, false, xab, a,    REFUSE,    'only 1 can be reached. Bring back [b, x]'",
                "false, false, false, abc, a,    REFUSE,    'Bring back [b, c]'",
                "true,  true,  false, xab, x,    REFUSE,    'Bring back [a, b]'",
                // A majority now, none without it.
                "true,  false, false, xab, ax,   REFUSE,    'the voters [a, b], of which [b] cannot be reached'",
                "true,  true,  false, xabcd, axb, REFUSE,   'of which [c, d] cannot be reached'",
                // Of five, two may be away.
                "false, false, false, xabcd, abc, TAKE_VOTE, still votes",
                // Not known yet.
                "false, false, false, -,   ab,   WAIT,      does not know yet",
            })
    void removalKeepsTheCatalogsMajority(
            final boolean isForced,
            final boolean isDrained,
            final boolean isLeader,
            final String voters,
            final String reachable,
            final Step step,
            final String message) {
        final RemovalDecision decision = RemovalDecision.of(
                new Facts("x", isForced, isDrained, isLeader, letters(voters), Set.copyOf(letters(reachable))));
        assertThat(decision.step()).as(decision.message()).isEqualTo(step);
        assertThat(decision.message()).contains(message);
    }

    private static List<String> letters(final String word) {
        return word == null ? List.of() : List.of(word.split(""));
    }
}
