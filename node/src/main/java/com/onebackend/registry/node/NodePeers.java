package com.onebackend.registry.node;

import com.onebackend.registry.model.Endpoint;
import com.onebackend.registry.model.Member;
import com.onebackend.registry.model.NodeRecord;
import com.onebackend.registry.node.catalog.CatalogService;
import com.onebackend.registry.node.catalog.FeedPeers;
import com.onebackend.registry.node.gossip.GossipLoop;
import com.onebackend.registry.node.gossip.GossipTransports;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/**
 * The other nodes as the catalog may ask them: those it knows itself, those that gossip knows, and, for a node that
 * knows nobody yet, those it was told of.
 *
 * <p><i>Thread:</i> any that may block.
 */
final class NodePeers implements FeedPeers {
    private final String self;
    private final List<String> named;
    private final PeerEndpoints endpoints;
    private final GossipTransports transports;
    private volatile CatalogService catalog;
    private volatile GossipLoop gossip;

    /** @param named URLs of nodes, for the time when nobody else is known */
    NodePeers(
            final String self,
            final List<String> named,
            final PeerEndpoints endpoints,
            final GossipTransports transports) {
        this.self = self;
        this.named = named;
        this.endpoints = endpoints;
        this.transports = transports;
    }

    /** From now on the catalog's nodes are known. */
    void knows(final CatalogService running) {
        catalog = running;
    }

    /** From now on it is known who is reachable. */
    void hears(final GossipLoop running) {
        gossip = running;
    }

    @Override
    public List<Candidate> candidates() {
        final Map<String, Candidate> byAddress = new LinkedHashMap<>();
        final GossipLoop heard = gossip;
        final Map<String, Member> members = new HashMap<>();
        if (heard != null) {
            heard.members().forEach(member -> members.put(member.id().nodeId(), member));
        }
        final CatalogService known = catalog;
        if (known != null) {
            for (final NodeRecord node : known.nodes()) {
                final Member member = members.remove(node.id());
                final boolean isReachable =
                        member == null ? heard == null : member.state().isReachable();
                if (!node.id().equals(self)) {
                    PeerEndpoints.of(node).ifPresent(at -> add(byAddress, node.id(), at, isReachable));
                }
            }
        }
        members.values().stream()
                .filter(member -> !member.id().nodeId().equals(self))
                .forEach(member -> add(
                        byAddress,
                        member.id().nodeId(),
                        member.endpoint(),
                        member.state().isReachable()));
        for (final String url : named) {
            byAddress.putIfAbsent(url, new Candidate("", url, false));
        }
        return List.copyOf(byAddress.values());
    }

    private static void add(
            final Map<String, Candidate> byAddress, final String nodeId, final Endpoint at, final boolean isReachable) {
        final String address = at.host() + " " + at.port();
        byAddress.putIfAbsent(address, new Candidate(nodeId, address, isReachable));
    }

    @Override
    public CompletableFuture<byte[]> request(final Candidate to, final byte[] request, final Duration timeout) {
        final int space = to.address().lastIndexOf(' ');
        if (space > 0) {
            final Endpoint at = new Endpoint(
                    to.address().substring(0, space),
                    Integer.parseInt(to.address().substring(space + 1)));
            return transports.request(at, request, timeout);
        }
        try {
            return transports
                    .request(endpoints.of(to.address()), request, timeout)
                    .whenComplete((answer, failure) -> {
                        if (failure != null) {
                            endpoints.forget(to.address());
                        }
                    });
        } catch (final IOException e) {
            return CompletableFuture.failedFuture(e);
        }
    }
}
