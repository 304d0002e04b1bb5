package com.onebackend.registry.gossip;

import static org.assertj.core.api.Assertions.assertThat;

import com.onebackend.registry.membership.Lane;
import com.onebackend.registry.model.Endpoint;
import com.onebackend.registry.model.Generation;
import com.onebackend.registry.model.Incarnation;
import com.onebackend.registry.model.InstanceStatus;
import com.onebackend.registry.model.Member;
import com.onebackend.registry.model.MemberId;
import com.onebackend.registry.model.MemberState;
import com.onebackend.registry.model.NodeReport;
import com.onebackend.registry.model.Origin;
import com.onebackend.registry.model.Part;
import com.onebackend.registry.model.Stamp;
import com.onebackend.registry.replication.LogBatch;
import com.onebackend.registry.replication.LogEntry;
import com.onebackend.registry.replication.LogMessage;
import com.onebackend.registry.replication.Replica;
import com.onebackend.registry.replication.ReplicaConfig;
import com.onebackend.registry.wire.WireCodec;
import com.onebackend.registry.wire.WireLimits;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** One node's part in it, with the owner played by the test. */
class HeartbeatsTest {
    private static final long SECOND = 1_000_000_000L;
    private static final long WALL = 1_700_000_000_000L;
    private static final Member SELF = member("self", 1, MemberState.ALIVE);
    private static final Member OWNER = member("owner", 9, MemberState.ALIVE);
    private static final Origin OTHER = new Origin(5);

    private final Sent out = new Sent();
    private final Replica replica = new Replica(SELF.id().origin(), ReplicaConfig.DEFAULT);
    private final HeartbeatCounters counters = new HeartbeatCounters();
    private Custody custody = custody(HeartbeatConfig.DEFAULT);
    private long nanos;

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

    @Test
    void pulseTellsWhatBeatSinceTheLastOneAndNothingWhenNothingDid() {
        for (int i = 0; i < 40; i++) {
            own("i" + i);
        }
        tick(SECOND);
        pulsesOver(6 * SECOND);
        assertThat(out.of(GossipMessage.Pulse.class)).isEmpty();
        beat("i3");
        beat("i17");
        pulsesOver(6 * SECOND);
        final List<GossipMessage.Pulse> pulses = out.of(GossipMessage.Pulse.class);
        assertThat(pulses).hasSize(1);
        final Bits seen = pulses.get(0).seen();
        assertThat(seen.size()).isEqualTo(40);
        final Set<Integer> set = new TreeSet<>();
        for (int i = 0; i < seen.size(); i++) {
            if (seen.at(i)) {
                set.add(i);
            }
        }
        assertThat(set).containsExactly(3, 17);
        out.messages.clear();
        pulsesOver(20 * SECOND);
        assertThat(out.of(GossipMessage.Pulse.class)).isEmpty();
    }

    @Test
    void longLogGoesInSeveralPulsesOfOneKilobyteEach() {
        final HeartbeatConfig small =
                new HeartbeatConfig(SECOND, 10 * SECOND, 100, 4, 100, 5 * SECOND, 16, 30 * SECOND, 100);
        custody = custody(small);
        for (int i = 0; i < 50; i++) {
            own("i" + i);
        }
        tick(SECOND);
        for (int i = 0; i < 50; i++) {
            beat("i" + i);
        }
        pulsesOver(6 * SECOND);
        final List<GossipMessage.Pulse> pulses = out.of(GossipMessage.Pulse.class);
        assertThat(pulses).extracting(pulse -> pulse.seen().size()).containsExactly(16, 16, 16, 2);
        // A reader with the same log hears of all of them.
        final Replica copy = new Replica(OTHER, ReplicaConfig.DEFAULT);
        replica.entriesOf(SELF.id().origin()).forEach(copy::restore);
        copy.restoreHead(replica.head(SELF.id().origin()));
        final SignsOfLife heard = new SignsOfLife();
        final Pulses reader = new Pulses(
                small, new MemberId("reader", OTHER, new Generation(1)), copy, heard, counters, (m, o) -> {});
        pulses.forEach(pulse -> reader.receive(pulse, now(), out));
        assertThat(heard.size()).isEqualTo(50);
    }

    @Test
    void pulseAboutAnotherStateOfTheLogIsIgnored() {
        meet(MemberState.ALIVE);
        restore("a", OWNER.id().origin(), 3);
        tick(SECOND);
        pulse(OWNER, 1, "a");
        assertThat(counters.pulsesIgnored).isEqualTo(1);
        assertThat(custody.lastHeartbeatMillis("a")).isZero();
        custody.receive(
                new GossipMessage.Pulse(OWNER.id(), new Origin(123), 1, 1, 0, Bits.of(new byte[] {1}, 1)), now(), out);
        assertThat(counters.pulsesIgnored).isEqualTo(2);
        pulse(OWNER, 0, "a");
        assertThat(custody.lastHeartbeatMillis("a")).isEqualTo(wall());
        assertThat(out.seen).contains("a");
    }

