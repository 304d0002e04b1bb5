package com.onebackend.registry.node.catalog;

import com.onebackend.registry.node.catalog.AutopilotPlan.Kind;
import com.onebackend.registry.node.catalog.AutopilotPort.Facts;
import com.onebackend.registry.node.catalog.AutopilotPort.NodeFacts;
import com.onebackend.registry.node.catalog.AutopilotPort.VoterFacts;
import com.onebackend.registry.node.catalog.AutopilotView.Node;
import com.onebackend.registry.node.catalog.AutopilotView.Voter;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks at the cluster every second and, while this node leads the catalog, has done what the {@link Autopilot}
 * decides, one change at a time.
 *
 * <p>It looks on every node, so that a new leader knows at once for how long the others have been there.
 *
 * <p><i>Thread:</i> its own; {@link #report}, {@link #changes} and {@link #close} on any. <i>Invariants:</i> the next
 * change begins when the last one has ended, well or not.
 */
public final class AutopilotRunner implements AutoCloseable {
    /** From one look to the next. */
    public static final Duration INTERVAL = Duration.ofSeconds(1);

    private static final Logger LOG = LoggerFactory.getLogger(AutopilotRunner.class);
    /** After a change that failed, nothing is changed for so long. */
    static final long RETRY_NANOS = TimeUnit.SECONDS.toNanos(5);
    /** A node that could not become a voter, or leader, is tried again after so long; twice as long each time. */
    static final long BACKOFF_NANOS_MIN = TimeUnit.SECONDS.toNanos(10);

    private static final int BACKOFF_DOUBLINGS_MAX = 5;
    private static final long CLOSE_MILLIS_MAX = 2_000;

    private final AutopilotPort port;
    private final AutopilotConfig config;
    private final LongSupplier wallMillis;
    private final ScheduledThreadPoolExecutor clock;
    private final Map<String, Long> reachableSince = new HashMap<>();
    private final Map<String, Backoff> backoffs = new HashMap<>();
    private final Map<Outcome, Long> changes = new ConcurrentHashMap<>();
    private AutopilotPlan changing;
    private CompletableFuture<Void> change;
    private long retryNanos;
    private boolean isRetrying;
    private long leaderTerm = -1;
    private long leaderSinceNanos;
    private Optional<Long> surplusSinceNanos = Optional.empty();
    private Optional<Long> lastChangeNanos = Optional.empty();
    private volatile AutopilotReport report = AutopilotReport.FIRST;

    /** Failures of a node in a row. */
    private record Backoff(int failures, long untilNanos, String why) {}

    /** How often a kind of change ended in this way. */
    private record Outcome(Kind kind, boolean isDone) {}

    /** @param wallMillis the time of day, for people */
    AutopilotRunner(
            final String nodeId,
            final AutopilotPort port,
            final AutopilotConfig config,
            final LongSupplier wallMillis) {
        this.port = port;
        this.config = config;
        this.wallMillis = wallMillis;
        this.clock = new ScheduledThreadPoolExecutor(1, task -> {
            final Thread thread = new Thread(task, nodeId + "-autopilot");
            thread.setDaemon(true);
            return thread;
        });
    }

    /** Begins to look, and to decide whenever this node leads. */
    public static AutopilotRunner start(final String nodeId, final AutopilotPort port, final AutopilotConfig config) {
        final AutopilotRunner runner = new AutopilotRunner(nodeId, port, config, System::currentTimeMillis);
        runner.clock.scheduleWithFixedDelay(
                () -> {
                    try {
                        runner.look(System.nanoTime());
                    } catch (final RuntimeException e) {
                        LOG.warn("autopilot could not look at the cluster", e);
                    }
                },
                INTERVAL.toMillis(),
                INTERVAL.toMillis(),
                TimeUnit.MILLISECONDS);
        return runner;
    }

    /** What it does and did, for people. */
    public AutopilotReport report() {
        return report;
    }

    /** How many changes of this kind this node's autopilot has made, or tried in vain. */
    public long changes(final Kind kind, final boolean done) {
        return changes.getOrDefault(new Outcome(kind, done), 0L);
    }

    /** One look, and the next step if there is one; on the runner's thread, or a test's. */
    void look(final long nowNanos) {
        final Facts facts = port.facts();
        noteEnd(facts, nowNanos);
        noteReachable(facts, nowNanos);
        if (!facts.isLeader()) {
            leaderTerm = -1;
            surplusSinceNanos = Optional.empty();
            report = report.notLeading(wallMillis.getAsLong());
            return;
        }
        noteLeading(facts, nowNanos);
        if (change != null || (isRetrying && retryNanos - nowNanos > 0)) {
            // What is under way, or has failed, says more than that the next step waits for it.
            return;
        }
        isRetrying = false;
        final AutopilotPlan plan = Autopilot.decide(view(facts, nowNanos), config);
        report = report.planned(plan.why(), wallMillis.getAsLong());
        if (!plan.isNone()) {
            begin(plan, nowNanos);
        }
    }

    private void noteLeading(final Facts facts, final long nowNanos) {
        if (facts.term() != leaderTerm) {
            leaderTerm = facts.term();
            leaderSinceNanos = nowNanos;
        }
        final int count = facts.voters().size();
        if (count <= AutopilotView.target(facts.nodes().size()) && count % 2 == 1) {
            surplusSinceNanos = Optional.empty();
        } else if (surplusSinceNanos.isEmpty()) {
            surplusSinceNanos = Optional.of(nowNanos);
        }
    }

    private void noteReachable(final Facts facts, final long nowNanos) {
        final Map<String, Long> before = Map.copyOf(reachableSince);
        reachableSince.clear();
        for (final NodeFacts node : facts.nodes()) {
            if (node.isReachable()) {
                reachableSince.put(node.nodeId(), before.getOrDefault(node.nodeId(), nowNanos));
            }
        }
        backoffs.keySet()
                .retainAll(facts.nodes().stream().map(NodeFacts::nodeId).collect(Collectors.toSet()));
    }

    private AutopilotView view(final Facts facts, final long nowNanos) {
        final Map<String, NodeFacts> byId =
                facts.nodes().stream().collect(Collectors.toMap(NodeFacts::nodeId, node -> node, (a, b) -> a));
        final List<Voter> voters = facts.voters().stream()
                .map(voter -> voter(voter, byId.get(voter.nodeId())))
                .toList();
        final List<Node> nodes =
                facts.nodes().stream().map(node -> node(node, nowNanos)).toList();
        return new AutopilotView(
                nowNanos,
                facts.self(),
                leaderSinceNanos,
                voters,
                nodes,
                surplusSinceNanos,
                lastChangeNanos,
                change != null);
    }

    /** A voter that the catalog does not list, or not yet, is judged by Raft alone. */
    private Voter voter(final VoterFacts voter, final NodeFacts node) {
        final long silentNanos = TimeUnit.MILLISECONDS.toNanos(voter.silentMillis());
        return node == null
                ? new Voter(voter.nodeId(), "", silentNanos <= config.silence().toNanos(), silentNanos, false)
                : new Voter(voter.nodeId(), node.zone(), node.isReachable(), silentNanos, node.isDrained());
    }

    private Node node(final NodeFacts node, final long nowNanos) {
        final Long since = reachableSince.get(node.nodeId());
        final Backoff backoff = backoffs.get(node.nodeId());
        return new Node(
                node.nodeId(),
                node.zone(),
                node.isReachable(),
                since == null ? 0 : nowNanos - since,
                node.lagEntries() < 0 ? Node.LAG_UNKNOWN : node.lagEntries(),
                node.isDrained(),
                backoff == null || backoff.untilNanos() - nowNanos <= 0 ? "" : backoff.why());
    }

    private void begin(final AutopilotPlan plan, final long nowNanos) {
        LOG.info("autopilot {} node={} substitute={}: {}", plan.kind(), plan.nodeId(), plan.substituteId(), plan.why());
        if (plan.kind().takesVote()) {
            lastChangeNanos = Optional.of(nowNanos);
        }
        changing = plan;
        change = switch (plan.kind()) {
            case NONE -> CompletableFuture.completedFuture(null);
            case PROMOTE -> port.promote(plan.nodeId());
            case DEMOTE -> port.demote(plan.nodeId());
            case REPLACE -> port.promote(plan.substituteId()).thenCompose(done -> port.demote(plan.nodeId()));
            case TRANSFER_LEADERSHIP -> port.transferLeadership(plan.nodeId());
        };
    }

    private void noteEnd(final Facts facts, final long nowNanos) {
        if (change == null || !change.isDone()) {
            return;
        }
        final AutopilotPlan plan = changing;
        final String failure = failure(change);
        change = null;
        changing = null;
        changes.merge(new Outcome(plan.kind(), failure.isEmpty()), 1L, Long::sum);
        final long nowMillis = wallMillis.getAsLong();
        if (failure.isEmpty()) {
            backoffs.remove(plan.newcomer());
            report = report.changed(plan.why() + ": done", nowMillis);
            return;
        }
        LOG.warn("autopilot {} node={} failed reason={}", plan.kind(), plan.nodeId(), failure);
        report = report.changed(plan.why() + ": failed, " + failure, nowMillis);
        isRetrying = true;
        retryNanos = nowNanos + RETRY_NANOS;
        final boolean isIn = plan.kind() == Kind.REPLACE
                && facts.voters().stream().anyMatch(voter -> voter.nodeId().equals(plan.substituteId()));
        if (!plan.newcomer().isEmpty() && !isIn) {
            holdBack(plan.newcomer(), failure, nowNanos);
        }
    }

    private void holdBack(final String nodeId, final String why, final long nowNanos) {
        final Backoff before = backoffs.get(nodeId);
        final int failures = before == null ? 1 : before.failures() + 1;
        final long waitNanos = BACKOFF_NANOS_MIN << Math.min(failures - 1, BACKOFF_DOUBLINGS_MAX);
        backoffs.put(nodeId, new Backoff(failures, nowNanos + waitNanos, why));
    }

    private static String failure(final CompletableFuture<Void> ended) {
        try {
            ended.join();
            return "";
        } catch (final CompletionException | CancellationException e) {
            return RatisErrors.reason(RatisErrors.unwrap(e));
        }
    }

    @Override
    public void close() {
        clock.shutdownNow();
        try {
            if (!clock.awaitTermination(CLOSE_MILLIS_MAX, TimeUnit.MILLISECONDS)) {
                LOG.warn("autopilot did not end in {} ms", CLOSE_MILLIS_MAX);
            }
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
