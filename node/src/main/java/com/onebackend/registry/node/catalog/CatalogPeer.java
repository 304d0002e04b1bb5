package com.onebackend.registry.node.catalog;

import com.onebackend.registry.model.Invariants;

/** A member of the catalog's Raft group: its node id and where its Raft port listens. */
public record CatalogPeer(String nodeId, String host, int raftPort) {
    public CatalogPeer {
        Invariants.check(!nodeId.isEmpty() && !host.isEmpty(), "a Raft peer needs an id and a host");
        Invariants.check(raftPort > 0 && raftPort < 65_536, "a Raft peer's port is out of range");
    }

    /** Host and port as Raft dials them; an IPv6 address in brackets. */
    String address() {
        final boolean bareIpv6 = host.indexOf(':') >= 0 && !host.startsWith("[");
        return (bareIpv6 ? "[" + host + "]" : host) + ":" + raftPort;
    }
}
