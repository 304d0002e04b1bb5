package com.onebackend.registry.node.gossip;

import com.onebackend.registry.membership.Lane;
import com.onebackend.registry.model.Endpoint;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.ScheduledFuture;
import java.util.Optional;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/**
 * The outgoing side to one peer: its queue and the one connection that empties it. The connection is opened when there
 * is something to send, greeted in both directions, checked while it is used, and closed when it is idle.
 *
 * <p>What waits for a peer that cannot be reached is dropped: gossip repairs what a later message does not carry. What
 * waits when an open connection breaks is kept for the next one.
 *
 * <p><i>Thread:</i> {@link #offer} from any; everything else on the link's event loop.
 */
final class PeerLink {
    private static final int FLUSH_BYTES = 64 << 10;
    private static final int BACKOFF_DOUBLINGS_MAX = 10;

    private enum State {
        IDLE,
        CONNECTING,
        OPEN,
        BACKING_OFF,
        CLOSED
    }

    private final Endpoint to;
    private final Dialer dialer;
    private final EventLoop loop;
    private final Supplier<Hello> ownHello;
    private final TransportCounters counters;
    private final StreamTimes times;
    private final OutQueue queue;
    private final AtomicBoolean isDrainDue = new AtomicBoolean();

    private volatile State state = State.IDLE;
    private volatile long lastOfferNanos = System.nanoTime();
    private Future<Channel> dialing;
    private Channel channel;
    private int failures;
    private long openedNanos;
    private boolean wroteSincePing;
    private long pingedNanos;
    private boolean isPingUnanswered;
    private ScheduledFuture<?> checking;
    private ScheduledFuture<?> waiting;

    /**
     * Not connected.
     *
     * @param ownHello what to greet with
     * @param totalBytes waiting for all peers
     */
    PeerLink(
            final Endpoint to,
            final Dialer dialer,
            final EventLoop loop,
            final Supplier<Hello> ownHello,
            final TransportCounters counters,
            final StreamTimes times,
            final AtomicLong totalBytes) {
        this.to = to;
        this.dialer = dialer;
        this.loop = loop;
        this.ownHello = ownHello;
        this.counters = counters;
        this.times = times;
        queue = new OutQueue(totalBytes);
    }

    /** Queues a frame; false, and counted, when it does not fit. */
    boolean offer(final byte[] frame) {
        lastOfferNanos = System.nanoTime();
        if (state == State.CLOSED || !queue.offer(frame)) {
            counters.add(TransportEvent.FRAME_OVERFLOW, to, queue.bytes() + " bytes wait");
            return false;
        }
        if (isDrainDue.compareAndSet(false, true)) {
            execute(this::drain);
        }
        return true;
    }

    /** What waits here, for metrics. */
    PeerQueue queued() {
        return new PeerQueue(to, queue.frames(), queue.bytes());
    }

    /** True when nothing waits, nothing is open and nobody asked for it lately. */
    boolean isForgettable(final long nowNanos) {
        return state == State.IDLE && queue.bytes() == 0 && nowNanos - lastOfferNanos > times.idleNanos();
    }

    /** The peer connected to us, so it is worth another try at once. Any thread. */
    void onSignOfLife() {
        if (state == State.BACKING_OFF) {
            execute(() -> {
                if (state == State.BACKING_OFF) {
                    failures = 0;
                    tryAgain();
                }
            });
        }
    }

    /** Closes it for good. Any thread. */
    void close() {
        execute(() -> {
            state = State.CLOSED;
            stopTimers();
            if (dialing != null) {
                dialing.cancel(false);
            }
            if (channel != null) {
                channel.close();
            }
            queue.clear();
        });
    }

    private void execute(final Runnable task) {
        try {
            loop.execute(task);
        } catch (final RejectedExecutionException e) {
            // The threads are stopping, and with them the connection: only the count must come back.
            queue.clear();
        }
    }

    private void drain() {
        isDrainDue.set(false);
        if (state == State.IDLE && !queue.isEmpty()) {
            connect();
        } else if (state == State.OPEN) {
            write();
        }
    }

    private void write() {
        int unflushed = 0;
        while (channel.isWritable()) {
            final byte[] frame = queue.poll();
            if (frame == null) {
                break;
            }
            channel.write(new Frame(FrameKind.GOSSIP, frame).encode(channel.alloc()))
                    .addListener(done -> {
                        queue.release(frame);
                        written(frame, done.isSuccess());
                    });
            wroteSincePing = true;
            // TLS hides unflushed bytes from isWritable: flush before more than a few wait.
            unflushed += frame.length;
            if (unflushed >= FLUSH_BYTES) {
                channel.flush();
                unflushed = 0;
            }
        }
        channel.flush();
    }

    private void written(final byte[] frame, final boolean isSent) {
        if (isSent) {
            counters.add(TransportEvent.FRAME_SENT);
            counters.sent(Lane.STREAM, Frame.HEADER_BYTES + frame.length);
        } else {
            counters.add(TransportEvent.FRAME_LOST);
        }
    }

