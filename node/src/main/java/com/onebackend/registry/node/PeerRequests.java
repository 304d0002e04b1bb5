package com.onebackend.registry.node;

import com.onebackend.registry.node.catalog.BootstrapAnswers;
import com.onebackend.registry.node.catalog.CatalogService;
import com.onebackend.registry.node.catalog.RemovedNode;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Answers the requests of other nodes: the bootstrap's questions, which are JSON, and those of the catalog.
 *
 * <p><i>Thread:</i> the executor of requests.
 */
final class PeerRequests implements Function<byte[], CompletionStage<byte[]>> {
    private final BootstrapAnswers bootstrap;
    private final Supplier<CatalogService> catalog;

    /** @param catalog null until it runs */
    PeerRequests(final BootstrapAnswers bootstrap, final Supplier<CatalogService> catalog) {
        this.bootstrap = bootstrap;
        this.catalog = catalog;
    }

    /** A catalog that was given up for the asker's has no say in who is a member. */
    private RemovedNode removal(final String nodeId, final String epoch) {
        final CatalogService running = catalog.get();
        return running == null || running.isGivenUpFor(epoch) ? null : running.removed(nodeId);
    }

    @Override
    public CompletionStage<byte[]> apply(final byte[] request) {
        if (request.length > 0 && request[0] == '{') {
            return CompletableFuture.completedFuture(BootstrapWire.answer(request, bootstrap, this::removal));
        }
        final CatalogService running = catalog.get();
        return running == null
                ? CompletableFuture.failedFuture(new IOException("this node's catalog does not run yet"))
                : running.answer(request);
    }
}
