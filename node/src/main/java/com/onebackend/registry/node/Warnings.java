package com.onebackend.registry.node;

import com.onebackend.registry.gossip.GossipConfig;
import com.onebackend.registry.gossip.GossipCounters;
import com.onebackend.registry.membership.MembershipCounters;
import com.onebackend.registry.node.gossip.GossipFigures;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/** What an operator should know of a node that works: each a sentence that says what is wrong and what to do. */
final class Warnings {
    /** A node that trusts itself less than this is said to be slow. */
    static final int LOCAL_HEALTH_MAX = 4;

    /** What happened once is not said for ever; the metrics keep the count. */
    static final long PAST_NANOS_MAX = TimeUnit.MINUTES.toNanos(10);

    private static final double MILLIS_PER_SECOND = 1e3;

    private Warnings() {}

    static List<String> of(final GossipFigures figures, final long nowNanos) {
        final List<String> warnings = standing(figures.membership(), figures.counters());
        addPast(figures.identityConflicts(), figures.divergences(), nowNanos, warnings);
        return warnings;
    }

    /** What is wrong at this moment. */
    static List<String> standing(final MembershipCounters.Snapshot membership, final GossipCounters.Snapshot counters) {
        final List<String> warnings = new ArrayList<>();
        final MembershipCounters.Gauges now = membership.gauges();
        if (now.isUdpDegraded() || now.udpDegradedMembers() > 0) {
            warnings.add("UDP does not get through to " + whom(now.isUdpDegraded(), now.udpDegradedMembers())
                    + ", TCP does: nodes are watched, but more slowly. Open the gossip port for UDP.");
        }
        if (now.isMtuDegraded() || now.mtuDegradedMembers() > 0) {
            warnings.add("Large datagrams do not get through to "
                    + whom(now.isMtuDegraded(), now.mtuDegradedMembers())
                    + ": the network drops packets of about 1,200 bytes. Make its packet size (MTU) equal everywhere.");
        }
        if (now.localHealth() > LOCAL_HEALTH_MAX) {
            warnings.add("This node is slow to answer, or badly connected (local health " + now.localHealth()
                    + " of 8): it watches the others less often. Look at its CPU and memory.");
        }
        addClock(counters.retained(), warnings);
        if (counters.retained().membersBehind() > 0) {
            warnings.add(counters.retained().membersBehind() + " node(s) of the catalog have been away for so long that"
                    + " they will load everything anew. Remove those that do not return: oo nodes rm URL.");
        }
        if (now.needsNewGeneration()) {
            warnings.add(
                    "This process can no longer object when it is believed dead: something with the cluster's secret"
                            + " has made it do so too often. Restart it, and look for a node that lies.");
        }
        return warnings;
    }

    /** What happened in the last minutes. */
    static void addPast(
            final GossipFigures.Rise identityConflicts,
            final GossipFigures.Rise divergences,
            final long nowNanos,
            final List<String> warnings) {
        if (identityConflicts.isRecent(PAST_NANOS_MAX, nowNanos)) {
            warnings.add("Another process has used the id of this node: give each node its own OB_NODE_ID.");
        }
        if (divergences.isRecent(PAST_NANOS_MAX, nowNanos)) {
            warnings.add("Logs differed although they should have been equal, and were repaired; "
                    + "a disk may have lost what it had confirmed. The log of this node names them.");
        }
    }

    private static void addClock(final GossipCounters.Retained retained, final List<String> warnings) {
        final long offset = retained.clockOffsetMillis();
        if (Math.abs(offset) > GossipConfig.CLOCK_ALARM_MILLIS) {
            warnings.add(String.format(
                    Locale.ROOT,
                    "The clock of this node is %.1f s %s those of the others. Mend its time service.",
                    Math.abs(offset) / MILLIS_PER_SECOND,
                    offset > 0 ? "behind" : "ahead of"));
        }
    }

    private static String whom(final boolean everybody, final int members) {
        return everybody ? "any node" : members + " node(s)";
    }
}
