package com.onebackend.registry.node.gossip;

import com.onebackend.registry.model.Endpoint;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.RejectedExecutionException;

/**
 * Opens TLS connections to peers.
 *
 * <p><i>Thread:</i> any; what it returns completes on the given event loop, which also runs the connection.
 */
final class Dialer {
    private static final int UNSENT_BYTES_MAX = 512 << 10;

    private final EventLoops loops;
    private final ClusterTls tls;
    private final HostResolver resolver;
    private final TransportCounters counters;
    private final StreamTimes times;

    Dialer(
            final EventLoops loops,
            final ClusterTls tls,
            final HostResolver resolver,
            final TransportCounters counters,
            final StreamTimes times) {
        this.loops = loops;
        this.tls = tls;
        this.resolver = resolver;
        this.counters = counters;
        this.times = times;
    }

    /**
     * Resolves and connects. TLS is not yet up when it completes: the handler is told.
     *
     * @param attempt counts failures, so that each of a name's addresses has its turn
     * @return cancel it to give up; the connection is then closed
     */
    Future<Channel> dial(final EventLoop loop, final Endpoint to, final int attempt, final ConnectionHandler handler) {
        final Promise<Channel> connected = loop.newPromise();
        resolver.resolve(to.host()).whenComplete((addresses, failure) -> {
            if (failure != null) {
                counters.add(TransportEvent.NAME_UNRESOLVED, to, failure.toString());
                connected.tryFailure(failure);
                return;
            }
            final InetAddress address = addresses.get(Math.floorMod(attempt, addresses.size()));
            try {
                loop.execute(() -> connect(loop, new InetSocketAddress(address, to.port()), handler, connected));
            } catch (final RejectedExecutionException e) {
                connected.tryFailure(e);
            }
        });
        return connected;
    }

    private void connect(
            final EventLoop loop,
            final InetSocketAddress address,
            final ConnectionHandler handler,
            final Promise<Channel> connected) {
        if (connected.isDone()) {
            return;
        }
        final ChannelFuture connecting = new Bootstrap()
                .group(loop)
                .channel(loops.clientChannel())
                .option(ChannelOption.TCP_NODELAY, true)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, times.connectMillis())
                .option(
                        ChannelOption.WRITE_BUFFER_WATER_MARK,
                        new WriteBufferWaterMark(UNSENT_BYTES_MAX / 2, UNSENT_BYTES_MAX))
                .handler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(final Channel channel) {
                        final SslHandler secure = tls.clientContext().newHandler(channel.alloc());
                        secure.setHandshakeTimeoutMillis(times.handshakeMillis());
                        channel.pipeline().addLast(secure, new Frame.Decoder(), handler);
                    }
                })
                .connect(address);
        connecting.addListener(done -> {
            if (!done.isSuccess()) {
                connected.tryFailure(done.cause());
            } else if (!connected.trySuccess(connecting.channel())) {
                connecting.channel().close();
            }
        });
    }
}
