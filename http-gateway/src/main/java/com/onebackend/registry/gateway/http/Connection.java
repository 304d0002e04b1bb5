package com.onebackend.registry.gateway.http;

import com.onebackend.registry.api.Caller;
import com.onebackend.registry.api.ErrorCode;
import com.onebackend.registry.api.RegistryError;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.http.EmptyHttpHeaders;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One client connection: reads a request, has it answered, writes the answer, and only then looks at the next one, so
 * that pipelined requests are answered in order.
 *
 * <p><i>Thread:</i> the connection's event loop; {@link #answer}, {@link #guarded} and {@link #drain} from any.
 *
 * <p><i>Invariants:</i> one exchange at a time; reading stops while one is handled or written; a deadline is set
 * in every state.
 */
final class Connection extends ChannelInboundHandlerAdapter {
    private static final Logger LOG = LoggerFactory.getLogger(Connection.class);
    private static final byte[] CONTINUE = "HTTP/1.1 100 Continue\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
    private static final int TICKS_PER_DEADLINE = 4;

    private final HttpEngine engine;
    private final GatewayLimits limits;
    private final InetAddress client;
    private final Refusal refusal;
    private final ArrayDeque<HttpObject> waiting = new ArrayDeque<>(0);

    private ChannelHandlerContext context;
    private Future<?> ticking;
    private State state = State.IDLE;
    private long deadlineNanos;
    private long arrivedNanos;
    private boolean processing;
    private boolean pumping;
    private volatile boolean draining;

    private Exchange exchange;
    private Answer early;
    private RequestBody body;
    private Body.Cursor writing;
    private boolean closeAfterWriting;

    private String lastAuthorization = "";
    private Authenticator.Identity lastIdentity;

    /** @param refusal why this connection is not served at all; null when it is */
    Connection(final HttpEngine engine, final InetAddress client, final Refusal refusal) {
        this.engine = engine;
        this.limits = engine.limits();
        this.client = client;
        this.refusal = refusal;
    }

    private enum State {
        /** Between two requests. */
        IDLE,
        /** Bytes of a request have come, but not all. */
        READING,
        /** A handler is at work. */
        HANDLING,
        /** An answer waits for the client to take it. */
        WRITING,
        /** Only the last answer still has to get through. */
        CLOSING
    }

    @Override
    public void handlerAdded(final ChannelHandlerContext added) {
        context = added;
        deadlineNanos = System.nanoTime() + limits.readTime().toNanos();
        final long shortest = Math.min(
                Math.min(limits.readTime().toNanos(), limits.requestTime().toNanos()),
                Math.min(limits.idleTime().toNanos(), limits.lingerTime().toNanos()));
        final long period = Math.max(TimeUnit.MILLISECONDS.toNanos(5), shortest / TICKS_PER_DEADLINE);
        ticking = added.executor().scheduleWithFixedDelay(this::tick, period, period, TimeUnit.NANOSECONDS);
        engine.connections().add(this);
    }

    @Override
    public void channelActive(final ChannelHandlerContext active) {
        if (refusal != null) {
            begin(null, false, false, false);
            refuse(refusal.answer());
        }
        active.fireChannelActive();
    }

    @Override
    public void channelInactive(final ChannelHandlerContext inactive) {
        engine.connections().remove(this);
        ticking.cancel(false);
        exchange = null;
        state = State.CLOSING;
        if (writing != null) {
            writing.close();
            writing = null;
        }
        releaseWaiting();
        inactive.fireChannelInactive();
    }

    /** Bytes came in; they are not decoded yet. */
    void bytesArrived() {
        if (state == State.IDLE) {
            startReading();
        }
    }

    @Override
    public void channelRead(final ChannelHandlerContext read, final Object message) {
        if (state == State.CLOSING) {
            ReferenceCountUtil.release(message);
        } else if (state == State.HANDLING || state == State.WRITING) {
            waiting.add((HttpObject) message);
            if (waiting.size() > GatewayLimits.PIPELINED_OBJECTS_MAX) {
                context.close();
            }
        } else {
            process((HttpObject) message);
        }
    }

    @Override
    public void channelReadComplete(final ChannelHandlerContext complete) {
        complete.flush();
        complete.fireChannelReadComplete();
    }

    @Override
    public void channelWritabilityChanged(final ChannelHandlerContext changed) {
        pump();
        changed.fireChannelWritabilityChanged();
    }

    @Override
    public void exceptionCaught(final ChannelHandlerContext caught, final Throwable cause) {
        if (cause instanceof IOException) {
            LOG.debug("connection lost client={}", client, cause);
        } else {
            LOG.error("connection failed client={}", client, cause);
        }
        caught.close();
    }