    private void connect() {
        state = State.CONNECTING;
        dialing = dialer.dial(loop, to, failures, new Handler());
        dialing.addListener(done -> {
            dialing = null;
            if (!done.isSuccess()) {
                unreachable(String.valueOf(done.cause()));
                return;
            }
            channel = (Channel) done.getNow();
            channel.closeFuture().addListener(closed -> disconnected());
            waiting = loop.schedule(this::greetedTooLate, times.helloMillis(), TimeUnit.MILLISECONDS);
        });
    }

    private void greetedTooLate() {
        if (state == State.CONNECTING) {
            counters.add(TransportEvent.CONNECTION_TIMED_OUT, to, "no greeting");
            channel.close();
        }
    }

    private void opened() {
        stopTimers();
        state = State.OPEN;
        openedNanos = System.nanoTime();
        wroteSincePing = false;
        isPingUnanswered = false;
        checking = loop.scheduleAtFixedRate(this::check, times.pingMillis(), times.pingMillis(), TimeUnit.MILLISECONDS);
        counters.add(TransportEvent.CONNECTION_OPENED);
        write();
    }

    /** A dead network path shows only in answers that do not come: TCP alone would retry for minutes. */
    private void check() {
        final long now = System.nanoTime();
        if (isPingUnanswered) {
            if (now - pingedNanos > times.stalledNanos()) {
                counters.add(TransportEvent.CONNECTION_TIMED_OUT, to, "no answer to a ping");
                channel.close();
            }
        } else if (wroteSincePing) {
            wroteSincePing = false;
            isPingUnanswered = true;
            pingedNanos = now;
            channel.writeAndFlush(Frame.empty(FrameKind.PING).encode(channel.alloc()));
        } else if (queue.bytes() == 0 && now - lastOfferNanos > times.idleNanos()) {
            channel.close();
        }
    }

    private void disconnected() {
        stopTimers();
        channel = null;
        if (state == State.OPEN) {
            final boolean lasted = System.nanoTime() - openedNanos > times.backoffMaxNanos();
            failures = lasted ? 0 : failures + 1;
            backOff();
        } else if (state == State.CONNECTING) {
            unreachable("closed before it greeted");
        }
    }

    private void unreachable(final String why) {
        if (state != State.CONNECTING) {
            return;
        }
        counters.add(TransportEvent.CONNECT_FAILED, to, why);
        for (int dropped = queue.clear(); dropped > 0; dropped--) {
            counters.add(TransportEvent.FRAME_UNREACHABLE);
        }
        failures++;
        backOff();
    }

    private void backOff() {
        state = State.BACKING_OFF;
        final int doublings = Math.min(Math.max(failures - 1, 0), BACKOFF_DOUBLINGS_MAX);
        final long ceiling = Math.min((long) times.backoffMinMillis() << doublings, times.backoffMaxMillis());
        final long delay = ceiling / 2 + ThreadLocalRandom.current().nextLong(ceiling / 2 + 1);
        waiting = loop.schedule(this::tryAgain, delay, TimeUnit.MILLISECONDS);
    }

    private void tryAgain() {
        stopTimers();
        state = State.IDLE;
        drain();
    }

    private void stopTimers() {
        if (checking != null) {
            checking.cancel(false);
            checking = null;
        }
        if (waiting != null) {
            waiting.cancel(false);
            waiting = null;
        }
    }

    private final class Handler extends ConnectionHandler {
        private Handler() {
            super(counters);
        }

        @Override
        void onSecure(final ChannelHandlerContext ctx) {
            ctx.writeAndFlush(ownHello.get().frame().encode(ctx.alloc()));
        }

        @Override
        void onFrame(final ChannelHandlerContext ctx, final Frame frame) {
            if (ctx.channel() != channel) {
                return; // decoded from the last bytes of a connection that is already given up
            }
            if (frame.kind() == FrameKind.HELLO && state == State.CONNECTING) {
                greeted(ctx, Hello.decode(frame.payload()));
            } else if (frame.kind() == FrameKind.PONG && state == State.OPEN) {
                isPingUnanswered = false;
            } else {
                refuse(ctx, TransportEvent.FRAME_MALFORMED, "unexpected " + frame.kind());
            }
        }

        private void greeted(final ChannelHandlerContext ctx, final Optional<Hello> hello) {
            if (hello.isEmpty() || hello.get().purpose() != Hello.Purpose.GOSSIP) {
                refuse(ctx, TransportEvent.HELLO_MALFORMED, "");
            } else if (hello.get().clusterHash() != ownHello.get().clusterHash()) {
                refuse(
                        ctx,
                        TransportEvent.HELLO_WRONG_CLUSTER,
                        "node " + hello.get().nodeId());
            } else {
                opened();
            }
        }

        @Override
        public void channelWritabilityChanged(final ChannelHandlerContext ctx) throws Exception {
            if (state == State.OPEN && ctx.channel().isWritable()) {
                write();
            }
            super.channelWritabilityChanged(ctx);
        }
    }
}
