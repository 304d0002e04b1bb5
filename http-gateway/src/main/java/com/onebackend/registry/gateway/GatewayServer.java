package com.onebackend.registry.gateway;

import com.onebackend.registry.api.RegistryApi;
import com.onebackend.registry.gateway.auth.Logins;
import com.onebackend.registry.gateway.auth.Tokens;
import com.onebackend.registry.gateway.http.GatewayLimits;
import com.onebackend.registry.gateway.http.HttpEngine;
import com.onebackend.registry.gateway.http.Route;
import com.onebackend.registry.gateway.http.Workers;
import com.onebackend.registry.gateway.rest.AccountHandlers;
import com.onebackend.registry.gateway.rest.ClusterHandlers;
import com.onebackend.registry.gateway.rest.DefinitionHandlers;
import com.onebackend.registry.gateway.rest.DisasterHandlers;
import com.onebackend.registry.gateway.rest.InstanceHandlers;
import com.onebackend.registry.gateway.rest.NodeHandlers;
import com.onebackend.registry.gateway.rest.OperationHandlers;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.ServerSocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The HTTP door of a node.
 *
 * <p><i>Thread:</i> its own event loops and workers; it never blocks a caller of the port.
 *
 * <p><i>Lifecycle:</i> {@link #start} returns when the port is open; {@link #close} when the last request was
 * answered or the drain time is over. Closed before whatever stands behind {@link RegistryApi}.
 */
public final class GatewayServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(GatewayServer.class);
    private static final int BACKLOG = 1024;
    private static final int WRITE_LOW_BYTES = 32 * 1024;
    private static final int WRITE_HIGH_BYTES = 128 * 1024;
    private static final int POLL_MILLIS = 5;

    private final GatewayConfig config;
    private final HttpEngine engine;
    private final Workers workers;
    private final EventLoopGroup acceptor;
    private final EventLoopGroup loops;
    private final Channel channel;

    private GatewayServer(
            final GatewayConfig config, final HttpEngine engine, final Workers workers, final Transport transport)
            throws IOException {
        this.config = config;
        this.engine = engine;
        this.workers = workers;
        this.acceptor = transport.group(1, "gateway-accept");
        this.loops = transport.group(config.eventLoops(), "gateway");
        this.channel = bind(transport);
    }

    /**
     * Opens the door.
     *
     * @param metrics counts what passes, and is shown at /metrics with whatever else is in it
     * @throws IOException when the port cannot be bound; the message names it and says what to do
     */
    public static GatewayServer start(
            final GatewayConfig config, final RegistryApi api, final PrometheusMeterRegistry metrics)
            throws IOException {
        final Workers workers = new Workers(GatewayLimits.WORKERS, GatewayLimits.WORKER_QUEUE_MAX);
        final Tokens tokens = new Tokens(api, config.tokenLife(), Clock.systemUTC());
        final List<Route> routes = new ArrayList<>();
        routes.addAll(new InstanceHandlers(api).routes());
        routes.addAll(new DefinitionHandlers(api, workers).routes());
        routes.addAll(new NodeHandlers(api).routes());
        routes.addAll(new ClusterHandlers(api, workers).routes());
        routes.addAll(new OperationHandlers(api, metrics, workers).routes());
        routes.addAll(new DisasterHandlers(api).routes());
        routes.addAll(new AccountHandlers(api, new Logins(api), tokens, workers).routes());
        final HttpEngine engine = new HttpEngine(
                config.limits(),
                routes,
                tokens,
                api::ready,
                api::refusal,
                () -> !api.leaving().isEmpty(),
                api.cluster().nodeId(),
                metrics);
        return new GatewayServer(config, engine, workers, Transport.best());
    }

    /** The port it listens at. */
    public int port() {
        return ((InetSocketAddress) channel.localAddress()).getPort();
    }

    /** How many connections are open. */
    public int openConnections() {
        return engine.openConnections();
    }

    private Channel bind(final Transport transport) throws IOException {
        final ServerBootstrap bootstrap = new ServerBootstrap()
                .group(acceptor, loops)
                .channel(transport.channel())
                .option(ChannelOption.SO_BACKLOG, BACKLOG)
                .option(ChannelOption.SO_REUSEADDR, true)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childOption(
                        ChannelOption.WRITE_BUFFER_WATER_MARK,
                        new WriteBufferWaterMark(WRITE_LOW_BYTES, WRITE_HIGH_BYTES))
                .childHandler(engine.initializer());
        final InetSocketAddress address = config.bindHost().isEmpty()
                ? new InetSocketAddress(config.port())
                : new InetSocketAddress(config.bindHost(), config.port());
        final ChannelFuture bound = bootstrap.bind(address).awaitUninterruptibly();
        if (!bound.isSuccess()) {
            shutDown();
            throw new IOException(
                    "port " + config.port() + " is in use or may not be opened on "
                            + (config.bindHost().isEmpty() ? "this machine" : config.bindHost())
                            + ": stop what listens there, or give this node another port in OB_SELF_URL",
                    bound.cause());
        }
        return bound.channel();
    }

    /** Stops accepting, lets the requests under way finish for the drain time, then closes everything. */
    @Override
    public void close() {
        channel.close().awaitUninterruptibly();
        engine.drain();
        final long deadlineNanos = System.nanoTime() + config.drainTime().toNanos();
        while (engine.openConnections() > 0 && System.nanoTime() - deadlineNanos < 0 && rested()) {
            engine.drain();
        }
        if (engine.openConnections() > 0) {
            LOG.warn("gateway closes with requests under way connections={}", engine.openConnections());
        }
        shutDown();
    }

    private static boolean rested() {
        try {
            Thread.sleep(POLL_MILLIS);
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private void shutDown() {
        acceptor.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
        loops.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly();
        workers.close();
    }

    /** Epoll where it loads, NIO elsewhere. */
    private record Transport(IoHandlerFactory handlers, Class<? extends ServerSocketChannel> channel) {
        static Transport best() {
            return Epoll.isAvailable()
                    ? new Transport(EpollIoHandler.newFactory(), EpollServerSocketChannel.class)
                    : new Transport(NioIoHandler.newFactory(), NioServerSocketChannel.class);
        }

        EventLoopGroup group(final int threads, final String name) {
            return new MultiThreadIoEventLoopGroup(threads, new DefaultThreadFactory(name, true), handlers);
        }
    }
}