    @Test
    void signOfLifeGoesWithTheInstance() {
        own("a");
        beat("a");
        replica.write("a", new Part.Tombstone(), wall());
        custody.changed("a");
        assertThat(custody.lastHeartbeatMillis("a")).isZero();
    }

    @Test
    void timeOfAClockThatIsAheadIsNotShown() {
        restore("a", OWNER.id().origin(), 3);
        write(
                "a",
                OWNER.id().origin(),
                4,
                Stamp.ofMillis(WALL + 1),
                new Part.Health(InstanceStatus.HEALTHY, "", WALL + 3_600_000));
        assertThat(custody.seen(replica.instance("a"), now()).lastHeartbeatMillis())
                .isEqualTo(wall());
    }

    private void pulsesOver(final long lengthNanos) {
        for (long passed = 0; passed < lengthNanos; passed += SECOND / 50) {
            tick(SECOND / 50);
        }
    }

    /** The owner's pulse, whose hash is off by so much. */
    private void pulse(final Member owner, final long wrong, final String instanceId) {
        final var head = replica.head(owner.id().origin());
        final Bits.Builder bits = new Bits.Builder();
        replica.entriesOf(owner.id().origin())
                .forEach(entry -> bits.add(entry.instanceId().equals(instanceId)));
        custody.receive(
                new GossipMessage.Pulse(
                        owner.id(), owner.id().origin(), head.maxVersion(), head.setHash() + wrong, 0, bits.build()),
                now(),
                out);
    }

    private HeartbeatVerdict.Kind beat(final String instanceId) {
        return custody.heartbeat(instanceId, now(), out).kind();
    }

    private void receive(final GossipMessage.Heartbeats message) {
        custody.receive(OWNER.endpoint(), message, now(), out);
    }

    private void tick(final long afterNanos) {
        // A gap would be taken for a pause.
        for (long left = afterNanos; left > 0; left -= SECOND / 2) {
            nanos += Math.min(left, SECOND / 2);
            custody.tick(now(), out);
        }
    }

    private void meet(final MemberState state) {
        custody.memberChanged(null, OWNER.withState(state));
    }

    private void own(final String instanceId) {
        replica.durable(replica.write(instanceId, registration(), wall()).version());
    }

    private void restore(final String instanceId, final Origin origin, final long version) {
        write(instanceId, origin, version, Stamp.ofMillis(WALL - 1_000), registration());
    }

    private void write(
            final String instanceId, final Origin origin, final long version, final Stamp stamp, final Part part) {
        final var head = replica.head(origin);
        final long base = head == null ? 0 : head.maxVersion();
        replica.offer(
                new LogMessage.Push(
                        origin, base, version, 0, List.of(new LogEntry(origin, version, stamp, instanceId, part))),
                wall());
        assertThat(replica.head(origin).maxVersion()).isEqualTo(version);
    }

    private Custody custody(final HeartbeatConfig config) {
        return new Custody(config, SELF, replica, counters, (message, effects) -> out.messages.add(message));
    }

    private static HeartbeatConfig with(final int batch, final int adoptions) {
        return new HeartbeatConfig(SECOND, 10 * SECOND, batch, 64, adoptions, 5 * SECOND, 8_192, 30 * SECOND, 1_000);
    }

    private static Part.Registration registration() {
        return new Part.Registration(
                "svc", "http://10.0.0.1:80", "", "", "", 0, "", "", "", List.of(), Stamp.ofMillis(WALL - 2_000));
    }

    private Now now() {
        return new Now(nanos, wall());
    }

    private long wall() {
        return WALL + 100 + nanos / 1_000_000;
    }

    private static Member member(final String nodeId, final long origin, final MemberState state) {
        final MemberId id = new MemberId(nodeId, new Origin(origin), new Generation(1));
        return new Member(id, Incarnation.FIRST, state, new Endpoint("10.0.0." + origin, 7_001), "http://" + nodeId);
    }

    private static final class Sent implements Effects {
        private final List<GossipMessage> messages = new ArrayList<>();
        private final List<String> seen = new ArrayList<>();

        <T extends GossipMessage> List<T> of(final Class<T> type) {
            return messages.stream().filter(type::isInstance).map(type::cast).toList();
        }

        @Override
        public void send(final Endpoint to, final Lane lane, final GossipMessage message) {
            assertThat(lane).isEqualTo(Lane.STREAM);
            messages.add(message);
        }

        @Override
        public void heartbeatSeen(final String instanceId) {
            seen.add(instanceId);
        }

        @Override
        public void persist(final LogBatch batch, final long ownVersion) {
            // The test is the disk.
        }

        @Override
        public void instanceChanged(final String instanceId) {
            // Seen in the replica.
        }

        @Override
        public void memberChanged(final Member before, final Member after) {
            // Said by the test.
        }

        @Override
        public void reported(final NodeReport report) {
            // None here.
        }
    }
}
