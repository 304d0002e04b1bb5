package com.onebackend.registry.node.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.onebackend.registry.wire.WireException;
import java.util.List;
import org.junit.jupiter.api.Test;

class LeaderStatusTest {
    @Test
    void whatTheLeaderSaysArrivesAsItWas() {
        final LeaderStatus status = new LeaderStatus(
                "n1",
                true,
                7,
                42,
                List.of(new LeaderStatus.Voter("n1", 0, 0), new LeaderStatus.Voter("n2", -1, -1)),
                List.of(new NodePosition("n3", 40, 2)),
                new AutopilotReport(true, "3 voters for 5 nodes: nothing to do", 11, "n2 becomes a voter: done", 12));
        assertThat(LeaderStatus.decode(status.encode())).isEqualTo(status);
    }

    @Test
    void whatIsNoStatusIsRefused() {
        assertThatThrownBy(() -> LeaderStatus.decode(new byte[] {1, 2, 3})).isInstanceOf(WireException.class);
    }
}
