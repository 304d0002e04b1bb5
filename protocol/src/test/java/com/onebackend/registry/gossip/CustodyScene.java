package com.onebackend.registry.gossip;

import static org.assertj.core.api.Assertions.assertThat;

import com.onebackend.registry.membership.Lane;
import com.onebackend.registry.model.Endpoint;
import com.onebackend.registry.model.Generation;
import com.onebackend.registry.model.Incarnation;
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
import java.util.ArrayList;
import java.util.List;

/** One node's custody of instances, with the other nodes, the disk and the time played by the test. */
abstract class CustodyScene {
    static final long SECOND = 1_000_000_000L;
    static final long WALL = 1_700_000_000_000L;
    static final Member SELF = member("self", 1, MemberState.ALIVE);
    static final Member OWNER = member("owner", 9, MemberState.ALIVE);
    static final Origin OTHER = new Origin(5);

    final Sent out = new Sent();
    final Replica replica = new Replica(SELF.id().origin(), ReplicaConfig.DEFAULT);
    final HeartbeatCounters counters = new HeartbeatCounters();
    Custody custody = custody(HeartbeatConfig.DEFAULT);
    long nanos;

    void pulsesOver(final long lengthNanos) {
        for (long passed = 0; passed < lengthNanos; passed += SECOND / 50) {
            tick(SECOND / 50);
        }
    }

    /** The owner's pulse, whose hash is off by so much. */
    void pulse(final Member owner, final long wrong, final String instanceId) {
        final var head = replica.head(owner.id().origin());
        final Bits.Builder bits = new Bits.Builder();
        replica.entriesAfter(owner.id().origin(), 0)
                .forEach(entry -> bits.add(entry.instanceId().equals(instanceId)));
        custody.receive(
                new GossipMessage.Pulse(
                        owner.id(), owner.id().origin(), head.maxVersion(), head.setHash() + wrong, 0, bits.build()),
                now(),
                out);
    }

    HeartbeatVerdict.Kind beat(final String instanceId) {
        return custody.heartbeat(instanceId, now(), out).kind();
    }

    void receive(final GossipMessage.Heartbeats message) {
        custody.receive(OWNER.endpoint(), message, now(), out);
    }

    void tick(final long afterNanos) {
        // A gap would be taken for a pause.
        for (long left = afterNanos; left > 0; left -= SECOND / 2) {
            nanos += Math.min(left, SECOND / 2);
            custody.tick(now(), out);
        }
    }

    void meet(final MemberState state) {
        custody.memberChanged(null, OWNER.withState(state));
    }

    void own(final String instanceId) {
        replica.durable(replica.write(instanceId, registration(), wall()).version());
    }

    void restore(final String instanceId, final Origin origin, final long version) {
        write(instanceId, origin, version, Stamp.ofMillis(WALL - 1_000), registration());
    }

    void write(final String instanceId, final Origin origin, final long version, final Stamp stamp, final Part part) {
        final var head = replica.head(origin);
        final long base = head == null ? 0 : head.maxVersion();
        replica.offer(
                new LogMessage.Push(
                        origin, base, version, 0, List.of(new LogEntry(origin, version, stamp, instanceId, part))),
                wall());
        assertThat(replica.head(origin).maxVersion()).isEqualTo(version);
    }

    Custody custody(final HeartbeatConfig config) {
        return new Custody(config, SELF, replica, counters, (message, effects) -> out.messages.add(message));
    }

    static HeartbeatConfig with(final int batch, final int adoptions) {
        return new HeartbeatConfig(SECOND, 10 * SECOND, batch, 64, adoptions, 5 * SECOND, 8_192, 30 * SECOND, 1_000);
    }

    static Part.Registration registration() {
        return new Part.Registration(
                "svc", "http://10.0.0.1:80", "", "", "", 0, "", "", "", List.of(), Stamp.ofMillis(WALL - 2_000));
    }

    Now now() {
        return new Now(nanos, wall());
    }

    long wall() {
        return WALL + 100 + nanos / 1_000_000;
    }

    static Member member(final String nodeId, final long origin, final MemberState state) {
        final MemberId id = new MemberId(nodeId, new Origin(origin), new Generation(1));
        return new Member(id, Incarnation.FIRST, state, new Endpoint("10.0.0." + origin, 7_001), "http://" + nodeId);
    }

    static final class Sent implements Effects {
        final List<GossipMessage> messages = new ArrayList<>();
        final List<String> seen = new ArrayList<>();

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
        public void sync(final long token) {}

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