    /** The caller behind a header; remembered, as a client shows the same one again and again. */
    Caller caller(final String authorization) {
        if (lastIdentity == null || !lastAuthorization.equals(authorization) || !lastIdentity.isValid()) {
            lastIdentity = engine.authenticator().authenticate(authorization);
            lastAuthorization = authorization;
        }
        return lastIdentity.caller();
    }

    /** Sends the answer of {@code of}, unless it was answered before. */
    void answer(final Exchange of, final Answer answer) {
        if (context.executor().inEventLoop()) {
            deliver(of, answer);
            return;
        }
        try {
            context.executor().execute(() -> deliver(of, answer));
        } catch (RejectedExecutionException e) {
            answer.body().discard();
            LOG.debug("answer came after the gateway was closed client={}", client);
        }
    }

    /** Runs {@code work}; what it throws becomes the answer of {@code of}. */
    void guarded(final Exchange of, final Runnable work) {
        try {
            work.run();
        } catch (RuntimeException e) {
            answer(of, engine.answerOf(e, of.route()));
        }
    }

    /** The handler of {@code of} may take this long; on the event loop, before it is answered. */
    void patience(final Exchange of, final Duration time) {
        if (of == exchange && state == State.HANDLING) {
            deadlineNanos = System.nanoTime() + time.toNanos();
        }
    }

    /** Closes as soon as no request is under way. */
    void drain() {
        draining = true;
        context.executor().execute(() -> {
            if (state == State.IDLE) {
                context.close();
            }
        });
    }

    private void process(final HttpObject message) {
        processing = true;
        try {
            if (message instanceof HttpRequest request) {
                onHead(request);
            }
            if (state == State.READING && message instanceof HttpContent content) {
                onContent(content);
            }
        } finally {
            processing = false;
            ReferenceCountUtil.release(message);
        }
        if (state == State.HANDLING || state == State.WRITING) {
            context.channel().config().setAutoRead(false);
        }
    }

    private void onHead(final HttpRequest request) {
        if (state == State.IDLE) {
            startReading();
        }
        begin(
                request,
                request.method().equals(HttpMethod.HEAD),
                HttpUtil.isKeepAlive(request),
                request.protocolVersion().equals(HttpVersion.HTTP_1_0));
        try {
            if (request.decoderResult().isFailure()) {
                throw RequestRules.refusalOf(request);
            }
            RequestRules.check(request);
            early = engine.withoutHandler(request);
            if (early == null) {
                engine.open(exchange, request, this);
            }
        } catch (RuntimeException e) {
            early = engine.answerOf(e, exchange.route());
            if (e instanceof Refusal refused && refused.closes()) {
                refuse(early);
                return;
            }
        }
        onExpect(request.headers().get(HttpHeaderNames.EXPECT));
    }

    private void onExpect(final String expectation) {
        if (expectation == null) {
            return;
        }
        if (!expectation.equalsIgnoreCase("100-continue")) {
            refuse(Answer.error(417, "The only expectation known is 100-continue."));
        } else if (early != null) {
            refuse(early);
        } else if (!exchange.isHttp10()) {
            context.writeAndFlush(Unpooled.wrappedBuffer(CONTINUE), context.voidPromise());
        }
    }

    private void onContent(final HttpContent content) {
        if (content != LastHttpContent.EMPTY_LAST_CONTENT) {
            if (content.decoderResult().isFailure()) {
                refuse(RequestRules.refusalOf(content).answer());
                return;
            }
            try {
                if (body == null) {
                    body = new RequestBody();
                }
                body.add(content.content());
            } catch (Refusal tooLarge) {
                refuse(tooLarge.answer());
                return;
            }
        }
        if (content instanceof LastHttpContent) {
            handle();
        }
    }

    private void handle() {
        state = State.HANDLING;
        deadlineNanos = System.nanoTime() + limits.requestTime().toNanos();
        final Exchange current = exchange;
        if (early != null) {
            deliver(current, early);
            return;
        }
        guarded(current, () -> {
            current.received(
                    body == null
                            ? RequestBody.NONE
                            : body.decoded(current.headers().get(HttpHeaderNames.CONTENT_ENCODING)));
            current.route().handler().handle(current);
        });
    }

    private void deliver(final Exchange of, final Answer answer) {
        if (of != exchange || state != State.HANDLING) {
            answer.body().discard();
            return;
        }
        send(answer, !of.keepAlive() || draining || engine.isLeaving());
        if (!processing) {
            resume();
            context.flush();
        }
    }

    /** Answers now, whatever of the request is still to come, and gives the connection up. */
    private void refuse(final Answer answer) {
        send(answer, true);
        context.flush();
    }

