package com.onebackend.registry.node.gossip;

import com.onebackend.registry.model.Endpoint;
import io.netty.channel.ChannelHandlerContext;
import io.netty.util.concurrent.ScheduledFuture;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;

/**
 * The asking side of a connection: one question after the other.
 *
 * <p><i>Thread:</i> the connection's event loop; {@link #first} before it connects, {@link #ask} and {@link #close}
 * from any.
 */
final class RequestConnection extends ConnectionHandler {
    private final RequestClient client;
    private final Endpoint to;
    private final Hello hello;
    private final StreamTimes times;
    private volatile ChannelHandlerContext context;
    private Question question;
    private long answeredNanos;
    private ScheduledFuture<?> watching;

    /** @param onLost told instead of the answer when the connection ends first; null: the answer fails */
    @SuppressWarnings("ArrayRecordComponent") // handed on, never compared or changed
    private record Question(byte[] request, CompletableFuture<byte[]> answer, Runnable onLost) {
        void fail(final Throwable cause) {
            if (onLost == null) {
                answer.completeExceptionally(cause);
            } else {
                onLost.run();
            }
        }
    }

    RequestConnection(
            final RequestClient client,
            final Endpoint to,
            final Hello hello,
            final TransportCounters counters,
            final StreamTimes times) {
        super(counters);
        this.client = client;
        this.to = to;
        this.hello = hello;
        this.times = times;
    }

    Endpoint to() {
        return to;
    }

    /** What is asked as soon as there is a connection. */
    void first(final byte[] request, final CompletableFuture<byte[]> answer) {
        question = new Question(request, answer, null);
    }

    /** What is asked on a connection that was kept: it may have ended by now, or do so. */
    void ask(final byte[] request, final CompletableFuture<byte[]> answer, final Runnable onLost) {
        try {
            context.executor().execute(() -> {
                if (context.channel().isActive()) {
                    question = new Question(request, answer, onLost);
                    context.writeAndFlush(new Frame(FrameKind.REQUEST, request).encode(context.alloc()));
                } else {
                    onLost.run();
                }
            });
        } catch (final RejectedExecutionException e) {
            answer.completeExceptionally(RequestClient.closed());
        }
    }

    @Override
    void onSecure(final ChannelHandlerContext ctx) {
        context = ctx;
        ctx.write(hello.frame().encode(ctx.alloc()));
        ctx.writeAndFlush(new Frame(FrameKind.REQUEST, question.request()).encode(ctx.alloc()));
        watching = ctx.executor()
                .scheduleWithFixedDelay(
                        this::closeWhenIdle, times.idleMillis(), times.idleMillis() / 2, TimeUnit.MILLISECONDS);
    }

    /** Before the other side does: a question must not meet its goodbye. */
    private void closeWhenIdle() {
        if (question == null && System.nanoTime() - answeredNanos >= times.idleNanos() && client.forget(this)) {
            context.close();
        }
    }

    @Override
    void onFrame(final ChannelHandlerContext ctx, final Frame frame) {
        final Question asked = question;
        if (frame.kind() == FrameKind.RESPONSE && asked != null) {
            question = null;
            answeredNanos = System.nanoTime();
            // First, so that whoever has the answer can ask on.
            client.keep(this);
            asked.answer().complete(frame.payload());
        } else {
            refuse(ctx, TransportEvent.FRAME_MALFORMED, "unexpected " + frame.kind());
        }
    }

    @Override
    void onFailure(final Throwable cause) {
        fail(
                cause instanceof SSLException
                        ? new IOException("no mutual TLS: has the peer another OB_CLUSTER_SECRET?", cause)
                        : cause);
    }

    @Override
    public void channelInactive(final ChannelHandlerContext ctx) throws Exception {
        super.channelInactive(ctx);
        client.forget(this);
        if (watching != null) {
            watching.cancel(false);
        }
        fail(new IOException("the peer closed the connection without an answer"));
    }

    private void fail(final Throwable cause) {
        final Question asked = question;
        question = null;
        if (asked != null) {
            asked.fail(cause);
        }
    }

    void close() {
        final ChannelHandlerContext open = context;
        if (open != null) {
            open.close();
        }
    }
}
