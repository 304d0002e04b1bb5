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
import com.onebackend.registry.node.gossip.GossipFigures;
import com.onebackend.registry.replication.LogBatch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
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
        assertThat(Warnings.standing(late.membershipCounters(), late.counters().snapshot()))
                .singleElement()
                .asString()
                .contains("Restart it");
    }

    @Test
    void clockIsWarnedOfFromWhereItCountsAsAlarmed() {
        hear(2, GossipConfig.CLOCK_ALARM_MILLIS);
        hear(3, GossipConfig.CLOCK_ALARM_MILLIS);
        assertThat(warnings()).isEmpty();
        hear(2, GossipConfig.CLOCK_ALARM_MILLIS + 1);
        hear(3, GossipConfig.CLOCK_ALARM_MILLIS + 1);
        nanos += 2 * SECOND;
        assertThat(warnings()).anyMatch(text -> text.contains("clock of this node"));
    }

    @Test
    void whatHappenedOnceIsSaidForTenMinutes() {
        final GossipFigures.Rise identity = new GossipFigures.Rise(3, 0);
        final GossipFigures.Rise divergence = new GossipFigures.Rise(1, 60 * SECOND);
        assertThat(past(identity, divergence, 599 * SECOND))
                .hasSize(2)
                .anyMatch(text -> text.contains("OB_NODE_ID"))
                .anyMatch(text -> text.contains("differed"));
        assertThat(past(identity, divergence, 600 * SECOND))
                .singleElement()
                .asString()
                .contains("differed");
        assertThat(past(identity, divergence, 660 * SECOND)).isEmpty();
        assertThat(past(GossipFigures.Rise.NONE, GossipFigures.Rise.NONE, SECOND))
                .isEmpty();
    }

    @Test
    void guideAlarmsWhereHealthWarns() throws IOException {
        final String guide = Files.readString(Path.of("..", "deploy", "README.md"));
        assertThat(guide.lines().filter(line -> line.contains("`registry_gossip_local_health`")))
                .singleElement()
                .asString()
                .contains("above " + Warnings.LOCAL_HEALTH_MAX + " ");
        final double seconds = GossipConfig.CLOCK_ALARM_MILLIS / 1e3;
        assertThat(guide.lines().filter(line -> line.contains("`registry_gossip_clock_offset_seconds`")))
                .singleElement()
                .asString()
                .contains("more than " + seconds + " or less than -" + seconds);
    }

    private static List<String> past(
            final GossipFigures.Rise identity, final GossipFigures.Rise divergence, final long nowNanos) {
        final List<String> warnings = new ArrayList<>();
        Warnings.addPast(identity, divergence, nowNanos, warnings);
        return warnings;
    }

    private List<String> warnings() {
        core.tick(now(), ignored);
        return Warnings.standing(core.membershipCounters(), core.counters().snapshot());
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
