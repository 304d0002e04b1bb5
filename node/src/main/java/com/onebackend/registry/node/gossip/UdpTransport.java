package com.onebackend.registry.node.gossip;

import com.onebackend.registry.membership.Lane;
import com.onebackend.registry.model.Endpoint;
import com.onebackend.registry.wire.WireLimits;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.socket.DatagramPacket;
import io.netty.util.NetUtil;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Sealed datagrams, best effort: whatever goes wrong with one is counted, and the next is sent. A datagram that does
 * not prove itself is never answered.
 *
 * <p><i>Thread:</i> any may send; the receiver is called on an event loop and must not block. <i>Lifecycle:</i>
 * {@link #bind}, then {@link #joinCluster} once the cluster is known, then {@link #close}. Before it joined, it neither
 * sends nor receives.
 */
public final class UdpTransport implements AutoCloseable {
    /** The largest payload. */
    public static final int PAYLOAD_BYTES_MAX = PacketSeal.PLAINTEXT_BYTES_MAX;

    private static final int SOCKET_BUFFER_BYTES = 1 << 20;
    private static final int UNSENT_BYTES_MAX = 512 << 10;
    private static final int UNRESOLVED_SENDS_MAX = 256;

    /** One byte more than allowed, so that a larger datagram is seen to be larger. */
    private static final int RECEIVE_BYTES = WireLimits.DATAGRAM_BYTES_MAX + 1;

    private final EventLoops loops;
    private final ClusterKeys keys;
    private final HostResolver resolver;
    private final TransportCounters counters;
    private final AtomicInteger unresolvedSends = new AtomicInteger();
    private volatile Channel channel;
    private volatile Session session;

    /** Not bound yet. */
    public UdpTransport(
            final EventLoops loops,
            final ClusterKeys keys,
            final HostResolver resolver,
            final TransportCounters counters) {
        this.loops = loops;
        this.keys = keys;
        this.resolver = resolver;
        this.counters = counters;
    }

    /** Takes what a member sent. */
    @FunctionalInterface
    public interface Receiver {
        /**
         * Called on an event loop; must not block.
         *
         * @param from the address the datagram came from, which need not be the one its sender listens at
         */
        void onDatagram(Endpoint from, byte[] plaintext);
    }

    /**
     * Opens the socket.
     *
     * @param host the local address, a literal or a name that resolves here; not the one advertised to others
     * @param port 0 for a free one
     * @return the port
     * @throws IOException when it cannot be bound; the message names the address
     */
    public int bind(final String host, final int port) throws IOException {
        final Bootstrap bootstrap = new Bootstrap()
                .group(loops.group())
                .channel(loops.datagramChannel())
                .option(ChannelOption.SO_RCVBUF, SOCKET_BUFFER_BYTES)
                .option(ChannelOption.SO_SNDBUF, SOCKET_BUFFER_BYTES)
                .option(ChannelOption.RECVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(RECEIVE_BYTES))
                .option(
                        ChannelOption.WRITE_BUFFER_WATER_MARK,
                        new WriteBufferWaterMark(UNSENT_BYTES_MAX / 2, UNSENT_BYTES_MAX))
                .handler(new Inbound());
        channel = Binding.bind(bootstrap, host, port, "datagrams");
        return port();
    }

    /** The bound port. */
    public int port() {
        return ((InetSocketAddress) channel.localAddress()).getPort();
    }

    /**
     * Starts sending and receiving.
     *
     * @param clusterHash one number for the cluster, the same at every member
     */
    public void joinCluster(final long clusterHash, final Receiver receiver) {
        session = new Session(new PacketSeal(keys, clusterHash, counters), receiver);
    }

    /**
     * Sends and forgets. Never blocks.
     *
     * @return false when it was dropped at once: larger than {@link #PAYLOAD_BYTES_MAX}, not joined, too much unsent
     */
    public boolean send(final Endpoint to, final byte[] plaintext) {
        final Session joined = session;
        final Channel socket = channel;
        if (joined == null || socket == null) {
            counters.add(TransportEvent.DATAGRAM_BEFORE_JOIN);
            return false;
        }
        if (plaintext.length > PAYLOAD_BYTES_MAX) {
            counters.add(TransportEvent.DATAGRAM_TOO_LARGE, to, plaintext.length + " bytes");
            return false;
        }
        final CompletableFuture<List<InetAddress>> addresses = resolver.resolve(to.host());
        if (addresses.isDone() && !addresses.isCompletedExceptionally()) {
            return transmit(socket, joined.seal, to, addresses.join().get(0), plaintext);
        }
        return transmitOnceResolved(socket, joined.seal, to, addresses, plaintext);
    }

    private boolean transmitOnceResolved(
            final Channel socket,
            final PacketSeal seal,
            final Endpoint to,
            final CompletableFuture<List<InetAddress>> addresses,
            final byte[] plaintext) {
        if (unresolvedSends.incrementAndGet() > UNRESOLVED_SENDS_MAX) {
            unresolvedSends.decrementAndGet();
            counters.add(TransportEvent.DATAGRAM_OVERFLOW);
            return false;
        }
        addresses.whenComplete((found, failure) -> {
            unresolvedSends.decrementAndGet();
            if (failure == null) {
                transmit(socket, seal, to, found.get(0), plaintext);
            } else {
                counters.add(TransportEvent.NAME_UNRESOLVED, to, failure.toString());
            }
        });
        return true;
    }

    private boolean transmit(
            final Channel socket,
            final PacketSeal seal,
            final Endpoint to,
            final InetAddress address,
            final byte[] plaintext) {
        if (!socket.isWritable()) {
            counters.add(TransportEvent.DATAGRAM_OVERFLOW);
            return false;
        }
        final byte[] sealed = seal.seal(plaintext);
        final DatagramPacket packet =
                new DatagramPacket(Unpooled.wrappedBuffer(sealed), new InetSocketAddress(address, to.port()));
        try {
            socket.writeAndFlush(packet).addListener(done -> {
                if (done.isSuccess()) {
                    counters.add(TransportEvent.DATAGRAM_SENT);
                    counters.sent(Lane.DATAGRAM, sealed.length);
                } else {
                    counters.add(TransportEvent.DATAGRAM_SEND_FAILED, to, String.valueOf(done.cause()));
                }
            });
            return true;
        } catch (final RejectedExecutionException e) {
            counters.add(TransportEvent.DATAGRAM_SEND_FAILED, to, "closing");
            return false;
        }
    }

    /** Closes the socket; later sends are dropped. */
    @Override
    public void close() {
        final Channel socket = channel;
        if (socket != null) {
            socket.close().awaitUninterruptibly();
        }
    }

    /** What is known once the cluster is. */
    private static final class Session {
        private final PacketSeal seal;
        private final Receiver receiver;

        private Session(final PacketSeal seal, final Receiver receiver) {
            this.seal = seal;
            this.receiver = receiver;
        }
    }

    private final class Inbound extends SimpleChannelInboundHandler<DatagramPacket> {
        @Override
        protected void channelRead0(final ChannelHandlerContext ctx, final DatagramPacket packet) {
            final Session joined = session;
            if (joined == null) {
                counters.add(TransportEvent.DATAGRAM_BEFORE_JOIN);
                return;
            }
            final byte[] sealed = new byte[packet.content().readableBytes()];
            packet.content().readBytes(sealed);
            final InetSocketAddress sender = packet.sender();
            final byte[] plaintext = joined.seal.open(sealed, sender);
            if (plaintext != null && sender.getPort() > 0) {
                counters.add(TransportEvent.DATAGRAM_RECEIVED);
                counters.received(Lane.DATAGRAM, sealed.length);
                joined.receiver.onDatagram(
                        new Endpoint(NetUtil.toAddressString(sender.getAddress()), sender.getPort()), plaintext);
            }
        }

        /** An unreachable receiver shows here, as an ICMP answer to an earlier send: the socket lives on. */
        @Override
        public void exceptionCaught(final ChannelHandlerContext ctx, final Throwable cause) {
            final TransportEvent event =
                    cause instanceof IOException ? TransportEvent.DATAGRAM_SEND_FAILED : TransportEvent.HANDLER_FAILED;
            counters.add(event, "datagram socket", cause.toString());
        }
    }
}
