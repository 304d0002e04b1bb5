package com.onebackend.registry.node.gossip;

import com.onebackend.registry.model.Endpoint;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.concurrent.GlobalEventExecutor;
import io.netty.util.concurrent.ScheduledFuture;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;

/**
 * Mutual TLS connections between nodes: one-way streams of gossip frames, and one-off requests that also work before
 * there is a cluster. Both come in at one port.
 *
 * <p><i>Thread:</i> any may send and ask; callbacks run on event loops. <i>Lifecycle:</i> {@link #bind}, then
 * {@link #joinCluster} once the cluster is known, then {@link #close}. Before it joined, gossip is neither sent nor
 * accepted; requests are.
 */
public final class StreamTransport implements AutoCloseable {
    /** The largest gossip frame. */
    public static final int FRAME_BYTES_MAX = FrameKind.GOSSIP.payloadBytesMax();

    /** The largest request. */
    public static final int REQUEST_BYTES_MAX = FrameKind.REQUEST.payloadBytesMax();

    /** Peers that are sent to. */
    static final int PEERS_MAX = 4_096;

    /** Requests of this node under way. */
    static final int REQUESTS_MAX = 64;

    private static final int CONNECTIONS_PER_ADDRESS_MAX = 256;
    private static final int BACKLOG = 256;
    private static final long CLOSE_MILLIS_MAX = 2_000;

    private final String nodeId;
    private final long bootId = new SecureRandom().nextLong();
    private final EventLoops loops;
    private final ClusterTls tls;
    private final TransportCounters counters;
    private final StreamTimes times;
    private final Dialer dialer;
    private final ConnectionLimits limits = new ConnectionLimits(CONNECTIONS_PER_ADDRESS_MAX);
    private final Map<Endpoint, PeerLink> links = new ConcurrentHashMap<>();
    private final Map<Greeted, Channel> gossipFrom = new ConcurrentHashMap<>();
    private final ChannelGroup accepted = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
    private final AtomicLong queuedBytes = new AtomicLong();
    private final RequestClient client;

    private volatile Session session;
    private volatile RequestServer requests;
    private volatile Channel listener;
    private volatile ScheduledFuture<?> forgetting;
    private volatile boolean isClosed;

    /** Not bound yet. */
    public StreamTransport(
            final String nodeId,
            final EventLoops loops,
            final ClusterTls tls,
            final HostResolver resolver,
            final TransportCounters counters) {
        this(nodeId, loops, tls, resolver, counters, StreamTimes.STANDARD);
    }

    StreamTransport(
            final String nodeId,
            final EventLoops loops,
            final ClusterTls tls,
            final HostResolver resolver,
            final TransportCounters counters,
            final StreamTimes times) {
        this.nodeId = nodeId;
        this.loops = loops;
        this.tls = tls;
        this.counters = counters;
        this.times = times;
        dialer = new Dialer(loops, tls, resolver, counters, times);
        client = new RequestClient(loops, dialer, Hello.ofRequest(bootId, nodeId), counters, times);
    }

    /** Takes what a member sent. */
    @FunctionalInterface
    public interface Receiver {
        /**
         * Called on an event loop; must not block.
         *
         * @param from where the sender listens, as it said itself
         * @return false when the inbox is full: the same frame is offered again, and nothing more is read from that
         *     peer until it is taken
         */
        boolean onFrame(Endpoint from, byte[] frame);
    }

    /** What is known once the cluster is. */
    record Session(Hello hello, Receiver receiver) {}

    /** One process that streams gossip to us. */
    private record Greeted(Endpoint endpoint, long bootId) {}

    /**
     * Opens the socket and begins to answer requests.
     *
     * @param host the local address, a literal or a name that resolves here; not the one advertised to others
     * @param port 0 for a free one
     * @param handler answers the requests of other nodes; its answers are at most {@link #FRAME_BYTES_MAX} long
     * @param executor runs the handler, which may wait for the disk; must be bounded and reject when full
     * @return the port
     * @throws IOException when it cannot be bound; the message names the address
     */
    public int bind(
            final String host,
            final int port,
            final Function<byte[], CompletionStage<byte[]>> handler,
            final Executor executor)
            throws IOException {
        requests = new RequestServer(handler, executor, counters);
        final ServerBootstrap bootstrap = new ServerBootstrap()
                .group(loops.group())
                .channel(loops.serverChannel())
                .option(ChannelOption.SO_REUSEADDR, true)
                .option(ChannelOption.SO_BACKLOG, BACKLOG)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childHandler(new Acceptor());
        listener = Binding.bind(bootstrap, host, port, "streams");
        forgetting = loops.next()
                .scheduleWithFixedDelay(
                        this::forgetUnusedLinks, times.idleMillis(), times.idleMillis(), TimeUnit.MILLISECONDS);
        return port();
    }

    /** The bound port. */
    public int port() {
        return ((InetSocketAddress) listener.localAddress()).getPort();
    }

