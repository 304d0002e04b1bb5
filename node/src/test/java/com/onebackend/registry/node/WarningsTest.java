package com.onebackend.registry.node;

import static org.assertj.core.api.Assertions.assertThat;

import com.onebackend.registry.gossip.Effects;
import com.onebackend.registry.gossip.GossipConfig;
import com.onebackend.registry.gossip.GossipCore;
import com.onebackend.registry.gossip.GossipMessage;
import com.onebackend.registry.gossip.Now;
import com.onebackend.registry.membership.Lane;
import com.onebackend.registry.membership.SwimMessage;
import com.onebackend.registry.model.Endpoint;
import com.onebackend.registry.model.Generation;
import com.onebackend.registry.model.Incarnation;
import com.onebackend.registry.model.Member;
import com.onebackend.registry.model.MemberId;
import com.onebackend.registry.model.MemberState;
import com.onebackend.registry.model.NodeReport;
import com.onebackend.registry.model.Origin;
import com.onebackend.registry.replication.LogBatch;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** What is said of a core in trouble. */
class WarningsTest {
    private static final long SECOND = 1_000_000_000L;
    private static final long WALL = 1_700_000_000_000L;

    private final GossipCore core = new GossipCore(GossipConfig.LAN, member(1), new SplittableRandom(1));
    private final Effects ignored = new Ignored();
    private long nanos;

    @Test
    void nodeThatIsWellIsNotWarnedOf() {
        hear(2, 0);
        hear(3, 10);
        assertThat(warnings()).isEmpty();
    }

    @Test
    void slowClockIsNamedWithItsDistance() {
        hear(2, 2_000);
        hear(3, 2_200);
        assertThat(warnings()).singleElement().asString().contains("behind those of the others", "2.", "time service");
    }

    @Test
    void fastClockIsNamedToo() {
        hear(2, -3_000);
        hear(3, -3_000);
        assertThat(warnings()).singleElement().asString().contains("3.0 s ahead of");
    }

    @Test
    void processThatHasUsedUpItsIncarnationsIsToBeRestarted() {
        final Member worn = member(1).with(new Incarnation(1L << 40), MemberState.ALIVE);
        final GossipCore late = new GossipCore(GossipConfig.LAN, worn, new SplittableRandom(1));
        assertThat(Warnings.of(late.membershipCounters(), late.counters().snapshot()))
                .singleElement()
                .asString()
                .contains("Restart it");
    }

    private List<String> warnings() {
        core.tick(now(), ignored);
        return Warnings.of(core.membershipCounters(), core.counters().snapshot());
    }

    /** A member says what its clock shows, so far ahead of ours. */
    private void hear(final int index, final long aheadMillis) {
        nanos += SECOND / 10;
        final Member peer = member(index);
        final SwimMessage join = new SwimMessage.Join(peer, List.of());
        final long theirs = now().wallMillis() + aheadMillis;
        core.receive(
                peer.endpoint(),
                new GossipMessage.Swim(peer.id(), 0, GossipMessage.Acked.NOTHING, 0, theirs, join),
                now(),
                ignored);
    }

    private Now now() {
        return new Now(nanos, WALL + nanos / 1_000_000);
    }

    private static Member member(final int index) {
        final MemberId id = new MemberId("n" + index, new Origin(index), new Generation(1));
        final Endpoint at = new Endpoint("n" + index, 2);
        return new Member(id, Incarnation.FIRST, MemberState.ALIVE, at, "http://n" + index + ":1");
    }

    private static final class Ignored implements Effects {
        @Override
        public void send(final Endpoint to, final Lane lane, final GossipMessage message) {}

        @Override
        public void persist(final LogBatch batch, final long ownVersion) {}

        @Override
        public void sync(final long token) {}

        @Override
        public void instanceChanged(final String instanceId) {}

        @Override
        public void memberChanged(final Member before, final Member after) {}

        @Override
        public void reported(final NodeReport report) {}
    }
}
