package com.onebackend.registry.gossip;

import static org.assertj.core.api.Assertions.assertThat;

import com.onebackend.registry.membership.Lane;
import com.onebackend.registry.membership.SwimMessage;
import com.onebackend.registry.model.Endpoint;
import com.onebackend.registry.model.Generation;
import com.onebackend.registry.model.Incarnation;
import com.onebackend.registry.model.Member;
import com.onebackend.registry.model.MemberId;
import com.onebackend.registry.model.MemberState;
import com.onebackend.registry.model.NodeReport;
import com.onebackend.registry.model.NodeUsage;
import com.onebackend.registry.model.Origin;
import com.onebackend.registry.replication.LogBatch;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** What a node does with the reports of others. */
class ReportsTest {
    private static final Member SELF = member(1);
    private static final Member AUTHOR = member(2);
    private static final long WHOLE_CIRCLE = RelayTree.position(SELF.id().nodeId()) - 1;

    private final Recorder out = new Recorder();
    private final GossipCore core = new GossipCore(GossipConfig.LAN, SELF, new SplittableRandom(1));

    @Test
    void newReportIsKeptAndHandedOn() {
        meet(5);
        assertThat(relayed(report(7))).isPositive();
        assertThat(out.reports).containsExactly(report(7));
        assertThat(relayed(report(8))).isPositive();
        assertThat(out.reports).containsExactly(report(7), report(8));
    }

    @Test
    void equalReportIsNotKeptAgainButHandedOnForThoseWhoWaitForIt() {
        meet(5);
        relayed(report(7));
        assertThat(relayed(report(7))).isPositive();
        assertThat(out.reports).hasSize(1);
    }

    @Test
    void olderReportIsDropped() {
        meet(5);
        relayed(report(7));
        assertThat(relayed(report(6))).isZero();
        assertThat(out.reports).hasSize(1);
    }

    @Test
    void reportOfANodeThatIsNotKnownHereIsHandedOnAllTheSame() {
        meet(5);
        final NodeReport unknown = new NodeReport(member(99).id(), 1, 0, NodeUsage.NONE, List.of());
        assertThat(relayed(unknown)).isPositive();
        assertThat(out.reports).isEmpty();
    }

    /** How many copies it leaves with. */
    private int relayed(final NodeReport report) {
        final int before = out.relayed;
        final GossipMessage body = new GossipMessage.Report(report.from(), report);
        core.receive(AUTHOR.endpoint(), new GossipMessage.Relayed(AUTHOR.id(), WHOLE_CIRCLE, body), new Now(2, 2), out);
        return out.relayed - before;
    }

    private void meet(final int count) {
        for (int i = 0; i < count; i++) {
            final Member member = member(2 + i);
            final SwimMessage join = new SwimMessage.Join(member, List.of());
            core.receive(member.endpoint(), new GossipMessage.Swim(member.id(), 0, join), new Now(1, 1), out);
        }
    }

    private static NodeReport report(final long sequence) {
        return new NodeReport(AUTHOR.id(), sequence, 0, NodeUsage.NONE, List.of());
    }

    private static Member member(final int number) {
        final MemberId id = new MemberId("n" + number, new Origin(number), new Generation(1));
        return new Member(
                id, Incarnation.FIRST, MemberState.ALIVE, new Endpoint("10.0.0." + number, 7_001), "http://n" + number);
    }

    private static final class Recorder implements Effects {
        private final List<NodeReport> reports = new ArrayList<>();
        private int relayed;

        @Override
        public void send(final Endpoint to, final Lane lane, final GossipMessage message) {
            relayed += message.type() == GossipMessage.Type.RELAYED ? 1 : 0;
        }

        @Override
        public void persist(final LogBatch batch, final long ownVersion) {}

        @Override
        public void sync(final long token) {}

        @Override
        public void instanceChanged(final String instanceId) {}

        @Override
        public void memberChanged(final Member before, final Member after) {}

        @Override
        public void reported(final NodeReport report) {
            reports.add(report);
        }
    }
}
