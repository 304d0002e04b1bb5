package com.onebackend.registry.gossip;

import com.onebackend.registry.membership.Lane;
import com.onebackend.registry.model.Endpoint;
import com.onebackend.registry.model.Gpu;
import com.onebackend.registry.model.Member;
import com.onebackend.registry.model.MemberId;
import com.onebackend.registry.model.NodeReport;
import com.onebackend.registry.model.NodeUsage;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.random.RandomGenerator;

/**
 * The latest report of every node about itself. The more nodes there are, the rarer each tells its own. While pushes go
 * to everybody directly, a member that appears is sent our report; when they are many, who lacks reports asks one
 * member for all of them.
 *
 * <p><i>Thread:</i> the gossip loop.
 *
 * <p><i>Invariants:</i> a report is replaced only by a newer one of the same node.
 */
final class Reports {
    /** A report is told no oftener, however often it is sampled, plus {@link #MEMBER_NANOS} per member. */
    static final long INTERVAL_MIN_NANOS = 15_000_000_000L;

    static final long INTERVAL_MAX_NANOS = 60_000_000_000L;

    /** Each member's share of the interval: so keeps the traffic its size while members become more. */
    static final long MEMBER_NANOS = 300_000_000L;

    /** A sample may come so much before its time. */
    static final long EARLY_NANOS = 2_000_000_000L;

    /** Where reports are handed on, the first waits until the others have heard of this node. */
    static final long FIRST_NANOS = 2_000_000_000L;

    /** Who lacks the reports of so many members asks for them, or of a quarter of all when that is more. */
    static final int LACKING_MIN = 8;

    static final long ASK_NANOS = 10_000_000_000L;

    /** Reports in one answer message. */
    static final int BATCH_MAX = 64;

    private final MemberId selfId;
    private final Broadcast broadcast;
    private final RandomGenerator random;
    private final Map<String, NodeReport> latest = new TreeMap<>();
    private NodeReport own;
    private long sequence;
    private long toldNanos;
    private boolean isTold;
    private boolean isAmongMany;
    private long nextAskNanos;

    Reports(final MemberId selfId, final Broadcast broadcast, final RandomGenerator random) {
        this.selfId = selfId;
        this.broadcast = broadcast;
        this.random = random;
    }

    /** This node's resources were sampled: tell the others, unless they were told a moment ago. */
    void sampled(final NodeUsage usage, final List<Gpu> gpus, final Now now, final Effects out) {
        own = new NodeReport(selfId, ++sequence, now.wallMillis(), usage, gpus);
        latest.put(selfId.nodeId(), own);
        out.reported(own);
        final long interval = intervalNanos(broadcast.members().size() + 1);
        if (isTold ? now.nanos() - toldNanos >= interval - EARLY_NANOS : broadcast.isDirect()) {
            tell(now, out);
        }
    }

    private void tell(final Now now, final Effects out) {
        isTold = !broadcast.members().isEmpty();
        toldNanos = now.nanos();
        broadcast.toAll(new GossipMessage.Report(selfId, own), out);
    }

    /** How often a node tells its report in a cluster of so many. */
    static long intervalNanos(final int members) {
        return Math.max(INTERVAL_MIN_NANOS, Math.min(INTERVAL_MAX_NANOS, members * MEMBER_NANOS));
    }

    /** A member's report arrived. True when it is not older than what is known: whoever waits for it may have it. */
    boolean receive(final NodeReport report, final Effects out) {
        final NodeReport known = latest.get(report.from().nodeId());
        if (report.isNewerThan(known)) {
            latest.put(report.from().nodeId(), report);
            out.reported(report);
            return true;
        }
        return !known.isNewerThan(report);
    }

    /** A member is new, or back: it gets what it missed. */
    void appeared(final Endpoint at, final Effects out) {
        if (own != null && broadcast.isDirect()) {
            out.send(at, Lane.STREAM, new GossipMessage.Report(selfId, own));
        }
    }

    /** Tells the first report, and asks somebody when a good part of the others' is lacking. */
    void tick(final Now now, final Effects out) {
        if (broadcast.isDirect()) {
            return;
        }
        if (!isAmongMany) {
            isAmongMany = true;
            toldNanos = now.nanos();
            nextAskNanos = now.nanos();
        }
        if (!isTold && own != null && now.nanos() - toldNanos >= FIRST_NANOS) {
            tell(now, out);
        }
        if (now.nanos() - nextAskNanos >= 0) {
            ask(now, out);
        }
    }

    private void ask(final Now now, final Effects out) {
        nextAskNanos = now.nanos() + ASK_NANOS;
        final List<Member> members = broadcast.members();
        int lacking = 0;
        for (final Member member : members) {
            lacking += latest.containsKey(member.id().nodeId()) ? 0 : 1;
        }
        if (lacking > Math.max(LACKING_MIN, members.size() / 4)) {
            final Member somebody = members.get(random.nextInt(members.size()));
            out.send(somebody.endpoint(), Lane.STREAM, new GossipMessage.ReportsAsked(selfId));
        }
    }

    /** A member asks for all reports. */
    void answer(final Endpoint to, final Effects out) {
        final List<NodeReport> all = new ArrayList<>(latest.values());
        for (int i = 0; i < all.size(); i += BATCH_MAX) {
            final List<NodeReport> batch = all.subList(i, Math.min(all.size(), i + BATCH_MAX));
            out.send(to, Lane.STREAM, new GossipMessage.ReportBatch(selfId, batch));
        }
    }

    /** The node was removed. */
    void forget(final String nodeId) {
        latest.remove(nodeId);
    }
}
