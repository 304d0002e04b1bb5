package com.onebackend.registry.gateway.http;

import com.onebackend.registry.api.Caller;
import com.onebackend.registry.api.ErrorCode;
import com.onebackend.registry.api.RegistryError;
import com.onebackend.registry.api.RegistryException;
import com.onebackend.registry.api.Reply;
import com.onebackend.registry.api.RequestMark;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * One request under way, and the way back for its answer.
 *
 * <p><i>Thread:</i> what a handler reads is set before it runs; {@link #answer} may be called from any thread,
 * and only the first answer counts.
 */
public final class Exchange {
    private final Connection connection;
    private final HttpHeaders headers;
    private final InetAddress client;
    private final boolean isHead;
    private final boolean keepAlive;
    private final boolean isHttp10;
    private final long startNanos;

    private Route route;
    private String parameter = "";
    private Query query;
    private Caller caller;
    private byte[] body;

    Exchange(
            final Connection connection,
            final HttpHeaders headers,
            final InetAddress client,
            final boolean isHead,
            final boolean keepAlive,
            final boolean isHttp10,
            final long startNanos) {
        this.connection = connection;
        this.headers = headers;
        this.client = client;
        this.isHead = isHead;
        this.keepAlive = keepAlive;
        this.isHttp10 = isHttp10;
        this.startNanos = startNanos;
    }

    /** Who asks; null when nobody showed a token on a route that allows it. */
    public Caller caller() {
        return caller;
    }

    /**
     * Who asks for a change of the catalog, with the request's mark when it has an Idempotency-Key: such a request may
     * be sent again and is applied once. A key that is none is INVALID.
     */
    public Caller markedCaller() {
        final RequestMark mark = RequestMarks.of(this, caller);
        return mark == null ? caller : caller.with(mark);
    }

    /** A header that may be given once, or null. Given twice is INVALID. */
    public String header(final String name) {
        final List<String> values = headers.getAll(name);
        if (values.size() > 1) {
            throw new RegistryException(ErrorCode.INVALID, "The header '" + name + "' was given twice.");
        }
        return values.isEmpty() ? null : values.get(0);
    }

    /** The path's parameter, decoded; empty when the route has none. */
    public String parameter() {
        return parameter;
    }

    /** The query. */
    public Query query() {
        return query;
    }

    /** The body, inflated; empty when there is none. */
    public byte[] body() {
        return body;
    }

    /** The address of the connection's other end. */
    public InetAddress client() {
        return client;
    }

    /** What the client shows to prove who it is, as it came; empty when it shows nothing. */
    public String authorization() {
        final String shown = headers.get(HttpHeaderNames.AUTHORIZATION);
        return shown == null ? "" : shown;
    }

    /** Sends the answer. */
    public void answer(final Answer answer) {
        connection.answer(this, answer);
    }

    /** Lets the handler take this long instead of the usual time; call it within the handler. */
    public void mayTake(final Duration time) {
        connection.patience(this, time);
    }

    /** A reply that answers with what {@code render} makes of the value, or with the refusal. */
    public <T> Reply<T> reply(final Function<T, Answer> render) {
        return new Reply<>() {
            @Override
            public void success(final T value) {
                connection.guarded(Exchange.this, () -> answer(render.apply(value)));
            }

            @Override
            public void failure(final RegistryError error) {
                answer(Answer.of(error));
            }
        };
    }

    /** A reply that goes on with the value, which must lead to an answer, or answers with the refusal. */
    public <T> Reply<T> replyThen(final Consumer<T> next) {
        return new Reply<>() {
            @Override
            public void success(final T value) {
                guarded(() -> next.accept(value));
            }

            @Override
            public void failure(final RegistryError error) {
                answer(Answer.of(error));
            }
        };
    }

    /** Runs {@code work} now; what it throws becomes the answer. For continuations on other threads. */
    public void guarded(final Runnable work) {
        connection.guarded(this, work);
    }

    void routed(final Router.Match match) {
        this.route = match.route();
        this.parameter = match.parameter();
    }

    void opened(final Query parsed, final Caller proven) {
        this.query = parsed;
        this.caller = proven;
    }

    void received(final byte[] bytes) {
        this.body = bytes;
    }

    HttpHeaders headers() {
        return headers;
    }

    Route route() {
        return route;
    }

    boolean isHead() {
        return isHead;
    }

    boolean keepAlive() {
        return keepAlive;
    }

    boolean isHttp10() {
        return isHttp10;
    }

    long startNanos() {
        return startNanos;
    }
}
