package com.onebackend.registry.node.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import com.onebackend.registry.node.catalog.DrainDecision.Facts;
import com.onebackend.registry.node.catalog.DrainDecision.Kind;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a node out of service does about its part in Raft. */
class DrainDecisionTest {
    @ParameterizedTest(name = "drained={0} leads={1} voters={2} successors={3} substitutes={4}: {5} {6}")
    @CsvSource(
            nullValues = "-",
            value = {
                // In service: whatever the rest.
                "false, true,  3, b, d, NOTHING,  -",
                "false, false, 2, b, d, NOTHING,  -",
                // The lead goes to a voter in service, and nobody is promoted without need.
                "true,  true,  3, b, d, TRANSFER, b",
                "true,  true,  2, b, d, TRANSFER, b",
                // The others that vote are away or drained: somebody must be able to take over.
                "true,  true,  1, -, d, PROMOTE,  d",
                "true,  true,  3, -, d, PROMOTE,  d",
                // Nobody is there: somebody has to lead.
                "true,  true,  1, -, -, NOTHING,  -",
                "true,  true,  3, -, -, NOTHING,  -",
                // Without the lead: of two voters one is no majority, of three two are.
                "true,  false, 2, b, -, RESIGN,   -",
                "true,  false, 3, b, d, NOTHING,  -",
                "true,  false, 5, b, d, NOTHING,  -",
                // The vote is never taken from the last one in touch.
                "true,  false, 2, -, d, NOTHING,  -",
            })
    void drainedVoterLeavesTheCatalogWithAMajority(
            final boolean isDrained,
            final boolean isLeader,
            final int voters,
            final String successor,
            final String substitute,
            final Kind kind,
            final String node) {
        final DrainDecision decision =
                DrainDecision.of(new Facts(isDrained, isLeader, voters, list(successor), list(substitute)));
        assertThat(decision).isEqualTo(new DrainDecision(kind, node == null ? "" : node));
    }

    private static List<String> list(final String node) {
        return node == null ? List.of() : List.of(node);
    }
}
