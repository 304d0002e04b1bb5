package com.onebackend.registry.node.gossip;

import io.netty.channel.ChannelHandlerContext;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import javax.net.ssl.SSLException;

/**
 * The asking side of one request.
 *
 * <p><i>Thread:</i> the connection's event loop.
 */
final class RequestCall extends ConnectionHandler {
    private final Hello hello;
    private final byte[] request;
    private final CompletableFuture<byte[]> answer;

    RequestCall(
            final Hello hello,
            final byte[] request,
            final CompletableFuture<byte[]> answer,
            final TransportCounters counters) {
        super(counters);
        this.hello = hello;
        this.request = request;
        this.answer = answer;
    }

    @Override
    void onSecure(final ChannelHandlerContext ctx) {
        ctx.write(hello.frame().encode(ctx.alloc()));
        ctx.writeAndFlush(new Frame(FrameKind.REQUEST, request).encode(ctx.alloc()));
    }

    @Override
    void onFrame(final ChannelHandlerContext ctx, final Frame frame) {
        if (frame.kind() == FrameKind.RESPONSE) {
            answer.complete(frame.payload());
            ctx.close();
        } else {
            refuse(ctx, TransportEvent.FRAME_MALFORMED, "unexpected " + frame.kind());
        }
    }

    @Override
    void onFailure(final Throwable cause) {
        answer.completeExceptionally(
                cause instanceof SSLException
                        ? new IOException("no mutual TLS: has the peer another OB_CLUSTER_SECRET?", cause)
                        : cause);
    }

    @Override
    public void channelInactive(final ChannelHandlerContext ctx) throws Exception {
        super.channelInactive(ctx);
        answer.completeExceptionally(new IOException("the peer closed the connection without an answer"));
    }
}
