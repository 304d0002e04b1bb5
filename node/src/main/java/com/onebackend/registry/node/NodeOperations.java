package com.onebackend.registry.node;

import com.onebackend.registry.api.Caller;
import com.onebackend.registry.api.ErrorCode;
import com.onebackend.registry.api.NodeDrain;
import com.onebackend.registry.api.NodeRemoved;
import com.onebackend.registry.api.NodeView;
import com.onebackend.registry.api.RegistryException;
import com.onebackend.registry.model.Generation;
import com.onebackend.registry.model.UrlText;
import com.onebackend.registry.node.catalog.CatalogCommand;
import com.onebackend.registry.node.catalog.CatalogResult;
import com.onebackend.registry.node.catalog.DrainedNode;
import com.onebackend.registry.node.catalog.RemovedNode;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.function.Supplier;

/**
 * What an operator does to a node as a whole: out of service, back, out of the cluster.
 *
 * <p><i>Thread:</i> any; does not block.
 */
final class NodeOperations {
    /** Removals under way on this node. */
    static final int REMOVALS_MAX = 8;

    private final String self;
    private final Supplier<List<NodeView>> nodes;
    private final Semaphore removals = new Semaphore(REMOVALS_MAX);

    NodeOperations(final String self, final Supplier<List<NodeView>> nodes) {
        this.self = self;
        this.nodes = nodes;
    }

    /** How a drained node is shown; null for a node in service. */
    static NodeDrain shown(final DrainedNode drained) {
        return drained == null ? null : new NodeDrain(drained.by(), drained.reason(), drained.millis());
    }

    CompletableFuture<NodeRemoved> remove(
            final Services running, final Caller caller, final String urlOrId, final boolean isForced) {
        final NodeView node = find(urlOrId);
        if (node == null) {
            return caller.mark() == null
                    ? failed(ErrorCode.NOT_FOUND, notFound(running, urlOrId))
                    : removedBefore(running, caller, urlOrId);
        }
        if (!removals.tryAcquire()) {
            return failed(ErrorCode.OVERLOADED, "more than " + REMOVALS_MAX + " removals are under way here");
        }
        return NodeRemoval.begin(running, self, node, caller, isForced)
                .whenComplete((removed, failure) -> removals.release());
    }

    /** Perhaps by this very request, sent again: the catalog remembers its mark. Else this removes nothing. */
    private CompletableFuture<NodeRemoved> removedBefore(
            final Services running, final Caller caller, final String urlOrId) {
        return running.catalog()
                .write(new CatalogCommand.RemoveNode(NodeApi.proposal(caller), "", new Generation(0)))
                .thenApply(result -> {
                    if (result.code() == CatalogResult.Code.NOT_FOUND) {
                        throw new RegistryException(ErrorCode.NOT_FOUND, notFound(running, urlOrId));
                    }
                    result.orThrow();
                    return new NodeRemoved(null, List.of());
                });
    }

    CompletableFuture<NodeView> drain(
            final Services running,
            final Caller caller,
            final String urlOrId,
            final boolean drained,
            final String reason) {
        final NodeView node = find(urlOrId);
        if (node == null) {
            return failed(ErrorCode.NOT_FOUND, notFound(running, urlOrId));
        }
        final String nodeId = node.record().id();
        final boolean isAnyoneElse = nodes.get().stream()
                .anyMatch(other ->
                        !other.record().id().equals(nodeId) && other.state().isReachable() && other.drain() == null);
        if (drained && !isAnyoneElse) {
            return failed(
                    ErrorCode.CONFLICT,
                    "no other node that can be reached is in service; undrain or start one before you drain " + nodeId);
        }
        return running.catalog()
                .write(new CatalogCommand.DrainNode(NodeApi.proposal(caller), nodeId, drained, reason))
                .thenApply(result -> {
                    result.orThrow();
                    return new NodeView(
                            node.record(),
                            node.report(),
                            node.state(),
                            shown(running.catalog().drained(nodeId)));
                });
    }

    private NodeView find(final String urlOrId) {
        return nodes.get().stream()
                .filter(view -> NodeNames.matches(view.record(), urlOrId))
                .findFirst()
                .orElse(null);
    }

    private static String notFound(final Services running, final String urlOrId) {
        return running.catalog().removed().stream()
                .filter(removed -> removed.nodeId().equals(urlOrId)
                        || (!removed.url().isEmpty()
                                && UrlText.normalise(removed.url()).equals(UrlText.normalise(urlOrId))))
                .max(Comparator.comparingLong(RemovedNode::index))
                .map(removed -> "node " + urlOrId + " was removed on "
                        + Instant.ofEpochMilli(removed.millis()).truncatedTo(ChronoUnit.SECONDS) + " by "
                        + removed.by())
                .orElse("there is no node " + urlOrId);
    }

    private static <T> CompletableFuture<T> failed(final ErrorCode code, final String message) {
        return CompletableFuture.failedFuture(new RegistryException(code, message));
    }
}
