package com.onebackend.registry.node;

import com.onebackend.registry.api.Caller;
import com.onebackend.registry.api.ErrorCode;
import com.onebackend.registry.api.NodeRemoved;
import com.onebackend.registry.api.NodeView;
import com.onebackend.registry.api.RegistryException;
import com.onebackend.registry.model.Member;
import com.onebackend.registry.node.catalog.CatalogCommand;
import com.onebackend.registry.node.catalog.CatalogPeer;
import com.onebackend.registry.node.catalog.CatalogService;
import com.onebackend.registry.node.catalog.RemovedNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One removal of a node: takes the steps of {@link RemovalDecision} until it is done, or the time is up. What was done
 * until then stays, and a repetition goes on from there.
 *
 * <p><i>Thread:</i> none of its own; a step begins where the one before completed, and does not block.
 */
final class NodeRemoval {
    /** Less than a request may take, with the 4 s of a last write. */
    static final long MILLIS_MAX = 5_500;

    private static final Logger LOG = LoggerFactory.getLogger(NodeRemoval.class);
    private static final long RETRY_MILLIS = 100;
    private static final Executor LATER =
            CompletableFuture.delayedExecutor(RETRY_MILLIS, TimeUnit.MILLISECONDS, Runnable::run);

    private final Services running;
    private final String self;
    private final NodeView node;
    private final String nodeId;
    private final boolean isForced;
    private final boolean wasAlive;
    private final CatalogCommand.RemoveNode command;
    private final CatalogCommand.DrainNode drain;
    private final long deadlineNanos = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(MILLIS_MAX);
    private final CompletableFuture<NodeRemoved> done = new CompletableFuture<>();

    // Each step happens after the one before it.
    private final List<String> steps = new ArrayList<>();
    private RegistryException lastFailure;
    private boolean hasLed;
    private boolean hasVoted;
    private boolean isVoteTaken;

    private NodeRemoval(
            final Services running,
            final String self,
            final NodeView node,
            final Caller caller,
            final boolean isForced) {
        this.running = running;
        this.self = self;
        this.node = node;
        this.nodeId = node.record().id();
        this.isForced = isForced;
        this.wasAlive = nodeId.equals(self) || node.state().isReachable();
        // One request id for all tries, also those that the caller makes: it is applied once.
        this.command = new CatalogCommand.RemoveNode(
                NodeApi.proposal(caller),
                nodeId,
                NodeApi.generation(running.gossip().members(), node.record()));
        this.drain = new CatalogCommand.DrainNode(NodeApi.proposal(caller.slug()), nodeId, true, "it is being removed");
    }

    /**
     * Removes {@code node}, this one included. Fails with CONFLICT (refused), UNAVAILABLE (not finished; repeat it),
     * NOT_FOUND, INDETERMINATE.
     */
    static CompletableFuture<NodeRemoved> begin(
            final Services running,
            final String self,
            final NodeView node,
            final Caller caller,
            final boolean isForced) {
        final NodeRemoval removal = new NodeRemoval(running, self, node, caller, isForced);
        removal.next();
        return removal.done;
    }

    private void next() {
        if (isDone()) {
            done.complete(new NodeRemoved(node, stepsTaken(true)));
            return;
        }
        try {
            final RemovalDecision.Facts facts = facts();
            hasLed |= facts.isLeader();
            hasVoted |= facts.voters().contains(nodeId);
            final RemovalDecision decision = RemovalDecision.of(facts);
            if (decision.step() == RemovalDecision.Step.REFUSE) {
                done.completeExceptionally(new RegistryException(ErrorCode.CONFLICT, decision.message()));
            } else if (System.nanoTime() - deadlineNanos >= 0) {
                done.completeExceptionally(notFinished(decision));
            } else {
                take(decision.step());
            }
        } catch (final RuntimeException e) {
            done.completeExceptionally(e);
        }
    }

    /**
     * The catalog here has the removal, though the answer to the write that brought it may be lost: a node that removes
     * itself retires when it sees it.
     */
    private boolean isDone() {
        final RemovedNode removed = running.catalog().removed(nodeId);
        return removed != null
                && removed.covers(nodeId, node.record().origin(), node.record().generation());
    }

