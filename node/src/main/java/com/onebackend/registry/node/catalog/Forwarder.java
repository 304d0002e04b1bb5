package com.onebackend.registry.node.catalog;

import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
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
import org.apache.ratis.retry.RetryPolicies;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends one request to one server, once. Which server, and whether again, is the caller's to decide, who can then tell
 * whether it may have happened.
 *
 * <p><i>Thread:</i> any; a call blocks its thread until the answer or its timeout.
 */
final class Forwarder implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Forwarder.class);

    private final Supplier<UUID> groupId;
    private final ClientId clientId = ClientId.randomId();
    private final Parameters parameters;
    private final int requestMillisMax;
    private final Map<RaftPeerId, String> addresses = new HashMap<>();
    private RaftClient client;
    private boolean closed;

    /** @param groupId asked for each request: it changes when the catalog is recovered by force */
    Forwarder(final Supplier<UUID> groupId, final CatalogTls tls, final int requestMillisMax) {
        this.groupId = groupId;
        this.parameters = RatisSettings.parameters(tls);
        this.requestMillisMax = requestMillisMax;
    }

    RaftClientReply send(final RaftPeer to, final byte[] bytes, final RaftClientRequest.Type type, final long millisMax)
            throws IOException {
        final RaftClientRequest request = RaftNode.request(
                        clientId, RaftGroupId.valueOf(groupId.get()), to.getId(), bytes, type)
                .setTimeoutMs(millisMax)
                .build();
        final RaftClient used = clientFor(to);
        try {
            return used.getClientRpc().sendRequest(request);
        } catch (final IOException | RuntimeException e) {
            // A channel that failed would back off for seconds before it dials again.
            used.getClientRpc().handleException(to.getId(), e, true);
            throw e;
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
