package com.onebackend.registry.node;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.onebackend.registry.model.Endpoint;
import com.onebackend.registry.model.NodeRecord;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where the gossip of a node listens of which only the URL is known: it tells itself, at its open door.
 *
 * <p><i>Thread:</i> any but an event loop; blocks for {@link #TIMEOUT_MILLIS} at most, twice.
 */
final class PeerEndpoints {
    private static final Logger LOG = LoggerFactory.getLogger(PeerEndpoints.class);
    private static final int TIMEOUT_MILLIS = 1_500;
    private static final int PORT_MAX = 65_535;
    private static final int ANSWER_BYTES_MAX = 64 << 10;
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Map<String, Endpoint> known = new ConcurrentHashMap<>();

    /**
     * Asks the node at {@code url}; remembers the answer.
     *
     * @throws IOException it did not answer, or not as a node does
     */
    Endpoint of(final String url) throws IOException {
        final Endpoint remembered = known.get(url);
        if (remembered != null) {
            return remembered;
        }
        final Endpoint asked = ask(url);
        known.put(url, asked);
        return asked;
    }

    /** Where the node at {@code url} said it listens; the usual place while it has not been asked. Does not ask. */
    Endpoint knownOrUsual(final String url) {
        final Endpoint remembered = known.get(url);
        return remembered == null ? usual(url) : remembered;
    }

    /** Where a node of the catalog listens; empty when its record names no place. Never throws. */
    static Optional<Endpoint> of(final NodeRecord node) {
        try {
            return Optional.of(new Endpoint(usual(node.url()).host(), node.gossipPort()));
        } catch (final IllegalArgumentException | IllegalStateException e) {
            LOG.warn("node {} has no usable address: {}", node.id(), e.getMessage());
            return Optional.empty();
        }
    }

    /** The usual place: the port after the HTTP port. */
    static Endpoint usual(final String url) {
        final URI uri = URI.create(url);
        if (uri.getHost() == null) {
            throw new IllegalArgumentException(url + " names no host");
        }
        final int httpPort = uri.getPort() > 0 ? uri.getPort() : "https".equalsIgnoreCase(uri.getScheme()) ? 443 : 80;
        return new Endpoint(uri.getHost(), Math.min(httpPort + 1, PORT_MAX));
    }

    /** What was learnt from this node is not true any more. */
    void forget(final String url) {
        known.remove(url);
    }

    private static Endpoint ask(final String url) throws IOException {
        final URI uri = URI.create(url + "/registry-svc/cluster");
        final HttpURLConnection connection = (HttpURLConnection) uri.toURL().openConnection();
        connection.setConnectTimeout(TIMEOUT_MILLIS);
        connection.setReadTimeout(TIMEOUT_MILLIS);
        connection.setInstanceFollowRedirects(false);
        try (InputStream in = connection.getInputStream()) {
            final JsonNode answer = JSON.readTree(in.readNBytes(ANSWER_BYTES_MAX));
            final int port = answer.path("gossipPort").asInt();
            if (port <= 0 || port > PORT_MAX) {
                throw new IOException(uri + " does not name a gossip port");
            }
            return new Endpoint(uri.getHost(), port);
        } finally {
            connection.disconnect();
        }
    }
}
