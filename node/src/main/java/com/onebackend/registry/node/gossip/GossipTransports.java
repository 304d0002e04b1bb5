package com.onebackend.registry.node.gossip;

import com.onebackend.registry.membership.Lane;
import com.onebackend.registry.model.Endpoint;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.UnaryOperator;

/**
 * Both ways to other nodes at one port number: datagrams and streams.
 *
 * <p><i>Thread:</i> any may send and ask. <i>Lifecycle:</i> {@link #bind}, {@link #joinCluster}, {@link #close}.
 */
public final class GossipTransports implements AutoCloseable {
    private static final int BIND_ATTEMPTS_MAX = 20;

    private final String nodeId;
    private final ClusterKeys keys;
    private final ClusterTls tls;
    private final TransportCounters counters = new TransportCounters();
    private final HostResolver resolver = new HostResolver();
    private final EventLoops loops;
    private volatile StreamTransport streams;
    private volatile UdpTransport datagrams;

    /**
     * Not bound yet.
     *
     * @param advertisedHosts names and addresses under which others reach this node
     */
    public GossipTransports(final String nodeId, final ClusterKeys keys, final List<String> advertisedHosts) {
        this.nodeId = nodeId;
        this.keys = keys;
        tls = ClusterTls.create(keys, nodeId, advertisedHosts);
        loops = EventLoops.start("gossip-io", EventLoops.THREADS);
    }

    /**
     * Opens both sockets at one port and begins to answer requests; see {@link StreamTransport#bind}.
     *
     * @param port 0 for one that is free for both
     * @return the port
     */
    public int bind(final String host, final int port, final UnaryOperator<byte[]> handler, final Executor executor)
            throws IOException {
        for (int attempt = 1; ; attempt++) {
            final StreamTransport stream = new StreamTransport(nodeId, loops, tls, resolver, counters);
            final UdpTransport udp = new UdpTransport(loops, keys, resolver, counters);
            try {
                final int bound = stream.bind(host, port, handler, executor);
                udp.bind(host, bound);
                streams = stream;
                datagrams = udp;
                return bound;
            } catch (final IOException e) {
                stream.close();
                // A free port for streams may be taken for datagrams: then another one is tried.
                if (port != 0 || attempt >= BIND_ATTEMPTS_MAX) {
                    throw e;
                }
            }
        }
    }

    /** Starts gossip, once the cluster is known; see {@link StreamTransport#joinCluster}. */
    public void joinCluster(
            final long clusterHash,
            final Endpoint self,
            final UdpTransport.Receiver onDatagram,
            final StreamTransport.Receiver onFrame) {
        datagrams.joinCluster(clusterHash, onDatagram);
        streams.joinCluster(clusterHash, self, onFrame);
    }

    /** Sends and forgets, never blocks; false when it was dropped at once, which is counted. */
    public boolean send(final Endpoint to, final Lane lane, final byte[] message) {
        return switch (lane) {
            case DATAGRAM -> datagrams.send(to, message);
            case STREAM -> streams.send(to, message);
        };
    }

    /** Asks another node; see {@link StreamTransport#request}. */
    public CompletableFuture<byte[]> request(final Endpoint to, final byte[] request, final Duration timeout) {
        return streams.request(to, request, timeout);
    }

    /** TLS of this process, for the Raft port. */
    public ClusterTls tls() {
        return tls;
    }

    /** What waits for each peer that is sent frames, in no order; empty before {@link #bind}. */
    public List<PeerQueue> queues() {
        final StreamTransport bound = streams;
        return bound == null ? List.of() : bound.queues();
    }

    /** What happened so far. */
    public TransportCounters counters() {
        return counters;
    }

    /** Closes the sockets and stops the threads. */
    @Override
    public void close() {
        if (streams != null) {
            streams.close();
            datagrams.close();
        }
        loops.close();
        resolver.close();
    }
}
