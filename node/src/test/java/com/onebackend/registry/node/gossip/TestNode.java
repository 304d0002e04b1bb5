package com.onebackend.registry.node.gossip;

import com.onebackend.registry.model.Endpoint;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.awaitility.Awaitility;

/** Both transports of one node on loopback, and what they received. */
final class TestNode implements AutoCloseable {
    static final String HOST = "127.0.0.1";
    static final String SECRET = "kR7vQx2LmN9pW4sT8yB3cF6hJ1dG5aZ0";
    static final String OTHER_SECRET = "0Za5Gd1Jh6Fc3By8Ts4Wp9NmL2xQv7Rk";
    static final long CLUSTER = 0x1234_5678_9ABC_DEF0L;

    /** Quick to try again, and patient with a busy machine. */
    static final StreamTimes QUICK = new StreamTimes(5_000, 5_000, 10_000, 1_000, 30_000, 60_000, 10, 100, 5);

    /** So short that what takes a minute in production can be seen. */
    static final StreamTimes IMPATIENT = new StreamTimes(5_000, 5_000, 1_500, 50, 400, 200, 10, 100, 5);

    static {
        Awaitility.setDefaultTimeout(Duration.ofSeconds(30));
    }

    final EventLoops loops = EventLoops.start("test-io", 1);
    final HostResolver resolver = new HostResolver();
    final TransportCounters counters = new TransportCounters();
    final Queue<byte[]> datagrams = new ConcurrentLinkedQueue<>();
    final Queue<byte[]> frames = new ConcurrentLinkedQueue<>();
    final Queue<Endpoint> senders = new ConcurrentLinkedQueue<>();
    final ThreadPoolExecutor executor = new ThreadPoolExecutor(1, 1, 1, TimeUnit.SECONDS, new ArrayBlockingQueue<>(1));
    final UdpTransport udp;
    final StreamTransport streams;
    volatile boolean isInboxFull;
    volatile UnaryOperator<byte[]> handler = request -> request;

    TestNode(final String secret) {
        this(secret, QUICK);
    }

    TestNode(final String secret, final StreamTimes times) {
        final ClusterKeys keys = ClusterKeys.derive(secret);
        udp = new UdpTransport(loops, keys, resolver, counters);
        streams = new StreamTransport(
                "node", loops, ClusterTls.create(keys, "node", List.of(HOST)), resolver, counters, times);
    }

    /** A node that is bound and in the cluster. */
    static TestNode joined() throws IOException {
        return new TestNode(SECRET).bind(0).join(CLUSTER);
    }

    /** The same, with no patience for silent peers. */
    static TestNode impatient() throws IOException {
        return new TestNode(SECRET, IMPATIENT).bind(0).join(CLUSTER);
    }

    TestNode bind(final int port) throws IOException {
        udp.bind(HOST, streams.bind(HOST, port, request -> handler.apply(request), executor));
        return this;
    }

    TestNode join(final long clusterHash) {
        udp.joinCluster(clusterHash, (from, datagram) -> datagrams.add(datagram));
        streams.joinCluster(clusterHash, endpoint(), (from, frame) -> {
            if (isInboxFull) {
                return false;
            }
            senders.add(from);
            return frames.add(frame);
        });
        return this;
    }

    Endpoint endpoint() {
        return new Endpoint(HOST, streams.port());
    }

    long count(final TransportEvent event) {
        return counters.count(event);
    }

    @Override
    public void close() {
        streams.close();
        udp.close();
        loops.close();
        resolver.close();
        executor.shutdownNow();
    }
}
