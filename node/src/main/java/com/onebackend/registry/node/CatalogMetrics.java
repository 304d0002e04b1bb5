package com.onebackend.registry.node;

import com.onebackend.registry.node.catalog.AutopilotPlan;
import com.onebackend.registry.node.catalog.AutopilotRunner;
import com.onebackend.registry.node.catalog.CatalogCounters;
import com.onebackend.registry.node.catalog.CatalogFigures;
import com.onebackend.registry.node.catalog.CatalogReports;
import com.onebackend.registry.node.catalog.CatalogService;
import com.onebackend.registry.node.gossip.GossipLoop;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricMetadata;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/**
 * The catalog's figures for {@code /metrics}: Raft, the voters, the autopilot, and what writes and reads came to.
 *
 * <p><i>Thread:</i> any. Raft is asked once for the many rows of a page.
 */
final class CatalogMetrics implements MultiCollector {
    private static final double MILLIS_PER_SECOND = 1e3;
    private static final long KEPT_NANOS = Duration.ofMillis(500).toNanos();
    private static final Duration[] WRITE_BUCKETS = {
        Duration.ofMillis(2),
        Duration.ofMillis(5),
        Duration.ofMillis(10),
        Duration.ofMillis(25),
        Duration.ofMillis(50),
        Duration.ofMillis(100),
        Duration.ofMillis(250),
        Duration.ofMillis(500),
        Duration.ofSeconds(1),
        Duration.ofMillis(2_500),
        Duration.ofSeconds(5)
    };

    private final MeterRegistry metrics;
    private final GossipLoop gossip;
    private final CatalogService catalog;
    private final CatalogReports reports;
    private volatile Seen seen;

    /** Raft's figures of a moment. */
    private record Seen(CatalogFigures figures, long atNanos) {}

    private CatalogMetrics(final MeterRegistry metrics, final GossipLoop gossip, final CatalogService catalog) {
        this.metrics = metrics;
        this.gossip = gossip;
        this.catalog = catalog;
        this.reports = catalog.reports();
    }

    static void bind(final PrometheusMeterRegistry metrics, final GossipLoop gossip, final CatalogService catalog) {
        final CatalogMetrics own = new CatalogMetrics(metrics, gossip, catalog);
        own.raft();
        own.voters();
        own.work();
        own.writes();
        own.autopilot();
        // Meters refer to their source weakly; the collector holds it.
        metrics.getPrometheusRegistry().register(own);
    }

    private CatalogFigures figures() {
        final long nowNanos = System.nanoTime();
        final Seen last = seen;
        if (last != null && nowNanos - last.atNanos() < KEPT_NANOS) {
            return last.figures();
        }
        final CatalogFigures figures = reports.figures();
        seen = new Seen(figures, nowNanos);
        return figures;
    }

    private void raft() {
        gauge("applied", "last catalog entry applied on this node", own -> own.catalog.appliedIndex());
        gauge(
                "committed",
                "last entry this node knows to be on a majority",
                own -> own.figures().committedIndex());
        gauge(
                "term",
                "Raft's term; 0 on a node without a vote",
                own -> own.figures().term());
        gauge(
                "leader",
                "1 while this node knows a leader",
                own -> own.catalog.leaderId().isEmpty() ? 0 : 1);
        for (final CatalogFigures.Role role : CatalogFigures.Role.values()) {
            Gauge.builder("registry.catalog.role", this, own -> own.figures().role() == role ? 1 : 0)
                    .description("1 for the part this node has")
                    .tag("role", NodeMetrics.lower(role))
                    .register(metrics);
        }
        gauge("age.seconds", "since this node last knew that it shows everything; NaN = it never did", own -> {
            final long millis = own.catalog.ageMillis();
            return millis == Long.MAX_VALUE ? Double.NaN : millis / MILLIS_PER_SECOND;
        });
        gauge(
                "raft.bytes",
                "bytes of Raft's log and snapshots on the disk",
                own -> own.reports.raftBytes() < 0 ? Double.NaN : own.reports.raftBytes());
        counter(
                "leader.changes",
                "times this node came to know another leader",
                own -> own.counters().leaderChanges());
        counter(
                "log.failures",
                "times Raft's log could not be written; the node ends then",
                own -> own.counters().logFailures());
    }

