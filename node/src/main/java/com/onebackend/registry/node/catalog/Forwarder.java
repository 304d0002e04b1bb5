package com.onebackend.registry.node.catalog;

import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.apache.ratis.client.RaftClient;
import org.apache.ratis.conf.Parameters;
import org.apache.ratis.protocol.ClientId;
import org.apache.ratis.protocol.RaftClientReply;
import org.apache.ratis.protocol.RaftClientRequest;
import org.apache.ratis.protocol.RaftGroup;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.protocol.exceptions.TimeoutIOException;
import org.apache.ratis.retry.RetryPolicies;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends one request to one server, once. Which server, and whether again, is the caller's to decide, who can then tell
 * whether it may have happened.
 *
 * <p><i>Thread:</i> any; nothing blocks.
 */
final class Forwarder implements AutoCloseable {
    /** After a connection was given up, until the next one to the same server is. */
    private static final long RESET_MILLIS_MIN = 100;

    private static final Logger LOG = LoggerFactory.getLogger(Forwarder.class);

    private final Supplier<UUID> groupId;
    private final ClientId clientId = ClientId.randomId();
    private final Parameters parameters;
    private final int requestMillisMax;
    private final Executor closing;
    private final Map<RaftPeerId, String> addresses = new HashMap<>();
    private final Map<RaftPeerId, Line> lines = new ConcurrentHashMap<>();
    private RaftClient client;
    private boolean closed;

    /** What is known of the way to a server, in nanoseconds. Under its own lock. */
    private static final class Line {
        private long answeredNanos;
        private long resetNanos;
        private boolean wasReset;
        private boolean hasAnswered;
    }

    /**
     * @param groupId asked for each request: it changes when the catalog is recovered by force
     * @param closing runs what gives up a connection, which may wait for seconds
     */
    Forwarder(final Supplier<UUID> groupId, final CatalogTls tls, final int requestMillisMax, final Executor closing) {
        this.groupId = groupId;
        this.parameters = RatisSettings.parameters(tls);
        this.requestMillisMax = requestMillisMax;
        this.closing = closing;
    }

    /**
     * Completes with the answer, or fails as the connection does, after {@code requestMillisMax} at the latest; on a
     * thread that must not be blocked.
     */
    CompletableFuture<RaftClientReply> sendAsync(
            final RaftPeer to, final byte[] bytes, final RaftClientRequest.Type type, final long millisMax) {
        final RaftClientRequest request = RaftNode.request(
                        clientId, RaftGroupId.valueOf(groupId.get()), to.getId(), bytes, type)
                .setTimeoutMs(millisMax)
                .build();
        final Line line = lines.computeIfAbsent(to.getId(), id -> new Line());
        final long sentNanos = System.nanoTime();
        final RaftClient used;
        try {
            used = clientFor(to);
        } catch (final IOException | RuntimeException e) {
            return CompletableFuture.failedFuture(e);
        }
        return used.getClientRpc().sendRequestAsyncUnordered(request).whenComplete((reply, thrown) -> {
            if (thrown == null) {
                answered(line);
            } else if (isLost(line, sentNanos, RatisErrors.unwrap(thrown))) {
                giveUp(used, to.getId(), thrown);
            }
        });
    }

    private static void answered(final Line line) {
        synchronized (line) {
            line.answeredNanos = System.nanoTime();
            line.hasAnswered = true;
        }
    }

    /**
     * True when another connection is needed, and this failure is the one to ask for it: all requests under way fail
     * with a stream, and all those that wait for a silent server, one after the other.
     */
    private static boolean isLost(final Line line, final long sentNanos, final Throwable cause) {
        synchronized (line) {
            final long nowNanos = System.nanoTime();
            final boolean isSlowOnly =
                    cause instanceof TimeoutIOException && line.hasAnswered && line.answeredNanos - sentNanos > 0;
            final boolean isReplaced = line.wasReset
                    && (line.resetNanos - sentNanos > 0
                            || nowNanos - line.resetNanos < TimeUnit.MILLISECONDS.toNanos(RESET_MILLIS_MIN));
            if (isSlowOnly || isReplaced) {
                return false;
            }
            line.wasReset = true;
            line.resetNanos = nowNanos;
            return true;
        }
    }

    /** A channel that failed would back off for seconds before it dials again; its stream is not to be used again. */
    private void giveUp(final RaftClient used, final RaftPeerId to, final Throwable cause) {
        try {
            closing.execute(() -> used.getClientRpc().handleException(to, cause, true));
        } catch (final RejectedExecutionException e) {
            LOG.debug("the connection to {} is given up later", to, e);
        }
    }

    /** Raft's client keeps the first address it hears of a peer, so another one takes another client. */
    private synchronized RaftClient clientFor(final RaftPeer to) throws IOException {
        if (closed) {
            throw new IOException("the catalog is closing");
        }
        final String known = addresses.put(to.getId(), to.getAddress());
        if (client != null && known != null && !known.equals(to.getAddress())) {
            closeClient();
            addresses.put(to.getId(), to.getAddress());
        }
        if (client == null) {
            client = RaftClient.newBuilder()
                    .setProperties(RatisSettings.client(requestMillisMax))
                    .setParameters(parameters)
                    .setRaftGroup(RaftGroup.valueOf(RaftGroupId.valueOf(groupId.get()), to))
                    .setRetryPolicy(RetryPolicies.noRetry())
                    .build();
        }
        client.getClientRpc().addRaftPeers(to);
        return client;
    }

    private void closeClient() {
        addresses.clear();
        if (client == null) {
            return;
        }
        try {
            client.close();
        } catch (final IOException e) {
            LOG.debug("a client did not close cleanly", e);
        }
        client = null;
    }

    @Override
    public synchronized void close() {
        closed = true;
        closeClient();
    }
}
