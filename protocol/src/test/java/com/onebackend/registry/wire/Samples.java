package com.onebackend.registry.wire;

import com.onebackend.registry.gossip.Bits;
import com.onebackend.registry.gossip.GossipMessage;
import com.onebackend.registry.membership.SwimMessage;
import com.onebackend.registry.model.Account;
import com.onebackend.registry.model.Definition;
import com.onebackend.registry.model.Endpoint;
import com.onebackend.registry.model.Generation;
import com.onebackend.registry.model.Gpu;
import com.onebackend.registry.model.Incarnation;
import com.onebackend.registry.model.InstanceStatus;
import com.onebackend.registry.model.Member;
import com.onebackend.registry.model.MemberId;
import com.onebackend.registry.model.MemberState;
import com.onebackend.registry.model.NodeRecord;
import com.onebackend.registry.model.NodeReport;
import com.onebackend.registry.model.NodeUsage;
import com.onebackend.registry.model.Origin;
import com.onebackend.registry.model.Part;
import com.onebackend.registry.model.SigningKey;
import com.onebackend.registry.model.Stamp;
import com.onebackend.registry.replication.Digest;
import com.onebackend.registry.replication.LogAudit;
import com.onebackend.registry.replication.LogEntry;
import com.onebackend.registry.replication.LogMessage;
import com.onebackend.registry.replication.ResumePoint;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/** Random records of every kind, all within the limits. */
final class Samples {
    private static final int LIST_MAX = 6;

    private final RandomGenerator random;

    Samples(final RandomGenerator random) {
        this.random = random;
    }

    /** A message of the kind with this number; every number is a kind, and twenty-four in a row give all. */
    GossipMessage message(final int kind) {
        final MemberId from = memberId();
        return switch (Math.floorMod(kind, 24)) {
            case 0 ->
                swim(
                        from,
                        new SwimMessage.Ping(
                                random.nextLong(), memberId(), random.nextInt(9), random.nextBoolean(), members()));
            case 1 -> swim(from, new SwimMessage.Ack(random.nextLong(), memberId(), random.nextBoolean(), members()));
            case 2 ->
                swim(
                        from,
                        new SwimMessage.IndirectPing(
                                random.nextLong(), memberId(), endpoint(), random.nextInt(60_001), members()));
            case 3 -> swim(from, new SwimMessage.Join(member(), random.nextLong(), members()));
            case 22 -> swim(from, new SwimMessage.Nack(random.nextLong(), members()));
            case 23 -> swim(from, new SwimMessage.Refusal(member(), members()));
            case 4 -> swim(from, new SwimMessage.JoinReply(members()));
            case 5 -> swim(from, new SwimMessage.Gossip(members(), list(() -> new SwimMessage.Accusation(id(), id()))));
            case 6 -> new GossipMessage.Log(from, push());
            case 7 ->
                new GossipMessage.Log(
                        from,
                        new LogMessage.SyncRequest(
                                random.nextLong(),
                                digest(),
                                random.nextBoolean(),
                                list(this::resumePoint),
                                list(this::audit)));
            case 8 ->
                new GossipMessage.Log(
                        from,
                        new LogMessage.SyncChunk(
                                random.nextLong(),
                                random.nextInt(1_000),
                                random.nextBoolean(),
                                list(this::entry),
                                digest().heads(),
                                random.nextBoolean(),
                                random.nextBoolean(),
                                list(this::resumePoint)));
            case 9 -> new GossipMessage.Log(from, new LogMessage.SyncNext(random.nextLong(), random.nextInt(1_000)));
            case 19 -> new GossipMessage.Heartbeats(from, origin(), random.nextLong(), versions());
            case 20 -> new GossipMessage.HeartbeatAck(from, random.nextLong(), versions());
            case 21 -> pulse(from);
            case 18 -> new GossipMessage.Log(from, new LogMessage.SyncStop(random.nextLong()));
            case 10 -> new GossipMessage.Report(from, report(from));
            case 11 -> new GossipMessage.ReportsAsked(from);
            case 12 -> new GossipMessage.ReportBatch(from, list(() -> report(memberId())));
            case 13 -> relayed(from);
            case 14 -> new GossipMessage.Log(from, new LogMessage.Have(list(this::mark)));
            case 15 -> new GossipMessage.Log(from, new LogMessage.Graft(origin(), version()));
            case 16 ->
                new GossipMessage.Log(
                        from, new LogMessage.SyncProbe(random.nextLong(), random.nextLong(), random.nextBoolean()));
            default ->
                new GossipMessage.Log(
                        from,
                        new LogMessage.SyncStatus(
                                random.nextLong(), any(LogMessage.SyncStatus.Kind.values()), random.nextBoolean()));
        };
    }

    private GossipMessage relayed(final MemberId from) {
        if (random.nextBoolean()) {
            return new GossipMessage.Relayed(from, random.nextLong(), new GossipMessage.Log(from, push()));
        }
        final MemberId author = memberId();
        final GossipMessage body =
                random.nextBoolean() ? pulse(author) : new GossipMessage.Report(author, report(author));
        return new GossipMessage.Relayed(from, random.nextLong(), body);
    }

    private LogMessage.Push push() {
        final long base = version() >>> 1;
        return new LogMessage.Push(origin(), base, base + (version() >>> 1), version(), list(this::entry), version());
    }

    private LogMessage.Have.Mark mark() {
        return new LogMessage.Have.Mark(origin(), version());
    }

    ResumePoint resumePoint() {
        return new ResumePoint(origin(), version(), version());
    }