    private void take(final RemovalDecision.Step step) {
        final CatalogService catalog = running.catalog();
        switch (step) {
            case WAIT -> LATER.execute(this::next);
            case DRAIN ->
                then(catalog.write(drain).thenAccept(result -> {
                    try {
                        result.orThrow();
                        steps.add("drained");
                    } catch (final RegistryException refused) {
                        done.completeExceptionally(refused);
                    }
                }));
            case TAKE_VOTE ->
                then(catalog.removeVoter(nodeId, id -> isReachable(id)).thenAccept(result -> isVoteTaken = true));
            case WRITE ->
                then(catalog.write(command).thenAccept(result -> {
                    LOG.info(
                            "node removed node={} by={}",
                            nodeId,
                            command.proposal().who());
                    done.complete(
                            new NodeRemoved(node, stepsTaken(result.orThrow().isOk())));
                }));
            case REFUSE -> throw new IllegalStateException("a refusal is no step");
        }
    }

    private List<String> stepsTaken(final boolean isRemoved) {
        if (!wasAlive) {
            return List.of();
        }
        if (hasLed) {
            steps.add("leadership handed on");
        }
        if (hasVoted) {
            steps.add("vote taken");
        }
        if (isRemoved) {
            steps.add(nodeId.equals(self) ? "removed; it serves nothing from now on, and can be stopped" : "removed");
        }
        return steps;
    }

    private void then(final CompletableFuture<Void> step) {
        final long leftNanos = Math.max(1, deadlineNanos - System.nanoTime());
        // A write ends by itself in time; a change of the group may not.
        step.orTimeout(leftNanos + TimeUnit.SECONDS.toNanos(4), TimeUnit.NANOSECONDS)
                .whenComplete((result, failure) -> {
                    if (failure == null) {
                        lastFailure = null;
                        if (!done.isDone()) {
                            next();
                        }
                        return;
                    }
                    lastFailure = refusalOf(failure);
                    if (isDone()) {
                        done.complete(new NodeRemoved(node, stepsTaken(true)));
                    } else if (lastFailure.error().code() == ErrorCode.NOT_FOUND) {
                        done.completeExceptionally(lastFailure);
                    } else {
                        LATER.execute(this::next);
                    }
                });
    }

    private static RegistryException refusalOf(final Throwable failure) {
        final Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        if (cause instanceof RegistryException refusal) {
            return refusal;
        }
        if (cause instanceof TimeoutException) {
            return new RegistryException(ErrorCode.UNAVAILABLE, "the catalog's voters did not answer in time");
        }
        LOG.error("removal of a node failed unexpectedly", cause);
        return new RegistryException(ErrorCode.INTERNAL, "internal error, see the node's log");
    }

    private RegistryException notFinished(final RemovalDecision decision) {
        final String why = lastFailure == null ? "" : " (" + lastFailure.error().message() + ")";
        final boolean isUnknown = lastFailure != null && lastFailure.error().code() == ErrorCode.INDETERMINATE;
        return new RegistryException(
                isUnknown ? ErrorCode.INDETERMINATE : ErrorCode.UNAVAILABLE,
                "the removal of " + nodeId + " is not finished: " + decision.message() + why
                        + "; repeat it, or take the node back with: oo nodes undrain " + nodeId);
    }

    private RemovalDecision.Facts facts() {
        final Set<String> reachable = new TreeSet<>();
        reachable.add(self);
        for (final Member member : running.gossip().members()) {
            if (member.state().isReachable()) {
                reachable.add(member.id().nodeId());
            }
        }
        final List<String> voters = running.catalog().voters().stream()
                .map(CatalogPeer::nodeId)
                // A node that was a voter itself hears of the new group a little later.
                .filter(id -> !(isVoteTaken && id.equals(nodeId)))
                .toList();
        return new RemovalDecision.Facts(
                nodeId,
                isForced,
                running.catalog().isDrained(nodeId),
                running.catalog().leaderId().equals(nodeId),
                voters,
                reachable);
    }

    private boolean isReachable(final String id) {
        return id.equals(self)
                || running.gossip().members().stream()
                        .anyMatch(member -> member.id().nodeId().equals(id)
                                && member.state().isReachable());
    }
}
