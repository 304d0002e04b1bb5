package com.onebackend.registry.gateway.http;

import com.onebackend.registry.api.Caller;
import com.onebackend.registry.api.ErrorCode;
import com.onebackend.registry.api.RegistryError;
import com.onebackend.registry.api.RegistryException;
import io.micrometer.core.instrument.MeterRegistry;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What all connections share: the routes, the proof of identity, the limits, the counters.
 *
 * <p><i>Thread:</i> any.
 */
public final class HttpEngine {
    private static final Logger LOG = LoggerFactory.getLogger(HttpEngine.class);
    private static final Answer PREFLIGHT = new Answer(200, null, Body.EMPTY, List.of())
            .with("Access-Control-Allow-Methods", "POST, GET, OPTIONS, PUT, DELETE")
            .with(
                    "Access-Control-Allow-Headers",
                    "Accept, Content-Type, Content-Length, Accept-Encoding, X-CSRF-Token, Authorization,"
                            + " X-Content-Encrypted, If-Match, If-None-Match, Idempotency-Key")
            .with("Access-Control-Allow-Credentials", "false")
            .with("Access-Control-Max-Age", "600");

    private final GatewayLimits limits;
    private final Router router;
    private final Authenticator authenticator;
    private final BooleanSupplier isReady;
    private final Supplier<String> notReadyReason;
    private final BooleanSupplier isLeaving;
    private final Heads heads;
    private final Connections connections;
    private final HttpMetrics metrics;

    /**
     * @param isReady asked at every request that needs a ready node
     * @param notReadyReason the refusal, when it is not
     * @param isLeaving asked at every answer: clients are told to open their next connection elsewhere
     * @param nodeId said in the X-Registry-Node header of every answer
     */
    public HttpEngine(
            final GatewayLimits limits,
            final List<Route> routes,
            final Authenticator authenticator,
            final BooleanSupplier isReady,
            final Supplier<String> notReadyReason,
            final BooleanSupplier isLeaving,
            final String nodeId,
            final MeterRegistry registry) {
        this.limits = limits;
        this.router = new Router(routes);
        this.authenticator = authenticator;
        this.isReady = isReady;
        this.notReadyReason = notReadyReason;
        this.isLeaving = isLeaving;
        this.heads = new Heads(nodeId);
        this.connections = new Connections(limits);
        this.metrics = new HttpMetrics(registry, routes, connections);
    }

    /** Sets up accepted channels. */
    public ChannelInitializer<Channel> initializer() {
        return new ChannelInitializer<>() {
            @Override
            protected void initChannel(final Channel channel) {
                accept(channel);
            }
        };
    }

    /** Lets every connection finish the request it is at, and then close. */
    public void drain() {
        connections.served().forEach(Connection::drain);
    }

    /** How many connections are open. */
    public int openConnections() {
        return connections.open();
    }

    private void accept(final Channel channel) {
        final InetAddress client = channel.remoteAddress() instanceof InetSocketAddress address
                ? address.getAddress()
                : InetAddress.getLoopbackAddress();
        final Refusal refusal = switch (connections.admit(channel, client)) {
            case SERVE -> null;
            case REFUSE_ADDRESS -> Refusal.closing(429, "Too many connections from one address.");
            case REFUSE_ALL -> Refusal.closing(503, "Too many connections.");
            case DROP -> {
                channel.close();
                yield null;
            }
        };
        final Connection connection = new Connection(this, client, refusal);
        channel.pipeline().addLast(new StrictRequestDecoder(connection::bytesArrived), connection);
    }

    /** Routes and authorises a request; throws its refusal. Nothing of the body was looked at yet. */
    void open(final Exchange exchange, final HttpRequest request, final Connection connection) {
        final Target target = Target.parse(request.uri());
        final Router.Match match = router.find(request.method(), target);
        final Route route = match.route();
        exchange.routed(match);
        final Query query = Query.parse(target.query());
        if (route.needsReady() && !isReady.getAsBoolean()) {
            throw new RegistryException(ErrorCode.UNAVAILABLE, notReadyReason.get());
        }
        exchange.opened(query, caller(route.policy(), request, connection));
    }

    private static Caller caller(final Policy policy, final HttpRequest request, final Connection connection) {
        if (policy.kind() == Policy.Kind.PUBLIC) {
            return null;
        }
        final String authorization = request.headers().get(HttpHeaderNames.AUTHORIZATION);
        if (authorization == null) {
            if (policy.kind() == Policy.Kind.OPTIONAL) {
                return null;
            }
            throw new RegistryException(
                    ErrorCode.UNAUTHENTICATED, "A token is needed, sent as the header 'Authorization: Bearer TOKEN'.");
        }
        final Caller caller = connection.caller(authorization);
        if (policy.permission() != null && !caller.may(policy.permission())) {
            throw new RegistryException(
                    ErrorCode.FORBIDDEN,
                    "The account '" + caller.slug() + "' lacks the permission "
                            + policy.permission().label() + ".");
        }
        return caller;
    }

    /** The answer that takes no handler; null when one is needed. */
    Answer withoutHandler(final HttpRequest request) {
        return request.method().equals(HttpMethod.OPTIONS) ? PREFLIGHT : null;
    }

    /** How an exception is answered; a bug of ours is logged here, once, without anything the client sent. */
    Answer answerOf(final RuntimeException failure, final Route route) {
        if (failure instanceof Refusal refusal) {
            return refusal.answer();
        }
        if (failure instanceof Router.MethodRefusal refusal) {
            return refusal.answer();
        }
        if (failure instanceof RegistryException refusal) {
            return Answer.of(refusal.error());
        }
        LOG.error("request failed route={}", route == null ? "none" : route.pattern(), failure);
        return Answer.of(new RegistryError(
                ErrorCode.INTERNAL, "This node failed to answer because of a fault of its own; its log says more."));
    }

    /** True when no connection is to outlive its request. */
    boolean isLeaving() {
        return isLeaving.getAsBoolean();
    }

    GatewayLimits limits() {
        return limits;
    }

    Authenticator authenticator() {
        return authenticator;
    }

    Heads heads() {
        return heads;
    }

    Connections connections() {
        return connections;
    }

    HttpMetrics metrics() {
        return metrics;
    }
}
