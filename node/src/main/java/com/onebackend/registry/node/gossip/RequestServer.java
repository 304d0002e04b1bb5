package com.onebackend.registry.node.gossip;

import io.netty.channel.ChannelHandlerContext;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers the one-off requests of other nodes. A request that cannot be answered ends its connection without an
 * answer; after an answer the next one may come.
 *
 * <p><i>Thread:</i> the handler runs on the executor, so it may wait for the disk; answers come from any.
 */
final class RequestServer {
    private static final Logger LOG = LoggerFactory.getLogger(RequestServer.class);

    private final Function<byte[], CompletionStage<byte[]>> handler;
    private final Executor executor;
    private final TransportCounters counters;

    /**
     * Serves.
     *
     * @param executor bounded: it rejects when it is full
     */
    RequestServer(
            final Function<byte[], CompletionStage<byte[]>> handler,
            final Executor executor,
            final TransportCounters counters) {
        this.handler = handler;
        this.executor = executor;
        this.counters = counters;
    }

    /** @param onAnswered runs on the connection's event loop, just before the answer is written */
    void serve(final ChannelHandlerContext ctx, final byte[] request, final Runnable onAnswered) {
        try {
            executor.execute(() -> answer(ctx, request, onAnswered));
        } catch (final RejectedExecutionException e) {
            counters.add(TransportEvent.REQUEST_OVERFLOW, ctx.channel().remoteAddress(), "");
            ctx.close();
        }
    }

    private void answer(final ChannelHandlerContext ctx, final byte[] request, final Runnable onAnswered) {
        try {
            handler.apply(request).whenComplete((answer, failure) -> {
                if (failure == null) {
                    answered(ctx, answer, onAnswered);
                } else {
                    failed(ctx, failure);
                }
            });
        } catch (final RuntimeException e) {
            failed(ctx, e);
        }
    }

    private void failed(final ChannelHandlerContext ctx, final Throwable failure) {
        counters.add(TransportEvent.REQUEST_HANDLER_FAILED, ctx.channel().remoteAddress(), failure.toString());
        LOG.debug("request failed", failure);
        ctx.close();
    }

    private void answered(final ChannelHandlerContext ctx, final byte[] answer, final Runnable onAnswered) {
        if (answer == null || answer.length > FrameKind.RESPONSE.payloadBytesMax()) {
            counters.add(TransportEvent.REQUEST_HANDLER_FAILED, ctx.channel().remoteAddress(), "answer is too large");
            ctx.close();
            return;
        }
        try {
            ctx.executor().execute(() -> write(ctx, answer, onAnswered));
        } catch (final RejectedExecutionException e) {
            LOG.debug("request answered too late: the transport is closed", e);
        }
    }

    private void write(final ChannelHandlerContext ctx, final byte[] answer, final Runnable onAnswered) {
        counters.add(TransportEvent.REQUEST_SERVED);
        onAnswered.run();
        ctx.writeAndFlush(new Frame(FrameKind.RESPONSE, answer).encode(ctx.alloc()));
    }
}
