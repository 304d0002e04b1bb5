package com.onebackend.registry.node;

import com.onebackend.registry.gossip.GossipCounters;
import com.onebackend.registry.gossip.HeartbeatCounters;
import com.onebackend.registry.membership.MembershipCounters;
import com.onebackend.registry.membership.RefusedClaim;
import com.onebackend.registry.node.gossip.GossipFigures;
import com.onebackend.registry.replication.Refusal;
import com.onebackend.registry.replication.SyncCounters;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;

/** The gossip core's figures for {@code /metrics}, as the loop last copied them. */
final class CoreMetrics {
    private static final double MILLIS_PER_SECOND = 1e3;
    private static final double NANOS_PER_SECOND = 1e9;

    private final MeterRegistry metrics;
    private final GossipFigures.Source gossip;

    /** @param gossip somebody else must hold it, too: meters only refer to it weakly */
    CoreMetrics(final MeterRegistry metrics, final GossipFigures.Source gossip) {
        this.metrics = metrics;
        this.gossip = gossip;
    }

    void bind() {
        core();
        pushes(GossipFigures::counters);
        sessions(GossipFigures::counters);
        retention(at -> at.counters().retained());
        heartbeats(at -> at.counters().heartbeats());
        membership(GossipFigures::membership);
        health(at -> at.membership().gauges());
    }

    private void core() {
        counter("echoes", "own messages that came back", at -> at.counters().ownEchoes());
        counter(
                "removed.refused",
                "messages of nodes the catalog removed",
                at -> at.counters().refusedRemoved());
        for (final Refusal reason : Refusal.values()) {
            counter(
                    "refused",
                    "what peers sent of instances and was not applied",
                    "reason",
                    NodeMetrics.lower(reason),
                    at -> at.refused().get(reason));
        }
        gauge("origins", "logs this node has a part of", GossipFigures::origins);
        gauge("log.versions", "the last versions this node has of all logs, summed up", GossipFigures::versions);
        gauge("tombstones", "deregistrations that are still remembered", GossipFigures::tombstones);
        gauge("unacknowledged", "answers that wait for the disk", GossipFigures::unacknowledged);
    }

    private void pushes(final Function<GossipFigures, GossipCounters.Snapshot> of) {
        final String name = "pushes";
        final String text = "own versions sent, and those of others as they came";
        counter(name, text, "what", "sent", at -> of.apply(at).pushesSent());
        counter(name, text, "what", "applied", at -> of.apply(at).pushesApplied());
        counter(name, text, "what", "duplicate", at -> of.apply(at).pushesDuplicate());
        counter(name, text, "what", "behind", at -> of.apply(at).pushesBehind());
        counter(name, text, "what", "refused", at -> of.apply(at).pushesRefused());
        counter(name, text, "what", "relayed", at -> of.apply(at).relayed());
        counter(name, text, "what", "held", at -> of.apply(at).pushesHeld());
        counter(
                name,
                text,
                "what",
                "dropped",
                at -> of.apply(at).pushesHeldOverflow() + of.apply(at).pushesHeldExpired());
        counter(
                "announcements",
                "what is here, told to a few",
                at -> of.apply(at).havesSent());
        counter(
                "grafts",
                "pushes asked for again",
                "what",
                "asked",
                at -> of.apply(at).graftsAsked());
        counter(
                "grafts",
                "pushes asked for again",
                "what",
                "answered",
                at -> of.apply(at).grafted());
    }

