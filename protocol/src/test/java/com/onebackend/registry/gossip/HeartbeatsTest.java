package com.onebackend.registry.gossip;

import static org.assertj.core.api.Assertions.assertThat;

import com.onebackend.registry.model.InstanceStatus;
import com.onebackend.registry.model.Member;
import com.onebackend.registry.model.MemberState;
import com.onebackend.registry.model.Part;
import com.onebackend.registry.model.Stamp;
import com.onebackend.registry.replication.LogEntry;
import com.onebackend.registry.replication.Replica;
import com.onebackend.registry.replication.ReplicaConfig;
import com.onebackend.registry.wire.WireCodec;
import com.onebackend.registry.wire.WireLimits;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What becomes of a heartbeat at one node. */
class HeartbeatsTest extends CustodyScene {
    @Test
    void unknownInstanceIsSaidSo() {
        assertThat(beat("nobody")).isEqualTo(HeartbeatVerdict.Kind.UNKNOWN);
        assertThat(counters.unknown).isEqualTo(1);
    }

    @Test
    void ownInstanceIsKeptWithoutAnyMessageOrWrite() {
        own("a");
        final long before = replica.digestHash();
        assertThat(beat("a")).isEqualTo(HeartbeatVerdict.Kind.KEPT);
        assertThat(custody.lastHeartbeatMillis("a")).isEqualTo(wall());
        assertThat(out.messages).isEmpty();
        assertThat(replica.digestHash()).isEqualTo(before);
    }

    @Test
    void heartbeatsOfOneSecondAreOneMessageThatNamesEachInstanceOnceByVersion() {
        meet(MemberState.ALIVE);
        for (int i = 1; i <= 100; i++) {
            restore("i" + i, OWNER.id().origin(), 1_000 + i);
        }
        tick(2 * SECOND);
        for (int round = 0; round < 3; round++) {
            for (int i = 100; i >= 1; i--) {
                assertThat(beat("i" + i)).isEqualTo(HeartbeatVerdict.Kind.FORWARDED);
            }
        }
        assertThat(out.messages).isEmpty();
        tick(SECOND);
        final List<GossipMessage.Heartbeats> batches = out.of(GossipMessage.Heartbeats.class);
        assertThat(batches).hasSize(1);
        assertThat(batches.get(0).versions()).hasSize(100).isSorted();
        assertThat(WireCodec.encode(batches.get(0)).length).isLessThan(200);
    }

    @Test
    void batchThatDoesNotFitIsSplitAndTheLargestOneFitsAFrame() {
        meet(MemberState.ALIVE);
        for (int i = 0; i < 25; i++) {
            restore("i" + i, OWNER.id().origin(), 100 + i);
        }
        custody = custody(with(10, 500));
        meet(MemberState.ALIVE);
        tick(SECOND);
        for (int i = 0; i < 25; i++) {
            beat("i" + i);
        }
        tick(SECOND);
        assertThat(out.of(GossipMessage.Heartbeats.class))
                .extracting(batch -> batch.versions().size())
                .containsExactly(10, 10, 5);
        final List<Long> versions = new ArrayList<>();
        for (long i = 1; i <= HeartbeatConfig.BATCH_HEARTBEATS_LIMIT; i++) {
            versions.add(i << 46);
        }
        final GossipMessage largest = new GossipMessage.Heartbeats(SELF.id(), OTHER, Long.MIN_VALUE, versions);
        assertThat(WireCodec.encode(largest).length).isLessThanOrEqualTo(WireLimits.FRAME_BYTES_MAX);
    }

    @Test
    void ownerTakesHeartbeatsByVersionAndNamesThoseItDoesNotKnow() {
        own("a");
        own("b");
        own("taken");
        write("taken", OTHER, 77, replica.parts("taken").owning().stamp().next(), new Part.Lease());
        final long a = replica.parts("a").owning().version();
        final long b = replica.parts("b").owning().version();
        final long taken = replica.parts("taken").registration().version();
        receive(new GossipMessage.Heartbeats(OWNER.id(), SELF.id().origin(), 7, List.of(a, b, taken, 999L)));
        final GossipMessage.HeartbeatAck ack =
                out.of(GossipMessage.HeartbeatAck.class).get(0);
        assertThat(ack.sequence()).isEqualTo(7);
        assertThat(ack.unknown()).containsExactly(taken, 999L);
        assertThat(custody.lastHeartbeatMillis("a")).isPositive();
        assertThat(custody.lastHeartbeatMillis("taken")).isZero();
        // Meant for the folder that this node had before.
        receive(new GossipMessage.Heartbeats(OWNER.id(), OTHER, 8, List.of(a)));
        assertThat(out.of(GossipMessage.HeartbeatAck.class).get(1).unknown()).containsExactly(a);
    }

