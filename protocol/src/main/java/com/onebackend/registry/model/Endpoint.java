package com.onebackend.registry.model;

/** Where a member's gossip listens: a host name or IP address, and one port for datagrams and streams alike. */
public record Endpoint(String host, int port) {
    public Endpoint {
        Invariants.check(!host.isEmpty() && port > 0 && port <= 65_535, "endpoint needs a host and a port");
    }

    @Override
    public String toString() {
        return host.indexOf(':') >= 0 ? "[" + host + "]:" + port : host + ":" + port;
    }
}