    LogAudit audit() {
        final List<Long> buckets = new ArrayList<>();
        for (int i = 0; i < LogAudit.BUCKETS && random.nextInt(1_000) > 0; i++) {
            buckets.add(random.nextLong());
        }
        return new LogAudit(origin(), buckets.size() < LogAudit.BUCKETS ? List.of() : buckets);
    }

    private GossipMessage pulse(final MemberId from) {
        return new GossipMessage.Pulse(from, origin(), version(), random.nextLong(), version(), bits());
    }

    private List<Long> versions() {
        return new ArrayList<>(new TreeSet<>(list(() -> 1 + version())));
    }

    /** Of all densities: both forms on the wire must be met. */
    private Bits bits() {
        final int size = 1 + random.nextInt(400);
        final byte[] bytes = new byte[Bits.bytesFor(size)];
        final int set = random.nextInt(size + 1);
        final boolean isRun = random.nextBoolean();
        for (int i = 0; i < set; i++) {
            final int at = isRun ? i : random.nextInt(size);
            bytes[at >> 3] |= (byte) (1 << (at & 7));
        }
        return Bits.of(bytes, size);
    }

    LogEntry entry() {
        return new LogEntry(origin(), 1 + version(), stamp(), id(), part());
    }

    Part part() {
        return switch (random.nextInt(5)) {
            case 0 ->
                new Part.Registration(
                        id(),
                        text(),
                        text(),
                        text(),
                        text(),
                        random.nextInt(65_536),
                        text(),
                        text(),
                        text(),
                        list(this::text),
                        stamp());
            case 1 -> new Part.Tombstone();
            case 3 -> new Part.Lease();
            case 2 -> new Part.Health(any(InstanceStatus.values()), text(), version());
            default -> new Part.Intent(any(Part.Intent.Mode.values()), text());
        };
    }

    Digest.Head head() {
        return new Digest.Head(origin(), version(), version(), random.nextLong());
    }

    Definition definition() {
        return new Definition(
                id(),
                random.nextBoolean() ? null : new Definition.Image(text(), list(() -> random.nextInt(65_536))),
                list(() -> new Definition.PortMapping(random.nextInt(65_536), random.nextInt(65_536))),
                list(() -> new Definition.EnvVar(text(), text())),
                random.nextBoolean()
                        ? null
                        : new Definition.Repository(text(), text(), text(), text(), list(() -> random.nextInt(65_536))),
                list(() -> new Definition.ApiSpec(text(), text(), text(), Map.of(text() + "a", text()))),
                list(() -> new Definition.Client(text(), text())),
                version(),
                text(),
                version());
    }

    NodeRecord node() {
        final NodeRecord.HostFacts host = new NodeRecord.HostFacts(text(), text(), text(), random.nextInt(512));
        return new NodeRecord(
                id(),
                origin(),
                new Generation(version()),
                text(),
                text(),
                text(),
                random.nextInt(65_536),
                random.nextInt(65_536),
                host);
    }

    Account account() {
        return new Account(text(), id(), text(), text(), list(this::text));
    }

    SigningKey signingKey() {
        return new SigningKey(id(), bytes(random.nextInt(300)), bytes(random.nextInt(300)));
    }

    byte[] bytes(final int length) {
        final byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }

    private GossipMessage swim(final MemberId from, final SwimMessage message) {
        final GossipMessage.Acked acked =
                random.nextBoolean() ? GossipMessage.Acked.NOTHING : new GossipMessage.Acked(origin(), 1 + version());
        return new GossipMessage.Swim(from, random.nextLong(), acked, version(), version(), message);
    }

    private NodeReport report(final MemberId from) {
        final NodeUsage usage = new NodeUsage(resource(), resource(), resource());
        return new NodeReport(from, version(), version(), usage, list(this::gpu));
    }

    private NodeUsage.Resource resource() {
        return new NodeUsage.Resource(version(), version(), 100 * random.nextDouble());
    }

    private Gpu gpu() {
        return new Gpu(
                random.nextInt(16),
                text(),
                text(),
                random.nextDouble(),
                text(),
                random.nextDouble(),
                random.nextDouble(),
                random.nextInt(1 << 20),
                random.nextInt(1 << 20),
                random.nextDouble(),
                text(),
                text());
    }

    private Digest digest() {
        return new Digest(list(this::head));
    }

    private List<Member> members() {
        return list(this::member);
    }

    private Member member() {
        return new Member(memberId(), new Incarnation(version()), any(MemberState.values()), endpoint(), text());
    }

    private MemberId memberId() {
        return new MemberId(id(), origin(), new Generation(version()));
    }

    private Endpoint endpoint() {
        return new Endpoint(random.nextBoolean() ? "10.1.2.3" : "fe80::1", 1 + random.nextInt(65_535));
    }

    private Origin origin() {
        return new Origin(random.nextLong());
    }

    private Stamp stamp() {
        return new Stamp(version());
    }

    /** Small as often as huge, never negative. */
    private long version() {
        return random.nextLong() >>> (1 + random.nextInt(60));
    }

    private String id() {
        return "id-" + random.nextInt(1_000_000);
    }

    private String text() {
        return switch (random.nextInt(4)) {
            case 0 -> "";
            case 1 -> "ünïcødé ✓ 𝄞";
            default -> Long.toHexString(random.nextLong());
        };
    }

    private <T> List<T> list(final Supplier<T> element) {
        final List<T> list = new ArrayList<>();
        for (int i = random.nextInt(LIST_MAX); i > 0; i--) {
            list.add(element.get());
        }
        return list;
    }

    private <T> T any(final T[] values) {
        return values[random.nextInt(values.length)];
    }
}
