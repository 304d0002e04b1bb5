package com.onebackend.registry.node.catalog;

import com.onebackend.registry.api.RegistryException;
import com.onebackend.registry.wire.WireException;
import java.io.IOException;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/**
 * Answers the requests of other nodes' catalogs: what comes next in the log, a whole copy, an offer to vote.
 *
 * <p><i>Thread:</i> any; does not block. What takes long goes on the catalog's background threads, whose number
 * bounds it.
 */
final class FeedServer implements AutoCloseable {
    private final CatalogConfig config;
    private final CatalogState state;
    private final CatalogFeed feed;
    private final FeedCopies copies;
    private final RaftRuns runs;
    private final CatalogThreads threads;
    private final Supplier<CatalogFeed.View> view;

    FeedServer(
            final CatalogConfig config,
            final CatalogState state,
            final CatalogFeed feed,
            final RaftRuns runs,
            final CatalogThreads threads,
            final Supplier<CatalogFeed.View> view) {
        this.config = config;
        this.state = state;
        this.feed = feed;
        this.copies = new FeedCopies(config.copiesFolder(), state, feed);
        this.runs = runs;
        this.threads = threads;
        this.view = view;
    }

    /** Deletes what an earlier process left; before the first request. */
    void clean() throws IOException {
        copies.clean();
    }

    /** Ends copies that nobody reads any more. */
    void expire() {
        copies.expire(System.nanoTime());
    }

    CompletableFuture<byte[]> answer(final byte[] request) {
        try {
            return switch (FeedCodec.kind(request)) {
                case FeedCodec.POLL ->
                    feed.poll(FeedCodec.decodePoll(request), view.get(), System.nanoTime())
                            .thenApply(FeedCodec::encode);
                case FeedCodec.COPY -> {
                    final FeedCodec.CopyRequest asked = FeedCodec.decodeCopy(request);
                    yield later(() -> FeedCodec.encode(copies.part(asked)));
                }
                case FeedCodec.VOTE -> {
                    final CatalogEpoch epoch = FeedCodec.decodeOffer(request);
                    yield later(() -> FeedCodec.encode(accept(epoch)));
                }
                default -> throw new WireException("a request of an unknown kind");
            };
        } catch (final WireException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private FeedCodec.Acceptance accept(final CatalogEpoch epoch) throws IOException {
        if (!epoch.equals(state.epoch())) {
            return new FeedCodec.Acceptance(
                    null, "its catalog is of epoch " + state.epoch() + ", the offer of " + epoch);
        }
        try {
            runs.standBy();
        } catch (final RegistryException e) {
            return new FeedCodec.Acceptance(null, e.getMessage());
        }
        return new FeedCodec.Acceptance(config.self(), "");
    }

    private CompletableFuture<byte[]> later(final Callable<byte[]> work) {
        final CompletableFuture<byte[]> answer = new CompletableFuture<>();
        threads.background(() -> {
                    try {
                        answer.complete(work.call());
                    } catch (final InterruptedException e) {
                        throw e;
                    } catch (final Exception e) {
                        answer.completeExceptionally(e);
                    }
                })
                .whenComplete((done, failure) -> {
                    if (failure != null) {
                        answer.completeExceptionally(failure);
                    }
                });
        return answer;
    }

    @Override
    public void close() {
        copies.close();
    }
}
