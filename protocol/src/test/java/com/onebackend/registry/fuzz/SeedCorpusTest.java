package com.onebackend.registry.fuzz;

import com.onebackend.registry.gossip.GossipMessage;
import com.onebackend.registry.membership.SwimMessage;
import com.onebackend.registry.model.Member;
import com.onebackend.registry.model.MemberId;
import com.onebackend.registry.model.MemberState;
import com.onebackend.registry.model.NodeReport;
import com.onebackend.registry.model.NodeUsage;
import com.onebackend.registry.model.Part;
import com.onebackend.registry.model.Stamp;
import com.onebackend.registry.replication.Digest;
import com.onebackend.registry.replication.LogEntry;
import com.onebackend.registry.replication.LogMessage;
import com.onebackend.registry.wire.SampleMessages;
import com.onebackend.registry.wire.WireCodec;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/**
 * Fuzzing starts from valid inputs of every kind, which are kept with the tests. A new kind needs one, too: {@code
 * -Dcorpus.rewrite} writes what is missing.
 */
class SeedCorpusTest {
    private static final SeedCorpus WIRE = SeedCorpus.of(WireFuzzTest.class);
    private static final SeedCorpus CORE = SeedCorpus.of(CoreFuzzTest.class);

    @Test
    void everyKindOfMessageIsAmongTheInputs() {
        WIRE.requireAll("messageDecodesOrIsRefused", SampleMessages.messages());

        WIRE.requireAll("datagramDecodesOrIsRefused", SampleMessages.messages());
    }

    @Test
    void everyKindOfRecordIsAmongTheInputs() {
        WIRE.requireAll("recordDecodesOrIsRefused", SampleMessages.records());
    }

    @Test
    void everyKindOfMessageToACoreIsAmongTheInputs() {
        final Map<String, byte[]> inputs = new TreeMap<>();
        SampleMessages.messages().forEach((name, message) -> inputs.put(name, framed(message)));
        final byte[] all = new byte
                [inputs.values().stream().mapToInt(input -> input.length).sum()];
        final ByteBuffer out = ByteBuffer.wrap(all);
        inputs.values().forEach(out::put);
        inputs.put("All", all);
        inputs.put("Story", story());
        CORE.requireAll("memberSurvivesWhateverItIsSent", inputs);
    }

    /** What a true member of the cluster might say: the core believes it, and goes on from there. */
    private static byte[] story() {
        final Member other = FuzzedMember.OTHERS.get(0);
        final Member third = FuzzedMember.OTHERS.get(1);
        final MemberId from = other.id();
        final Member accused = FuzzedMember.SELF.withState(MemberState.SUSPECT);
        final Stamp stamp = new Stamp(1_700_000_000_000L << 16);
        final LogEntry entry = new LogEntry(from.origin(), 1, stamp, "inst-1", new Part.Tombstone());
        final Digest.Head head = new Digest.Head(from.origin(), 1, 0, 0);
        final List<GossipMessage> messages = List.of(
                new GossipMessage.Swim(from, 1, new SwimMessage.Ping(2, FuzzedMember.SELF.id(), 0, List.of(accused))),
                new GossipMessage.Swim(
                        from,
                        1,
                        new SwimMessage.Gossip(
                                List.of(third.withState(MemberState.SUSPECT)),
                                List.of(new SwimMessage.Accusation(third.id().nodeId(), from.nodeId())))),
                new GossipMessage.Swim(
                        from, 1, new SwimMessage.IndirectPing(4, third.id(), third.endpoint(), List.of())),
                new GossipMessage.Swim(from, 1, new SwimMessage.Join(other, List.of())),
                new GossipMessage.Log(from, new LogMessage.Push(from.origin(), 0, 1, 0, List.of(entry))),
                new GossipMessage.Log(from, new LogMessage.SyncRequest(7, new Digest(List.of()))),
                new GossipMessage.Log(from, new LogMessage.SyncNext(7, 1)),
                new GossipMessage.Log(from, new LogMessage.SyncChunk(7, 0, true, List.of(entry), List.of(head))),
                new GossipMessage.Report(from, new NodeReport(from, 1, 1, NodeUsage.NONE, List.of())));
        final ByteArrayOutputStream out = new ByteArrayOutputStream();
        messages.forEach(message -> out.writeBytes(framed(WireCodec.encode(message))));
        return out.toByteArray();
    }

    private static byte[] framed(final byte[] message) {
        return ByteBuffer.allocate(Short.BYTES + message.length)
                .putShort((short) message.length)
                .put(message)
                .array();
    }
}