    private void sessions(final Function<GossipFigures, GossipCounters.Snapshot> of) {
        final Function<GossipFigures, SyncCounters.Snapshot> syncs =
                at -> of.apply(at).syncs();
        counter("syncs", "own anti-entropy sessions that ran to their end", GossipFigures::syncsCompleted);
        gauge("syncs.answered", "sessions of others under way here", GossipFigures::syncsAnswered);
        final String begun = "sessions of others that began here, by what their first question showed";
        counter("syncs.begun", begun, "vector", "same", at -> of.apply(at).probesSame());
        counter("syncs.begun", begun, "vector", "different", at -> of.apply(at).probesDifferent());
        final String text = "sessions that did not run to their end at once";
        counter("syncs.broken", text, "why", "timeout", at -> of.apply(at).syncsTimedOut());
        counter("syncs.broken", text, "why", "peer_busy", at -> of.apply(at).syncsTurnedAway());
        counter("syncs.broken", text, "why", "busy", at -> syncs.apply(at).turnedAway());
        counter("syncs.broken", text, "why", "resumed", at -> syncs.apply(at).resumed());
        counter(
                "chunks.refused",
                "parts of an answer that fit no session",
                at -> of.apply(at).chunksRefused());
        counter(
                "chunks.throttled",
                "parts that waited for the rate limit",
                at -> syncs.apply(at).throttledChunks());
        final String entries = "entries of instances in sessions";
        counter(
                "sync.entries",
                entries,
                "direction",
                "in",
                at -> syncs.apply(at).entriesIn());
        counter(
                "sync.entries",
                entries,
                "direction",
                "out",
                at -> syncs.apply(at).entriesOut());
        final String bytes = "bytes of entries in sessions, estimated";
        counter("sync.bytes", bytes, "direction", "in", at -> syncs.apply(at).bytesIn());
        counter("sync.bytes", bytes, "direction", "out", at -> syncs.apply(at).bytesOut());
        counter(
                "divergences",
                "logs that differed under equal versions",
                at -> syncs.apply(at).divergences());
        counter(
                "repaired",
                "entries brought back after a divergence",
                at -> syncs.apply(at).repairedEntries());
    }

    /** Tombstones, and the clocks by which writes are ordered. */
    private void retention(final Function<GossipFigures, GossipCounters.Retained> of) {
        gauge(
                "watermark",
                "own deregistrations are collected up to this version",
                at -> of.apply(at).ownWatermark());
        counter(
                "tombstones.collected",
                "deregistrations dropped because every node has them",
                at -> of.apply(at).tombstonesCollected());
        gauge(
                "members.behind",
                "catalog nodes away for so long that they load everything anew",
                at -> of.apply(at).membersBehind());
        counter(
                "resets",
                "times this node was away for too long and loaded everything anew",
                at -> of.apply(at).resetsBegun());
        counter(
                "resets.voided",
                "of these, times nobody had everything any more",
                at -> of.apply(at).resetsVoided());
        counter(
                "quarantined",
                "messages refused: stamped too far ahead of this node's clock",
                at -> of.apply(at).quarantined());
        gauge(
                "clock.offset.seconds",
                "how far the other nodes' clocks are ahead, in the middle",
                at -> of.apply(at).clockOffsetMillis() / MILLIS_PER_SECOND);
        counter(
                "clock.alarms",
                "times the clocks were found half a second apart",
                at -> of.apply(at).clockAlarms());
    }

    private void heartbeats(final Function<GossipFigures, HeartbeatCounters.Snapshot> of) {
        final String name = "heartbeats";
        final String text = "signs of life of instances that came to this node";
        counter(name, text, "what", "kept", at -> of.apply(at).kept());
        counter(name, text, "what", "forwarded", at -> of.apply(at).forwarded());
        counter(name, text, "what", "remembered", at -> of.apply(at).remembered());
        counter(name, text, "what", "unknown", at -> of.apply(at).unknown());
        counter(
                "forwards.unanswered",
                "batches of heartbeats an owner did not answer",
                at -> of.apply(at).batchesUnacknowledged());
        counter(
                "forwards.unknown",
                "forwarded heartbeats that the owner did not know",
                at -> of.apply(at).forwardsRefused());
        final String adoptions = "instances taken over from an owner that is gone";
        counter("adoptions", adoptions, "why", "heartbeat", at -> of.apply(at).adoptedByHeartbeat());
        counter("adoptions", adoptions, "why", "keeper", at -> of.apply(at).adoptedByKeeper());
        counter(
                "rehomed",
                "records of gone nodes that were copied because this node owns their instances",
                at -> of.apply(at).rehomed());
        gauge(
                "orphans",
                "instances of gone owners that nobody has adopted yet",
                at -> of.apply(at).orphans());
        final String pulses = "which instances gave a sign of life, for all nodes";
        counter("pulses", pulses, "what", "sent", at -> of.apply(at).pulsesSent());
        counter("pulses", pulses, "what", "applied", at -> of.apply(at).pulsesApplied());
        counter("pulses", pulses, "what", "ignored", at -> of.apply(at).pulsesIgnored());
    }

