package com.onebackend.registry.node.gossip;

import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.UnaryOperator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers the one-off requests of other nodes. A request that cannot be answered ends its connection without an answer.
 *
 * <p><i>Thread:</i> the handler runs on the executor, so it may wait for the disk.
 */
final class RequestServer {
    private static final Logger LOG = LoggerFactory.getLogger(RequestServer.class);

    private final UnaryOperator<byte[]> handler;
    private final Executor executor;
    private final TransportCounters counters;

    /**
     * Serves.
     *
     * @param executor bounded: it rejects when it is full
     */
    RequestServer(final UnaryOperator<byte[]> handler, final Executor executor, final TransportCounters counters) {
        this.handler = handler;
        this.executor = executor;
        this.counters = counters;
    }

    void serve(final ChannelHandlerContext ctx, final byte[] request) {
        try {
            executor.execute(() -> answer(ctx, request));
        } catch (final RejectedExecutionException e) {
            counters.add(TransportEvent.REQUEST_OVERFLOW, ctx.channel().remoteAddress(), "");
            ctx.close();
        }
    }

    private void answer(final ChannelHandlerContext ctx, final byte[] request) {
        final byte[] answer;
        try {
            answer = handler.apply(request);
        } catch (final RuntimeException e) {
            counters.add(TransportEvent.REQUEST_HANDLER_FAILED, ctx.channel().remoteAddress(), e.toString());
            LOG.debug("request failed", e);
            ctx.close();
            return;
        }
        if (answer == null || answer.length > FrameKind.RESPONSE.payloadBytesMax()) {
            counters.add(TransportEvent.REQUEST_HANDLER_FAILED, ctx.channel().remoteAddress(), "answer is too large");
            ctx.close();
            return;
        }
        try {
            ctx.executor().execute(() -> write(ctx, answer));
        } catch (final RejectedExecutionException e) {
            LOG.debug("request answered too late: the transport is closed", e);
        }
    }

    private void write(final ChannelHandlerContext ctx, final byte[] answer) {
        counters.add(TransportEvent.REQUEST_SERVED);
        ctx.writeAndFlush(new Frame(FrameKind.RESPONSE, answer).encode(ctx.alloc()))
                .addListener(ChannelFutureListener.CLOSE);
    }
}
