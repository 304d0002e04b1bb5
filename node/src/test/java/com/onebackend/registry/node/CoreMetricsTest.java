package com.onebackend.registry.node;

import static org.assertj.core.api.Assertions.assertThat;

import com.onebackend.registry.node.gossip.GossipFigures;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Every row of the page shows the figure that its name says, and no other. */
class CoreMetricsTest {
    /** Each row of the page without its prefix, and the figures whose sum it is; where it is in seconds, divided. */
    private static final String ROWS = """
            echoes_total counters.ownEchoes
            removed_refused_total counters.refusedRemoved
            refused_total{reason="*"} refused.*
            origins origins
            log_versions versions
            tombstones tombstones
            unacknowledged unacknowledged
            pushes_total{what="sent"} counters.pushesSent
            pushes_total{what="applied"} counters.pushesApplied
            pushes_total{what="duplicate"} counters.pushesDuplicate
            pushes_total{what="behind"} counters.pushesBehind
            pushes_total{what="refused"} counters.pushesRefused
            pushes_total{what="relayed"} counters.relayed
            pushes_total{what="held"} counters.pushesHeld
            pushes_total{what="dropped"} counters.pushesHeldOverflow+counters.pushesHeldExpired
            announcements_total counters.havesSent
            grafts_total{what="asked"} counters.graftsAsked
            grafts_total{what="answered"} counters.grafted
            syncs_total syncsCompleted
            syncs_answered syncsAnswered
            syncs_begun_total{vector="same"} counters.probesSame
            syncs_begun_total{vector="different"} counters.probesDifferent
            syncs_broken_total{why="timeout"} counters.syncsTimedOut
            syncs_broken_total{why="peer_busy"} counters.syncsTurnedAway
            syncs_broken_total{why="busy"} counters.syncs.turnedAway
            syncs_broken_total{why="resumed"} counters.syncs.resumed
            chunks_refused_total counters.chunksRefused
            chunks_throttled_total counters.syncs.throttledChunks
            sync_entries_total{direction="in"} counters.syncs.entriesIn
            sync_entries_total{direction="out"} counters.syncs.entriesOut
            sync_bytes_total{direction="in"} counters.syncs.bytesIn
            sync_bytes_total{direction="out"} counters.syncs.bytesOut
            divergences_total counters.syncs.divergences
            repaired_total counters.syncs.repairedEntries
            watermark counters.retained.ownWatermark
            tombstones_collected_total counters.retained.tombstonesCollected
            members_behind counters.retained.membersBehind
            resets_total counters.retained.resetsBegun
            resets_voided_total counters.retained.resetsVoided
            quarantined_total counters.retained.quarantined
            clock_offset_seconds counters.retained.clockOffsetMillis/1000
            clock_alarms_total counters.retained.clockAlarms
            heartbeats_total{what="kept"} counters.heartbeats.kept
            heartbeats_total{what="forwarded"} counters.heartbeats.forwarded
            heartbeats_total{what="remembered"} counters.heartbeats.remembered
            heartbeats_total{what="unknown"} counters.heartbeats.unknown
            forwards_unanswered_total counters.heartbeats.batchesUnacknowledged
            forwards_unknown_total counters.heartbeats.forwardsRefused
            rehomed_total counters.heartbeats.rehomed
            adoptions_total{why="heartbeat"} counters.heartbeats.adoptedByHeartbeat
            adoptions_total{why="keeper"} counters.heartbeats.adoptedByKeeper
            orphans counters.heartbeats.orphans
            pulses_total{what="sent"} counters.heartbeats.pulsesSent
            pulses_total{what="applied"} counters.heartbeats.pulsesApplied
            pulses_total{what="ignored"} counters.heartbeats.pulsesIgnored
            probes_total membership.probes
            probes_failed_total membership.probeFailures
            probes_indirect_total membership.indirectProbes
            probes_by_stream_total membership.streamAcks
            suspicions_total{what="raised"} membership.suspicions
            suspicions_total{what="refuted"} membership.suspicionsRefuted
            suspicions_total{what="ran_out"} membership.deathsDeclared
            suspicions_total{what="own_refutation"} membership.ownRefutations
            pauses_total membership.pauses
            identity_conflicts_total membership.identityConflicts
            claims_refused_total{reason="*"} membership.refusedByReason.*
            rumors membership.gauges.rumorsQueued
            local_health membership.gauges.localHealth
            claims_contested membership.gauges.contestedClaims
            probe_seconds{quantile="0.5"} membership.gauges.roundTripP50Nanos/1000000000
            probe_seconds{quantile="0.99"} membership.gauges.roundTripP99Nanos/1000000000
            members_degraded{path="udp"} membership.gauges.udpDegradedMembers
            members_degraded{path="mtu"} membership.gauges.mtuDegradedMembers
            degraded{path="udp"} membership.gauges.isUdpDegraded
            degraded{path="mtu"} membership.gauges.isMtuDegraded
            incarnations_used_up membership.gauges.needsNewGeneration
            """;

    private final PrometheusMeterRegistry page = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final Map<String, Long> figures = new HashMap<>();

    @ParameterizedTest
    @ValueSource(strings = {"isUdpDegraded", "isMtuDegraded", "needsNewGeneration"})
    void everyRowShowsTheFigureItsNameSays(final String flagSet) {
        // Of flags only one can differ from the other.
        final GossipFigures distinct = SampleFigures.of(path -> {
            final boolean isFlag = path.contains(".is") || path.endsWith("needsNewGeneration");
            final long figure = isFlag ? (path.endsWith(flagSet) ? 1 : 0) : 1_001 + figures.size();
            figures.put(path, figure);
            return figure;
        });
        final GossipFigures.Source source = () -> distinct;
        new CoreMetrics(page, source).bind();
        assertThat(shown()).isEqualTo(expected());
        // The meters alone would let it go.
        assertThat(source.figures()).isSameAs(distinct);
    }

    private Map<String, Double> shown() {
        final Map<String, Double> rows = new TreeMap<>();
        page.scrape()
                .lines()
                .filter(line -> !line.startsWith("#"))
                .forEach(line -> rows.put(
                        line.substring("registry_gossip_".length(), line.lastIndexOf(' ')),
                        Double.valueOf(line.substring(line.lastIndexOf(' ') + 1))));
        return rows;
    }

    private Map<String, Double> expected() {
        final Map<String, Double> rows = new TreeMap<>();
        ROWS.lines().map(row -> row.split(" ", 2)).forEach(row -> {
            if (!row[1].endsWith(".*")) {
                rows.put(row[0], sum(row[1]));
                return;
            }
            final String prefix = row[1].substring(0, row[1].length() - 1);
            figures.keySet().stream().filter(path -> path.startsWith(prefix)).forEach(path -> {
                final String reason = path.substring(prefix.length()).toLowerCase(Locale.ROOT);
                rows.put(row[0].replace("*", reason), sum(path));
            });
        });
        return rows;
    }

    private double sum(final String figure) {
        final String[] quotient = figure.split("/", 2);
        double sum = 0;
        for (final String path : quotient[0].split("[+]", -1)) {
            assertThat(figures).containsKey(path);
            sum += figures.get(path);
        }
        return quotient.length == 1 ? sum : sum / Double.parseDouble(quotient[1]);
    }
}