    private void send(final Answer answer, final boolean close) {
        final boolean isHead = exchange.isHead();
        final long length = isHead ? 0 : answer.body().length();
        final ByteBuf out =
                context.alloc().ioBuffer(Heads.BYTES + (int) Math.min(length, GatewayLimits.WRITE_CHUNK_BYTES));
        final boolean keepAlive10 = exchange.isHttp10() && !close;
        engine.heads().write(out, answer, exchange.headers().get(HttpHeaderNames.ORIGIN), close, keepAlive10);
        final Body.Cursor cursor = new Body.Cursor(isHead ? Body.EMPTY : answer.body());
        if (isHead) {
            answer.body().discard();
        }
        if (!fill(out, cursor)) {
            return;
        }
        context.write(out, context.voidPromise());
        final long now = System.nanoTime();
        engine.metrics().of(exchange.route()).add(answer.status(), now - exchange.startNanos());
        exchange = null;
        early = null;
        body = null;
        writing = cursor;
        closeAfterWriting = close;
        state = State.WRITING;
        deadlineNanos = now + limits.requestTime().toNanos();
        if (cursor.hasMore() || !context.channel().isWritable()) {
            context.flush();
            pump();
        } else {
            written(now);
        }
    }

    /** False when the body cannot be read to its end: whoever waits for it must see that it is cut off. */
    private boolean fill(final ByteBuf out, final Body.Cursor cursor) {
        try {
            cursor.copy(out, GatewayLimits.WRITE_CHUNK_BYTES);
            return true;
        } catch (IOException e) {
            LOG.warn("answer cut off client={}", client, e);
            out.release();
            cursor.close();
            writing = null;
            state = State.CLOSING;
            context.close();
            return false;
        }
    }

    /** Writes on while the client takes it. */
    private void pump() {
        if (state != State.WRITING || pumping) {
            return;
        }
        pumping = true;
        while (writing.hasMore() && context.channel().isWritable()) {
            final ByteBuf out = context.alloc().ioBuffer(GatewayLimits.WRITE_CHUNK_BYTES);
            if (!fill(out, writing)) {
                pumping = false;
                return;
            }
            context.writeAndFlush(out, context.voidPromise());
            deadlineNanos = System.nanoTime() + limits.requestTime().toNanos();
        }
        pumping = false;
        if (!writing.hasMore() && context.channel().isWritable()) {
            written(System.nanoTime());
            if (!processing) {
                resume();
                context.flush();
            }
        }
    }

    private void written(final long nowNanos) {
        writing.close();
        writing = null;
        if (closeAfterWriting) {
            closeGently(nowNanos);
        } else {
            state = State.IDLE;
            deadlineNanos = nowNanos + limits.idleTime().toNanos();
        }
    }

    /** Goes on with what the client has sent ahead. */
    private void resume() {
        while (!waiting.isEmpty() && (state == State.IDLE || state == State.READING)) {
            process(waiting.poll());
        }
        if (state == State.IDLE || state == State.READING) {
            context.channel().config().setAutoRead(true);
        }
    }

    /** Ends our side and drains the other for a moment: a reset would take the answer from the client. */
    private void closeGently(final long nowNanos) {
        state = State.CLOSING;
        deadlineNanos = nowNanos + limits.lingerTime().toNanos();
        releaseWaiting();
        final Channel channel = context.channel();
        context.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(done -> {
            if (channel instanceof DuplexChannel duplex && done.isSuccess()) {
                duplex.shutdownOutput();
                channel.config().setAutoRead(true);
            } else {
                channel.close();
            }
        });
    }

    private void tick() {
        final long now = System.nanoTime();
        if (now - deadlineNanos < 0) {
            return;
        }
        switch (state) {
            case READING -> {
                if (exchange == null) {
                    begin(null, false, false, false);
                }
                refuse(Answer.error(408, "The request did not arrive in time."));
            }
            case HANDLING -> deliver(exchange, Answer.of(timeout(exchange.route())));
            case IDLE, WRITING, CLOSING -> context.close();
        }
    }

    private static RegistryError timeout(final Route route) {
        return route.isRead()
                ? new RegistryError(ErrorCode.UNAVAILABLE, "This node found no answer in time.")
                : new RegistryError(ErrorCode.INDETERMINATE, "No answer in time.");
    }

    private void startReading() {
        state = State.READING;
        arrivedNanos = System.nanoTime();
        deadlineNanos = arrivedNanos + limits.readTime().toNanos();
    }

    private void begin(
            final HttpRequest request, final boolean isHead, final boolean keepAlive, final boolean isHttp10) {
        final long start = request == null ? System.nanoTime() : arrivedNanos;
        exchange = new Exchange(
                this,
                request == null ? EmptyHttpHeaders.INSTANCE : request.headers(),
                client,
                isHead,
                keepAlive,
                isHttp10,
                start);
        early = null;
        body = null;
    }

    private void releaseWaiting() {
        waiting.forEach(ReferenceCountUtil::release);
        waiting.clear();
    }
}