    @Test
    void heartbeatThatTheOwnerDoesNotKnowGoesToWhoOwnsItNow() {
        meet(MemberState.ALIVE);
        restore("a", OWNER.id().origin(), 3);
        tick(SECOND);
        beat("a");
        tick(SECOND);
        final GossipMessage.Heartbeats batch =
                out.of(GossipMessage.Heartbeats.class).get(0);
        final Member third = member("third", 5, MemberState.ALIVE);
        custody.memberChanged(null, third);
        write("a", OTHER, 1, Stamp.ofMillis(WALL + 60), new Part.Lease());
        custody.receive(new GossipMessage.HeartbeatAck(OWNER.id(), batch.sequence(), List.of(3L)), now(), out);
        out.messages.clear();
        tick(SECOND);
        assertThat(out.of(GossipMessage.Heartbeats.class))
                .extracting(GossipMessage.Heartbeats::owner)
                .containsExactly(OTHER);
    }

    @Test
    void heartbeatThatTheOwnerDoesNotKnowUnderTheSameVersionIsDropped() {
        meet(MemberState.ALIVE);
        restore("a", OWNER.id().origin(), 3);
        tick(SECOND);
        beat("a");
        tick(SECOND);
        final long sequence = out.of(GossipMessage.Heartbeats.class).get(0).sequence();
        custody.receive(new GossipMessage.HeartbeatAck(OWNER.id(), sequence, List.of(3L)), now(), out);
        out.messages.clear();
        tick(2 * SECOND);
        assertThat(out.messages).isEmpty();
        assertThat(counters.forwardsRefused).isEqualTo(1);
    }

    @Test
    void heartbeatForASuspectIsForwardedWhenItRefutes() {
        meet(MemberState.ALIVE);
        restore("a", OWNER.id().origin(), 3);
        meet(MemberState.SUSPECT);
        tick(SECOND);
        assertThat(beat("a")).isEqualTo(HeartbeatVerdict.Kind.REMEMBERED);
        tick(3 * SECOND);
        assertThat(out.messages).isEmpty();
        meet(MemberState.ALIVE);
        tick(SECOND);
        assertThat(out.of(GossipMessage.Heartbeats.class)).hasSize(1);
    }

    @Test
    void heartbeatsForASuspectBecomeAdoptionsInSlicesWhenItIsDead() {
        custody = custody(with(1_000, 4));
        meet(MemberState.ALIVE);
        for (int i = 0; i < 10; i++) {
            restore("i" + i, OWNER.id().origin(), 100 + i);
        }
        meet(MemberState.SUSPECT);
        tick(SECOND);
        for (int i = 0; i < 10; i++) {
            beat("i" + i);
        }
        meet(MemberState.DEAD);
        tick(SECOND);
        assertThat(counters.adoptedByHeartbeat).isEqualTo(4);
        tick(SECOND / 50);
        assertThat(counters.adoptedByHeartbeat).isEqualTo(8);
        tick(SECOND / 50);
        assertThat(counters.adoptedByHeartbeat).isEqualTo(10);
        assertThat(replica.instance("i9").owner()).isEqualTo(SELF.id().origin());
    }

    @Test
    void whatADeadOwnerDidNotAcknowledgeIsAdopted() {
        meet(MemberState.ALIVE);
        restore("a", OWNER.id().origin(), 3);
        tick(SECOND);
        beat("a");
        tick(SECOND);
        assertThat(out.of(GossipMessage.Heartbeats.class)).hasSize(1);
        meet(MemberState.DEAD);
        tick(SECOND);
        tick(SECOND / 50);
        assertThat(replica.instance("a").owner()).isEqualTo(SELF.id().origin());
    }

