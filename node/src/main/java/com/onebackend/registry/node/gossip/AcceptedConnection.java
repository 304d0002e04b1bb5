package com.onebackend.registry.node.gossip;

import com.onebackend.registry.membership.Lane;
import com.onebackend.registry.model.Endpoint;
import io.netty.channel.ChannelHandlerContext;
import io.netty.util.concurrent.ScheduledFuture;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.TimeUnit;

/**
 * The accepting side of one connection: greeted first, then either a stream of gossip or requests, one after the other.
 *
 * <p>When the gossip loop's inbox is full, what was decoded already is held here and nothing more is read, until the
 * loop takes it; the sender's own queue then fills, and drops.
 *
 * <p><i>Thread:</i> the connection's event loop.
 */
final class AcceptedConnection extends ConnectionHandler {
    private enum State {
        AWAITS_HELLO,
        GOSSIP,
        AWAITS_REQUEST,
        ANSWERS
    }

    private final StreamTransport transport;
    private final TransportCounters counters;
    private final StreamTimes times;
    private final Queue<byte[]> held = new ArrayDeque<>();

    private State state = State.AWAITS_HELLO;
    private Endpoint peer;
    private StreamTransport.Session session;
    private boolean isAsked;
    private long lastFrameNanos = System.nanoTime();
    private ScheduledFuture<?> watching;

    AcceptedConnection(final StreamTransport transport, final TransportCounters counters, final StreamTimes times) {
        super(counters);
        this.transport = transport;
        this.counters = counters;
        this.times = times;
    }

    @Override
    public void channelActive(final ChannelHandlerContext ctx) throws Exception {
        ctx.channel().eventLoop().schedule(() -> greetedTooLate(ctx), times.helloMillis(), TimeUnit.MILLISECONDS);
        watching = ctx.channel()
                .eventLoop()
                .scheduleWithFixedDelay(
                        () -> closeWhenIdle(ctx), times.idleMillis(), times.idleMillis() / 2, TimeUnit.MILLISECONDS);
        super.channelActive(ctx);
    }

    @Override
    public void channelInactive(final ChannelHandlerContext ctx) throws Exception {
        held.clear();
        if (watching != null) {
            watching.cancel(false);
        }
        super.channelInactive(ctx);
    }

    private void greetedTooLate(final ChannelHandlerContext ctx) {
        if (ctx.channel().isActive() && (state == State.AWAITS_HELLO || (state == State.AWAITS_REQUEST && !isAsked))) {
            refuse(ctx, TransportEvent.CONNECTION_TIMED_OUT, "no greeting or request");
        }
    }

    private void closeWhenIdle(final ChannelHandlerContext ctx) {
        final long silentNanos = System.nanoTime() - lastFrameNanos;
        if ((state == State.GOSSIP || state == State.AWAITS_REQUEST)
                && held.isEmpty()
                && silentNanos > TimeUnit.MILLISECONDS.toNanos(times.acceptedIdleMillis())) {
            ctx.close();
        }
    }

    @Override
    void onSecure(final ChannelHandlerContext ctx) {
        // The connecting side speaks first.
    }

    @Override
    void onFrame(final ChannelHandlerContext ctx, final Frame frame) {
        lastFrameNanos = System.nanoTime();
        if (state == State.AWAITS_HELLO && frame.kind() == FrameKind.HELLO) {
            greeted(ctx, Hello.decode(frame.payload()));
        } else if (state == State.GOSSIP && frame.kind() == FrameKind.GOSSIP) {
            counters.add(TransportEvent.FRAME_RECEIVED);
            counters.received(Lane.STREAM, Frame.HEADER_BYTES + frame.payload().length);
            deliver(ctx, frame.payload());
        } else if (state == State.GOSSIP && frame.kind() == FrameKind.PING) {
            ctx.writeAndFlush(Frame.empty(FrameKind.PONG).encode(ctx.alloc()));
        } else if (state == State.AWAITS_REQUEST && frame.kind() == FrameKind.REQUEST) {
            state = State.ANSWERS;
            isAsked = true;
            transport.requests().serve(ctx, frame.payload(), () -> state = State.AWAITS_REQUEST);
        } else {
            refuse(ctx, TransportEvent.FRAME_MALFORMED, "unexpected " + frame.kind());
        }
    }

    private void greeted(final ChannelHandlerContext ctx, final Optional<Hello> hello) {
        if (hello.isEmpty()) {
            refuse(ctx, TransportEvent.HELLO_MALFORMED, "");
        } else if (hello.get().purpose() == Hello.Purpose.REQUEST) {
            state = State.AWAITS_REQUEST;
        } else {
            gossipGreeted(ctx, hello.get());
        }
    }

    private void gossipGreeted(final ChannelHandlerContext ctx, final Hello hello) {
        final StreamTransport.Session joined = transport.session();
        if (joined == null) {
            refuse(ctx, TransportEvent.HELLO_BEFORE_JOIN, "node " + hello.nodeId());
        } else if (hello.clusterHash() != joined.hello().clusterHash()) {
            refuse(ctx, TransportEvent.HELLO_WRONG_CLUSTER, "node " + hello.nodeId());
        } else {
            state = State.GOSSIP;
            peer = hello.listensAt();
            session = joined;
            ctx.writeAndFlush(joined.hello().frame().encode(ctx.alloc()));
            transport.accepted(hello, ctx.channel());
        }
    }

    private void deliver(final ChannelHandlerContext ctx, final byte[] frame) {
        if (!held.isEmpty()) {
            held.add(frame);
        } else if (!session.receiver().onFrame(peer, frame)) {
            counters.add(TransportEvent.READ_PAUSED);
            held.add(frame);
            ctx.channel().config().setAutoRead(false);
            scheduleResume(ctx);
        }
    }

    private void scheduleResume(final ChannelHandlerContext ctx) {
        ctx.channel().eventLoop().schedule(() -> resume(ctx), times.resumeMillis(), TimeUnit.MILLISECONDS);
    }

    private void resume(final ChannelHandlerContext ctx) {
        if (!ctx.channel().isActive()) {
            return;
        }
        while (!held.isEmpty() && session.receiver().onFrame(peer, held.peek())) {
            held.remove();
        }
        if (held.isEmpty()) {
            ctx.channel().config().setAutoRead(true);
        } else {
            scheduleResume(ctx);
        }
    }
}
