package com.onebackend.registry.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Which figures an operator is warned of, each on its own. */
class WarningsOfFiguresTest {
    private static final String GAUGES = "membership.gauges.";

    @Test
    void figuresWithoutTroubleWarnOfNothing() {
        assertThat(Warnings.of(SampleFigures.with(Map.of()), 0)).isEmpty();
    }

    @Test
    void membersThatAnswerByStreamOnlyAreCounted() {
        assertThat(warnings(GAUGES + "udpDegradedMembers", 3))
                .singleElement()
                .asString()
                .contains("UDP", "3 node(s)")
                .doesNotContain("Large");
    }

    @Test
    void blockedUdpIsNamed() {
        assertThat(warnings(GAUGES + "isUdpDegraded", 1))
                .singleElement()
                .asString()
                .contains("UDP", "any node")
                .doesNotContain("Large");
    }

    @Test
    void membersThatLargeDatagramsDoNotReachAreCounted() {
        assertThat(warnings(GAUGES + "mtuDegradedMembers", 2))
                .singleElement()
                .asString()
                .contains("Large datagrams", "2 node(s)", "MTU");
    }

    @Test
    void largeDatagramsThatReachNobodyAreNamed() {
        assertThat(warnings(GAUGES + "isMtuDegraded", 1))
                .singleElement()
                .asString()
                .contains("Large datagrams", "any node", "MTU");
    }

    @Test
    void nodeThatHardlyTrustsItselfIsSaidToBeSlow() {
        assertThat(warnings(GAUGES + "localHealth", Warnings.LOCAL_HEALTH_MAX)).isEmpty();
        assertThat(warnings(GAUGES + "localHealth", Warnings.LOCAL_HEALTH_MAX + 1))
                .singleElement()
                .asString()
                .contains("slow to answer", "local health " + (Warnings.LOCAL_HEALTH_MAX + 1));
    }

    @Test
    void nodesAwayForTooLongAreCounted() {
        assertThat(warnings("counters.retained.membersBehind", 2))
                .singleElement()
                .asString()
                .contains("2 node(s)", "away for so long", "oo nodes rm");
    }

    @Test
    void anotherProcessWithTheSameIdIsNamed() {
        assertThat(warnings("identityConflicts.count", 1))
                .singleElement()
                .asString()
                .contains("id of this node", "OB_NODE_ID");
    }

    @Test
    void logsThatDifferedAreNamed() {
        assertThat(warnings("divergences.count", 1)).singleElement().asString().contains("Logs differed", "disk");
    }

    private static List<String> warnings(final String figure, final long value) {
        return Warnings.of(SampleFigures.with(Map.of(figure, value)), 0);
    }
}
