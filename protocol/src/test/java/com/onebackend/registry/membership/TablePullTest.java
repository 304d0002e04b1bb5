package com.onebackend.registry.membership;

import static com.onebackend.registry.membership.TinyNetwork.alive;
import static org.assertj.core.api.Assertions.assertThat;

import com.onebackend.registry.model.Endpoint;
import com.onebackend.registry.model.Member;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

final class TablePullTest implements SwimOutput {
    private static final MembershipConfig CONFIG = MembershipConfig.LAN;
    private static final long T = CONFIG.probeIntervalNanos();

    private int joins;

    @Test
    void oneTableIsAskedForPerProbeIntervalHoweverManyTurnUp() {
        final TablePull pulls = pulls(3);
        for (int i = 0; i < 10; i++) {
            pulls.pull(OneMember.endpoint("m" + i), T - 1, this);
        }
        assertThat(joins).isEqualTo(1);
        pulls.pull(OneMember.endpoint("late"), 2 * T - 2, this);
        assertThat(joins).isEqualTo(1);
        pulls.pull(OneMember.endpoint("late"), 2 * T - 1, this);
        assertThat(joins).isEqualTo(2);
    }

    @Test
    void biggerClustersAskMoreRarelyPerMember() {
        assertAsksEvery(TablePull.PROBE_INTERVALS * T, 2);
        assertAsksEvery(TablePull.PROBE_INTERVALS * T, 31);
        assertAsksEvery(2 * TablePull.PROBE_INTERVALS * T, 63);
        assertAsksEvery(5 * TablePull.PROBE_INTERVALS * T, 300);
    }

    private void assertAsksEvery(final long nanos, final int others) {
        joins = 0;
        final TablePull pulls = pulls(others);
        for (long now = 0; now < 20 * nanos; now += T / 2) {
            pulls.tick(0, now, this);
        }
        assertThat(joins).as("%d others", others).isBetween(19, 20);
    }

    private TablePull pulls(final int others) {
        final SplittableRandom random = new SplittableRandom(others);
        final MemberTable table = new MemberTable(alive("me", 1), CONFIG);
        for (int i = 0; i < others; i++) {
            table.put(alive("m" + i, 1), 0);
        }
        final Courier courier = new Courier(
                CONFIG,
                table,
                new RumorQueue(),
                new Suspicions(CONFIG),
                new LocalHealth(),
                new Paths(),
                new MembershipCounters(),
                random);
        final TablePull pulls = new TablePull(CONFIG, table, courier, random);
        pulls.start(0);
        return pulls;
    }

    @Override
    public void send(final Endpoint to, final Lane lane, final SwimMessage message) {
        assertThat(message.type()).isEqualTo(SwimMessage.Type.JOIN);
        joins++;
    }

    @Override
    public void changed(final Member before, final Member after) {
        throw new AssertionError("asking changes nobody");
    }

    @Override
    public void refused(final Member incumbent) {
        throw new AssertionError("asking refuses nobody");
    }
}
