package com.onebackend.registry.membership;

import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;

/**
 * What happened since the start, for metrics.
 *
 * <p><i>Thread:</i> written by the owner of the {@link Membership}; readers elsewhere are given a {@link Snapshot}.
 */
public final class MembershipCounters {
    long probes;
    long probeFailures;
    long indirectProbes;
    long nacksSent;
    long nacksReceived;
    long streamAcks;
    long paddedProbes;
    long suspicions;
    long suspicionsRefuted;
    long ownRefutations;
    long deathsDeclared;
    long pauses;
    long identityConflicts;
    long replacements;
    long letGo;
    long joinRepliesCut;
    private final Map<RefusedClaim, Long> refused = new EnumMap<>(RefusedClaim.class);

    MembershipCounters() {
        for (final RefusedClaim reason : RefusedClaim.values()) {
            refused.put(reason, 0L);
        }
    }

    void refuse(final RefusedClaim reason) {
        refused.merge(reason, 1L, Long::sum);
    }

    long refusedTotal() {
        long total = 0;
        for (final long count : refused.values()) {
            total += count;
        }
        return total;
    }

    Snapshot snapshot(final Gauges gauges) {
        return new Snapshot(
                probes,
                probeFailures,
                indirectProbes,
                nacksSent,
                nacksReceived,
                streamAcks,
                paddedProbes,
                suspicions,
                suspicionsRefuted,
                ownRefutations,
                deathsDeclared,
                pauses,
                identityConflicts,
                replacements,
                letGo,
                joinRepliesCut,
                Collections.unmodifiableMap(new EnumMap<>(refused)),
                gauges);
    }

    /**
     * An immutable copy.
     *
     * @param probes direct probes begun
     * @param probeFailures probes that nobody answered
     * @param indirectProbes helpers asked
     * @param nacksSent told an asker that the target did not answer
     * @param nacksReceived helpers that said so
     * @param streamAcks probes answered by stream only
     * @param paddedProbes probes of full datagram size beside the small one
     * @param suspicions members suspected, by this node or by what it heard
     * @param suspicionsRefuted suspicions that ended with a sign of life
     * @param ownRefutations incarnations raised by this node to defend itself
     * @param deathsDeclared suspicions that ran out here
     * @param pauses times this process stood still
     * @param identityConflicts signs of another process with this node's id
     * @param replacements contested claims that held, because the process before did not answer
     * @param letGo members forgotten because they were gone for long
     * @param joinRepliesCut join replies with only a part of the table, because too many asked at once
     * @param refusedByReason what peers said and was dropped
     */
    public record Snapshot(
            long probes,
            long probeFailures,
            long indirectProbes,
            long nacksSent,
            long nacksReceived,
            long streamAcks,
            long paddedProbes,
            long suspicions,
            long suspicionsRefuted,
            long ownRefutations,
            long deathsDeclared,
            long pauses,
            long identityConflicts,
            long replacements,
            long letGo,
            long joinRepliesCut,
            Map<RefusedClaim, Long> refusedByReason,
            Gauges gauges) {}

    /**
     * How it stands at this moment.
     *
     * @param rumorsQueued rumors still to be told
     * @param localHealth how little this node trusts its own judgement: 0 is well, 8 is the worst
     * @param contestedClaims claims that wait for the proof of life of those they would replace
     * @param roundTripP50Nanos median of the latest direct probes; 0 while there were none
     * @param roundTripP99Nanos the 99th percentile of them
     * @param udpDegradedMembers members that answer by stream only
     * @param mtuDegradedMembers members that answer small datagrams only
     * @param isUdpDegraded datagrams work with nobody
     * @param isMtuDegraded large datagrams work with nobody: rumors travel in small ones
     * @param needsNewGeneration this process has used up its incarnations: only a restart, in a new generation, can
     *     defend itself
     */
    public record Gauges(
            int rumorsQueued,
            int localHealth,
            int contestedClaims,
            long roundTripP50Nanos,
            long roundTripP99Nanos,
            int udpDegradedMembers,
            int mtuDegradedMembers,
            boolean isUdpDegraded,
            boolean isMtuDegraded,
            boolean needsNewGeneration) {}
}
