package com.onebackend.registry.fuzz;

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
import com.onebackend.registry.model.Part;
import com.onebackend.registry.model.Stamp;
import com.onebackend.registry.replication.LogBatch;
import com.onebackend.registry.replication.LogEntry;
import com.onebackend.registry.wire.RecordCodec;
import com.onebackend.registry.wire.WireCodec;
import com.onebackend.registry.wire.WireLimits;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** One of three members with an instance of its own, driven by messages; every effect is checked. */
final class FuzzedMember {
    static final Member SELF = member("n1", 1);
    static final List<Member> OTHERS = List.of(member("n2", 2), member("n3", 3));

    private static final long TICK_NANOS = 50_000_000L;
    private static final int TICKS_PER_MESSAGE = 6;
    private static final long WALL_START_MILLIS = 1_700_000_000_000L;

    private final GossipCore core = new GossipCore(GossipConfig.LAN, SELF, new SplittableRandom(1));
    private final Checker out = new Checker();
    private long nanos;

    FuzzedMember() {
        core.join(List.of(OTHERS.get(0).endpoint()), now(), out);
        final List<Member> table = new ArrayList<>(OTHERS);
        table.add(SELF);
        receive(new GossipMessage.Swim(OTHERS.get(0).id(), 0, new SwimMessage.JoinReply(table)));
        core.committed(core.write("inst-1", registration(), now(), out), now(), out);
    }

    static Member member(final String nodeId, final int number) {
        return new Member(
                new MemberId(nodeId, new Origin(number), new Generation(1)),
                Incarnation.FIRST,
                MemberState.ALIVE,
                new Endpoint("10.0.0." + number, 7_001),
                "http://10.0.0." + number + ":58231");
    }

    void receive(final GossipMessage message) {
        core.receive(OTHERS.get(0).endpoint(), message, now(), out);
        for (int i = 0; i < TICKS_PER_MESSAGE; i++) {
            nanos += TICK_NANOS;
            core.tick(now(), out);
        }
    }

    /** Still a working member of its own: it writes, tells and shows. */
    void check() {
        if (core.hasRoom()) {
            core.committed(core.write("inst-2", new Part.Tombstone(), now(), out), now(), out);
        }
        if (core.members().size() > GossipConfig.LAN.membership().membersMax()) {
            throw new AssertionError("member table over its limit");
        }
        core.digest();
        core.instance("inst-1");
        core.leave(now(), out);
    }

    private Now now() {
        return new Now(nanos, WALL_START_MILLIS + nanos / 1_000_000L);
    }

    private static Part registration() {
        return new Part.Registration(
                "svc", "http://10.1.0.1:80", "http", "10.1.0.1", "10.1.0.1", 80, "", "", "", List.of(), Stamp.ZERO);
    }

    /** What a shell would do with each effect, as far as it can go wrong. */
    private static final class Checker implements Effects {
        @Override
        public void send(final Endpoint to, final Lane lane, final GossipMessage message) {
            final byte[] bytes = WireCodec.encode(message);
            final int bytesMax =
                    lane == Lane.DATAGRAM ? WireLimits.DATAGRAM_MESSAGE_BYTES_MAX : WireLimits.FRAME_BYTES_MAX;
            if (bytes.length > bytesMax) {
                throw new AssertionError(lane + " of " + bytes.length + " bytes: " + message);
            }
            if (!WireCodec.decode(bytes).equals(message)) {
                throw new AssertionError("does not survive the wire: " + message);
            }
        }

        @Override
        public void persist(final LogBatch batch, final long ownVersion) {
            for (final LogEntry entry : batch.puts()) {
                if (!RecordCodec.decodeEntry(RecordCodec.encodeEntry(entry)).equals(entry)) {
                    throw new AssertionError("does not survive storage: " + entry);
                }
            }
        }

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
