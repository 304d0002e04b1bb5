package com.onebackend.registry.node.gossip;

import com.onebackend.registry.model.Endpoint;
import com.onebackend.registry.model.Invariants;
import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.ScheduledFuture;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Asks other nodes. A connection that has brought an answer is kept for the next question to the same node, since a
 * node that follows the catalog asks many times a second, and TLS costs more than the answer.
 *
 * <p>Bounded: {@link StreamTransport#REQUESTS_MAX} under way, {@link #KEPT_MAX} connections kept, one to each node.
 *
 * <p><i>Thread:</i> any.
 */
final class RequestClient implements AutoCloseable {
    static final int KEPT_MAX = 64;

    private final EventLoops loops;
    private final Dialer dialer;
    private final Hello hello;
    private final TransportCounters counters;
    private final StreamTimes times;
    private final Map<Endpoint, RequestConnection> kept = new ConcurrentHashMap<>();
    private final Map<Long, CompletableFuture<byte[]>> underWay = new ConcurrentHashMap<>();
    private final AtomicLong lastNumber = new AtomicLong();
    private volatile boolean isClosed;

    RequestClient(
            final EventLoops loops,
            final Dialer dialer,
            final Hello hello,
            final TransportCounters counters,
            final StreamTimes times) {
        this.loops = loops;
        this.dialer = dialer;
        this.hello = hello;
        this.counters = counters;
        this.times = times;
    }

    /** See {@link StreamTransport#request}. */
    CompletableFuture<byte[]> request(final Endpoint to, final byte[] request, final Duration timeout) {
        Invariants.check(request.length <= StreamTransport.REQUEST_BYTES_MAX, "request is too large");
        if (isClosed) {
            return CompletableFuture.failedFuture(closed());
        }
        if (underWay.size() >= StreamTransport.REQUESTS_MAX) {
            return CompletableFuture.failedFuture(new RejectedExecutionException("too many requests under way"));
        }
        counters.add(TransportEvent.REQUEST_SENT);
        final CompletableFuture<byte[]> answer = new CompletableFuture<>();
        final long number = lastNumber.incrementAndGet();
        underWay.put(number, answer);
        final EventLoop loop = loops.next();
        final ScheduledFuture<?> deadline = loop.schedule(
                () -> answer.completeExceptionally(
                        new TimeoutException("no answer from " + to + " within " + timeout.toMillis() + " ms")),
                timeout.toNanos(),
                TimeUnit.NANOSECONDS);
        answer.whenComplete((bytes, failure) -> {
            underWay.remove(number);
            deadline.cancel(false);
            if (failure != null) {
                counters.add(TransportEvent.REQUEST_FAILED, to, failure.toString());
            }
        });
        final RequestConnection idle = kept.remove(to);
        if (idle == null) {
            dial(loop, to, request, answer);
        } else {
            idle.ask(request, answer, () -> dial(loop, to, request, answer));
            closeOnFailure(answer, idle);
        }
        if (isClosed) {
            answer.completeExceptionally(closed());
        }
        return answer;
    }

    private static void closeOnFailure(final CompletableFuture<byte[]> answer, final RequestConnection connection) {
        answer.whenComplete((bytes, failure) -> {
            if (failure != null) {
                connection.close();
            }
        });
    }

    private void dial(
            final EventLoop loop, final Endpoint to, final byte[] request, final CompletableFuture<byte[]> answer) {
        if (answer.isDone()) {
            return;
        }
        final RequestConnection connection = new RequestConnection(this, to, hello, counters, times);
        connection.first(request, answer);
        final Future<Channel> dialing = dialer.dial(loop, to, 0, connection);
        dialing.addListener(done -> {
            if (!done.isSuccess()) {
                answer.completeExceptionally(new IOException("cannot reach " + to, done.cause()));
            }
        });
        answer.whenComplete((bytes, failure) -> {
            if (failure != null && !dialing.cancel(false) && dialing.isSuccess()) {
                dialing.getNow().close();
            }
        });
    }

    /** It has nothing to do. */
    void keep(final RequestConnection connection) {
        if (isClosed || kept.size() >= KEPT_MAX) {
            connection.close();
            return;
        }
        final RequestConnection other = kept.put(connection.to(), connection);
        if (other != null) {
            other.close();
        }
        if (isClosed) {
            connection.close();
        }
    }

    /** False when it was not kept, or somebody has just taken it to ask. */
    boolean forget(final RequestConnection connection) {
        return kept.remove(connection.to(), connection);
    }

    /** Connections that wait for a question. */
    int kept() {
        return kept.size();
    }

    static IOException closed() {
        return new IOException("the transport is closed");
    }

    /** Requests under way fail. */
    @Override
    public void close() {
        isClosed = true;
        underWay.values().forEach(answer -> answer.completeExceptionally(closed()));
        kept.values().forEach(RequestConnection::close);
    }
}
