package com.onebackend.registry.node.bench;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;
import java.util.function.LongConsumer;

/**
 * A keep-alive HTTP client that costs little: one thread, one request in flight per connection, requests prepared as
 * bytes, answers only counted. A status other than 2xx ends it.
 */
public final class LoadClient {
    private static final int BUFFER_BYTES = 64 << 10;

    private final InetSocketAddress server;
    private final int connections;
    private final boolean isPatient;
    private long refused;

    public LoadClient(final int port, final int connections) {
        this(port, connections, false);
    }

    /** @param isPatient whether an answer that says 503 is counted apart, and does not end it */
    public LoadClient(final int port, final int connections, final boolean isPatient) {
        this.isPatient = isPatient;
        this.server = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
        this.connections = connections;
    }

    /**
     * Sends until {@code nanos} have passed or {@code requestsMax} were answered.
     *
     * @param requests the n-th request's bytes
     * @return how many were answered
     */
    long run(final IntFunction<byte[]> requests, final long nanos, final long requestsMax) throws IOException {
        return run(requests, nanos, requestsMax, latency -> {});
    }

    /**
     * As above.
     *
     * @param latencies told, on this thread, how many nanoseconds each answer took
     */
    public long run(
            final IntFunction<byte[]> requests, final long nanos, final long requestsMax, final LongConsumer latencies)
            throws IOException {
        try (Selector selector = Selector.open()) {
            for (int i = 0; i < connections; i++) {
                final SocketChannel channel = SocketChannel.open(server);
                channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
                channel.configureBlocking(false);
                channel.register(selector, SelectionKey.OP_READ, new Connection());
            }
            int sent = 0;
            for (final SelectionKey key : selector.keys()) {
                send(key, requests.apply(sent++));
            }
            final long deadline = System.nanoTime() + nanos;
            long answered = 0;
            while (System.nanoTime() < deadline && answered < requestsMax) {
                selector.select(TimeUnit.SECONDS.toMillis(1));
                for (final SelectionKey key : selector.selectedKeys()) {
                    final Connection connection = (Connection) key.attachment();
                    if (connection.read((SocketChannel) key.channel())) {
                        if (connection.isRefusal) {
                            refused++;
                        } else {
                            answered++;
                            latencies.accept(System.nanoTime() - connection.sentNanos);
                        }
                        if (sent < requestsMax) {
                            send(key, requests.apply(sent++));
                        }
                    }
                }
                selector.selectedKeys().clear();
            }
            for (final SelectionKey key : selector.keys()) {
                key.channel().close();
            }
            return answered;
        }
    }

    /** How many answers were refusals, when it is patient. */
    public long refused() {
        return refused;
    }

    private static void send(final SelectionKey key, final byte[] request) throws IOException {
        ((Connection) key.attachment()).sentNanos = System.nanoTime();
        final ByteBuffer bytes = ByteBuffer.wrap(request);
        while (bytes.hasRemaining()) {
            ((SocketChannel) key.channel()).write(bytes);
        }
    }

    /** One answer at a time: the head is searched for its length, the body only counted. */
    private final class Connection {
        private final ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES);
        private long bodyLeft = -1;
        private long sentNanos;
        private boolean isRefusal;

        /** True when an answer is complete. */
        boolean read(final SocketChannel channel) throws IOException {
            if (channel.read(buffer) < 0) {
                throw new IOException("the server closed a connection");
            }
            if (bodyLeft < 0) {
                final int headEnd = headEnd();
                if (headEnd < 0) {
                    return false;
                }
                bodyLeft = bodyLength(headEnd) - (buffer.position() - headEnd);
            } else {
                bodyLeft -= buffer.position();
            }
            buffer.clear();
            if (bodyLeft > 0) {
                return false;
            }
            bodyLeft = -1;
            return true;
        }

        private int headEnd() {
            final byte[] bytes = buffer.array();
            for (int i = 3; i < buffer.position(); i++) {
                if (bytes[i] == '\n' && bytes[i - 1] == '\r' && bytes[i - 2] == '\n' && bytes[i - 3] == '\r') {
                    return i + 1;
                }
            }
            return -1;
        }

        private long bodyLength(final int headEnd) throws IOException {
            final byte[] bytes = buffer.array();
            isRefusal = isPatient && bytes[9] == '5' && bytes[11] == '3';
            if (bytes[9] != '2' && !isRefusal) {
                throw new IOException(new String(bytes, 0, buffer.position(), StandardCharsets.ISO_8859_1));
            }
            final String head = new String(bytes, 0, headEnd, StandardCharsets.ISO_8859_1).toLowerCase(Locale.ROOT);
            final int at = head.indexOf("content-length:");
            return at < 0
                    ? 0
                    : Long.parseLong(
                            head.substring(at + 15, head.indexOf('\r', at)).trim());
        }
    }
}