    private void membership(final Function<GossipFigures, MembershipCounters.Snapshot> of) {
        counter("probes", "direct probes begun", at -> of.apply(at).probes());
        counter(
                "probes.failed",
                "probes that nobody answered",
                at -> of.apply(at).probeFailures());
        counter(
                "probes.indirect",
                "helpers asked for a probe",
                at -> of.apply(at).indirectProbes());
        counter(
                "probes.by.stream",
                "probes answered by stream only",
                at -> of.apply(at).streamAcks());
        final String text = "suspicions, and how they ended here";
        counter("suspicions", text, "what", "raised", at -> of.apply(at).suspicions());
        counter("suspicions", text, "what", "refuted", at -> of.apply(at).suspicionsRefuted());
        counter("suspicions", text, "what", "ran_out", at -> of.apply(at).deathsDeclared());
        counter("suspicions", text, "what", "own_refutation", at -> of.apply(at).ownRefutations());
        counter("pauses", "times this process stood still", at -> of.apply(at).pauses());
        counter(
                "identity.conflicts",
                "signs of another process with this node's id",
                at -> of.apply(at).identityConflicts());
        for (final RefusedClaim reason : RefusedClaim.values()) {
            counter(
                    "claims.refused",
                    "what peers said of members and was not believed",
                    "reason",
                    NodeMetrics.lower(reason),
                    at -> of.apply(at).refusedByReason().get(reason));
        }
    }

    private void health(final Function<GossipFigures, MembershipCounters.Gauges> of) {
        gauge("rumors", "rumors still to be told", at -> of.apply(at).rumorsQueued());
        gauge(
                "local.health",
                "how little this node trusts its own judgement, 0 to 8",
                at -> of.apply(at).localHealth());
        gauge(
                "claims.contested",
                "claims of a node id that wait for a proof of life",
                at -> of.apply(at).contestedClaims());
        gauge(
                "incarnations.used.up",
                "1 when this process can no longer object to being believed dead",
                at -> of.apply(at).needsNewGeneration() ? 1 : 0);
        final String time = "time of the latest direct probes there and back";
        gauge("probe.seconds", time, "quantile", "0.5", at -> of.apply(at).roundTripP50Nanos() / NANOS_PER_SECOND);
        gauge("probe.seconds", time, "quantile", "0.99", at -> of.apply(at).roundTripP99Nanos() / NANOS_PER_SECOND);
        final String degraded = "members that datagrams, or large ones, do not reach";
        gauge("members.degraded", degraded, "path", "udp", at -> of.apply(at).udpDegradedMembers());
        gauge("members.degraded", degraded, "path", "mtu", at -> of.apply(at).mtuDegradedMembers());
        final String none = "1 while datagrams, or large ones, reach nobody";
        gauge("degraded", none, "path", "udp", at -> of.apply(at).isUdpDegraded() ? 1 : 0);
        gauge("degraded", none, "path", "mtu", at -> of.apply(at).isMtuDegraded() ? 1 : 0);
    }

    private void counter(final String name, final String text, final ToDoubleFunction<GossipFigures> count) {
        FunctionCounter.builder("registry.gossip." + name, gossip, at -> count.applyAsDouble(at.figures()))
                .description(text)
                .register(metrics);
    }

    private void counter(
            final String name,
            final String text,
            final String tag,
            final String value,
            final ToDoubleFunction<GossipFigures> count) {
        FunctionCounter.builder("registry.gossip." + name, gossip, at -> count.applyAsDouble(at.figures()))
                .description(text)
                .tag(tag, value)
                .register(metrics);
    }

    private void gauge(final String name, final String text, final ToDoubleFunction<GossipFigures> value) {
        Gauge.builder("registry.gossip." + name, gossip, at -> value.applyAsDouble(at.figures()))
                .description(text)
                .register(metrics);
    }

    private void gauge(
            final String name,
            final String text,
            final String tag,
            final String value,
            final ToDoubleFunction<GossipFigures> figure) {
        Gauge.builder("registry.gossip." + name, gossip, at -> figure.applyAsDouble(at.figures()))
                .description(text)
                .tag(tag, value)
                .register(metrics);
    }
}