    /**
     * Starts sending and accepting gossip.
     *
     * @param clusterHash one number for the cluster, the same at every member
     * @param self where other nodes reach this one
     */
    public void joinCluster(final long clusterHash, final Endpoint self, final Receiver receiver) {
        session = new Session(new Hello(Hello.Purpose.GOSSIP, clusterHash, bootId, nodeId, self), receiver);
    }

    /**
     * Queues a frame for a peer and connects when needed. Never blocks.
     *
     * @return false when it was dropped at once: larger than {@link #FRAME_BYTES_MAX}, not joined yet, a queue full
     */
    public boolean send(final Endpoint to, final byte[] frame) {
        if (session == null || isClosed) {
            counters.add(TransportEvent.FRAME_BEFORE_JOIN);
            return false;
        }
        if (frame.length > FRAME_BYTES_MAX) {
            counters.add(TransportEvent.FRAME_TOO_LARGE, to, frame.length + " bytes");
            return false;
        }
        if (links.size() >= PEERS_MAX && !links.containsKey(to)) {
            counters.add(TransportEvent.FRAME_OVERFLOW, to, "too many peers");
            return false;
        }
        // Inside compute, so that a link is not forgotten between being found and being offered to.
        final boolean[] isQueued = new boolean[1];
        links.compute(to, (endpoint, known) -> {
            final PeerLink link = known == null ? newLink(endpoint) : known;
            isQueued[0] = link.offer(frame);
            return link;
        });
        return isQueued[0];
    }

    private PeerLink newLink(final Endpoint to) {
        return new PeerLink(to, dialer, loops.next(), () -> session.hello(), counters, times, queuedBytes);
    }

    private void forgetUnusedLinks() {
        final long now = System.nanoTime();
        for (final Endpoint endpoint : links.keySet()) {
            links.computeIfPresent(endpoint, (key, link) -> link.isForgettable(now) ? null : link);
        }
    }

    /**
     * Asks another node. Works before a cluster is known: TLS proves the shared secret.
     *
     * @param request at most {@link #REQUEST_BYTES_MAX} bytes
     * @param timeout for everything, from resolving the name to the last byte of the answer
     * @return completes on an event loop, so that what follows must not block; fails with {@link IOException},
     *     {@link TimeoutException} or {@link RejectedExecutionException} (too many under way). After a failure the
     *     request may have been served; it may also have been served twice, when a connection broke
     */
    public CompletableFuture<byte[]> request(final Endpoint to, final byte[] request, final Duration timeout) {
        return client.request(to, request, timeout);
    }

    /** What waits for each peer that is sent to, in no order. */
    public List<PeerQueue> queues() {
        return links.values().stream().map(PeerLink::queued).toList();
    }

    Session session() {
        return session;
    }

    RequestServer requests() {
        return requests;
    }

    /** Connections kept for the next request. */
    int keptConnections() {
        return client.kept();
    }

    /** Connections accepted and not closed yet. */
    int acceptedConnections() {
        return limits.total();
    }

    /** A member streams gossip to us: an earlier connection of the same process is obsolete. */
    void accepted(final Hello hello, final Channel channel) {
        final Greeted key = new Greeted(hello.listensAt(), hello.bootId());
        final Channel previous = gossipFrom.put(key, channel);
        if (previous != null) {
            previous.close();
        }
        channel.closeFuture().addListener(closed -> gossipFrom.remove(key, channel));
        final PeerLink back = links.get(hello.listensAt());
        if (back != null) {
            back.onSignOfLife();
        }
    }

    /** Closes all connections; what is queued is dropped, and requests under way fail. Not from an event loop. */
    @Override
    public void close() {
        isClosed = true;
        if (forgetting != null) {
            forgetting.cancel(false);
        }
        if (listener != null) {
            listener.close().awaitUninterruptibly(CLOSE_MILLIS_MAX);
        }
        links.values().forEach(PeerLink::close);
        client.close();
        accepted.close().awaitUninterruptibly(CLOSE_MILLIS_MAX);
    }

    private final class Acceptor extends ChannelInitializer<Channel> {
        @Override
        protected void initChannel(final Channel channel) {
            final InetSocketAddress remote = (InetSocketAddress) channel.remoteAddress();
            if (remote == null) {
                channel.close(); // it went away before it was looked at
                return;
            }
            final InetAddress address = remote.getAddress();
            if (isClosed || !limits.admit(address)) {
                counters.add(TransportEvent.CONNECTION_OVER_LIMIT, remote, "");
                channel.close();
                return;
            }
            channel.closeFuture().addListener(closed -> limits.release(address));
            accepted.add(channel);
            final SslHandler secure = tls.serverContext().newHandler(channel.alloc());
            secure.setHandshakeTimeoutMillis(times.handshakeMillis());
            channel.pipeline()
                    .addLast(
                            secure, new Frame.Decoder(), new AcceptedConnection(StreamTransport.this, counters, times));
        }
    }
}
