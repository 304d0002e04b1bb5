package com.onebackend.registry.node.gossip;

import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.DatagramChannel;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.util.concurrent.TimeUnit;

/**
 * The few threads that the gossip sockets share: epoll where it is present, NIO elsewhere.
 *
 * <p><i>Lifecycle:</i> closed after the transports that use it.
 */
public final class EventLoops implements AutoCloseable {
    /** Enough for a node: sealing, TLS and copying for some thousand messages a second. */
    public static final int THREADS = 2;

    private static final long CLOSE_SECONDS_MAX = 5;

    private final EventLoopGroup group;
    private final boolean isEpoll;

    private EventLoops(final EventLoopGroup group, final boolean isEpoll) {
        this.group = group;
        this.isEpoll = isEpoll;
    }

    /**
     * Starts the threads, daemons all.
     *
     * @param name what the threads are called
     */
    public static EventLoops start(final String name, final int threads) {
        final boolean epoll = Epoll.isAvailable();
        return new EventLoops(
                new MultiThreadIoEventLoopGroup(
                        threads,
                        new DefaultThreadFactory(name, true),
                        epoll ? EpollIoHandler.newFactory() : NioIoHandler.newFactory()),
                epoll);
    }

    EventLoopGroup group() {
        return group;
    }

    EventLoop next() {
        return group.next();
    }

    Class<? extends DatagramChannel> datagramChannel() {
        return isEpoll ? EpollDatagramChannel.class : NioDatagramChannel.class;
    }

    Class<? extends ServerChannel> serverChannel() {
        return isEpoll ? EpollServerSocketChannel.class : NioServerSocketChannel.class;
    }

    Class<? extends Channel> clientChannel() {
        return isEpoll ? EpollSocketChannel.class : NioSocketChannel.class;
    }

    /** Stops the threads, and with them every socket that is still open. */
    @Override
    public void close() {
        group.shutdownGracefully(0, CLOSE_SECONDS_MAX, TimeUnit.SECONDS)
                .awaitUninterruptibly(CLOSE_SECONDS_MAX, TimeUnit.SECONDS);
    }
}