    private void voters() {
        gauge("voters", "voters of the catalog", own -> own.figures().voters().size());
        gauge("voters.unreachable", "voters that the membership does not reach from here", own -> {
            final List<String> reachable = own.gossip.members().stream()
                    .filter(member -> member.state().isReachable())
                    .map(member -> member.id().nodeId())
                    .toList();
            return own.figures().voters().stream()
                    .filter(voter -> !reachable.contains(voter.nodeId()))
                    .count();
        });
    }

    private void work() {
        outcome(
                "strong.reads",
                "linearizable reads asked for here",
                true,
                own -> own.counters().strongReads(true));
        outcome(
                "strong.reads",
                "linearizable reads asked for here",
                false,
                own -> own.counters().strongReads(false));
        outcome(
                "snapshots",
                "snapshots of Raft taken here",
                true,
                own -> own.counters().snapshots(true));
        outcome(
                "snapshots",
                "snapshots of Raft taken here",
                false,
                own -> own.counters().snapshots(false));
        counter(
                "snapshot.seconds",
                "seconds spent on snapshots",
                own -> own.counters().snapshotSeconds());
    }

    private CatalogCounters counters() {
        return reports.counters();
    }

    private void writes() {
        final Map<CatalogCounters.Outcome, Timer> timers = new EnumMap<>(CatalogCounters.Outcome.class);
        for (final CatalogCounters.Outcome outcome : CatalogCounters.Outcome.values()) {
            timers.put(
                    outcome,
                    Timer.builder("registry.catalog.write")
                            .description("writes of the catalog asked for here, by how they ended and how long it took")
                            .tag("outcome", outcome.label())
                            .serviceLevelObjectives(WRITE_BUCKETS)
                            .register(metrics));
        }
        reports.counters().onWrite((outcome, nanos) -> timers.get(outcome).record(Duration.ofNanos(nanos)));
    }

    private void autopilot() {
        for (final AutopilotPlan.Kind kind : AutopilotPlan.Kind.values()) {
            if (kind == AutopilotPlan.Kind.NONE) {
                continue;
            }
            for (final boolean done : new boolean[] {true, false}) {
                FunctionCounter.builder("registry.catalog.autopilot.changes", this, own -> own.changes(kind, done))
                        .description("changes of the voters this node's autopilot made, or tried in vain")
                        .tags("change", NodeMetrics.lower(kind), "outcome", done ? "ok" : "failed")
                        .register(metrics);
            }
        }
    }

    private long changes(final AutopilotPlan.Kind kind, final boolean done) {
        final AutopilotRunner running = reports.autopilot();
        return running == null ? 0 : running.changes(kind, done);
    }

    private void gauge(final String name, final String text, final ToDoubleFunction<CatalogMetrics> value) {
        Gauge.builder("registry.catalog." + name, this, value).description(text).register(metrics);
    }

    private void counter(final String name, final String text, final ToDoubleFunction<CatalogMetrics> value) {
        FunctionCounter.builder("registry.catalog." + name, this, value)
                .description(text)
                .register(metrics);
    }

    private void outcome(
            final String name, final String text, final boolean done, final ToDoubleFunction<CatalogMetrics> value) {
        FunctionCounter.builder("registry.catalog." + name, this, value)
                .description(text)
                .tag("outcome", done ? "ok" : "failed")
                .register(metrics);
    }

    @Override
    public List<String> getPrometheusNames() {
        return List.of("registry_catalog_voter_lag");
    }

    /** The voters come and go, and so do their rows. */
    @Override
    public MetricSnapshots collect() {
        final CatalogFigures figures = figures();
        final List<GaugeDataPointSnapshot> rows = figures.voters().stream()
                .map(voter -> GaugeDataPointSnapshot.builder()
                        .value(figures.lag(voter) < 0 ? Double.NaN : figures.lag(voter))
                        .labels(Labels.of("voter", voter.nodeId()))
                        .build())
                .toList();
        return MetricSnapshots.of(new GaugeSnapshot(
                new MetricMetadata(
                        "registry_catalog_voter_lag", "entries a voter's log is behind the leader's; NaN elsewhere"),
                rows));
    }
}