    @Test
    void adoptionKeepsStatusAndRegistrationAndIsOneWrite() {
        meet(MemberState.DEAD);
        restore("a", OWNER.id().origin(), 3);
        write("a", OWNER.id().origin(), 4, Stamp.ofMillis(WALL + 1), new Part.Health(InstanceStatus.HEALTHY, "ok", 1));
        tick(SECOND);
        assertThat(beat("a")).isEqualTo(HeartbeatVerdict.Kind.ADOPTED);
        assertThat(beat("a")).isEqualTo(HeartbeatVerdict.Kind.KEPT);
        assertThat(replica.instance("a").status()).isEqualTo(InstanceStatus.HEALTHY);
        assertThat(replica.instance("a").details()).isEqualTo("ok");
        assertThat(replica.instance("a").owner()).isEqualTo(SELF.id().origin());
        // The owner's word from before its death that comes late wins: it is later than the lease.
        write("a", OWNER.id().origin(), 5, Stamp.ofMillis(WALL + 2), new Part.Health(InstanceStatus.UNHEALTHY, "", 1));
        assertThat(replica.instance("a").status()).isEqualTo(InstanceStatus.UNHEALTHY);
    }

    @Test
    void twoThatAdoptTheSameRecordAtOnceEndWithTheSameOwner() {
        meet(MemberState.DEAD);
        restore("a", OWNER.id().origin(), 3);
        final Stamp taken = replica.parts("a").owning().stamp().next();
        beat("a");
        write("a", OTHER, 1, taken, new Part.Lease());
        assertThat(replica.instance("a").owner()).isEqualTo(OTHER);
        final Replica other = new Replica(OTHER, ReplicaConfig.DEFAULT);
        other.restore(new LogEntry(
                OWNER.id().origin(), 3, replica.parts("a").registration().stamp(), "a", registration()));
        other.adopt("a");
        assertThat(other.parts("a").lease().stamp()).isEqualTo(taken);
    }

    @Test
    void ownerThatAcknowledgesNothingForTenSecondsLosesWhatBeatsElsewhere() {
        meet(MemberState.ALIVE);
        restore("a", OWNER.id().origin(), 3);
        tick(SECOND);
        assertThat(beat("a")).isEqualTo(HeartbeatVerdict.Kind.FORWARDED);
        for (int i = 0; i < 9; i++) {
            tick(SECOND);
            assertThat(beat("a")).isEqualTo(HeartbeatVerdict.Kind.FORWARDED);
        }
        tick(SECOND);
        tick(SECOND);
        assertThat(beat("a")).isEqualTo(HeartbeatVerdict.Kind.ADOPTED);
        assertThat(counters.batchesUnacknowledged).isPositive();
    }

    @Test
    void ownerThatIsSilentButTellsOfTheInstanceKeepsIt() {
        meet(MemberState.ALIVE);
        restore("a", OWNER.id().origin(), 3);
        tick(SECOND);
        for (int i = 0; i < 30; i++) {
            assertThat(beat("a")).isEqualTo(HeartbeatVerdict.Kind.FORWARDED);
            pulse(OWNER, 0, "a");
            tick(SECOND);
        }
        assertThat(counters.pulsesApplied).isEqualTo(30);
    }

    @Test
    void silentOwnerIsAskedOnAndTrustedAgainWhenItAnswers() {
        meet(MemberState.ALIVE);
        restore("a", OWNER.id().origin(), 3);
        restore("b", OWNER.id().origin(), 4);
        tick(SECOND);
        beat("a");
        for (int i = 0; i < 13; i++) {
            tick(SECOND);
        }
        out.messages.clear();
        tick(SECOND);
        final GossipMessage.Heartbeats question =
                out.of(GossipMessage.Heartbeats.class).get(0);
        assertThat(question.versions()).isEmpty();
        custody.receive(new GossipMessage.HeartbeatAck(OWNER.id(), question.sequence(), List.of()), now(), out);
        assertThat(beat("b")).isEqualTo(HeartbeatVerdict.Kind.FORWARDED);
    }

    @Test
    void pauseOfThisNodeIsNotTheOwnersSilence() {
        meet(MemberState.ALIVE);
        restore("a", OWNER.id().origin(), 3);
        own("mine");
        tick(SECOND);
        beat("mine");
        beat("a");
        tick(SECOND);
        nanos += 300 * SECOND;
        assertThat(beat("a")).isEqualTo(HeartbeatVerdict.Kind.FORWARDED);
        tick(SECOND);
        assertThat(beat("a")).isEqualTo(HeartbeatVerdict.Kind.FORWARDED);
        assertThat(custody.silentNanos("mine", now())).isLessThan(5 * SECOND);
    }
}
