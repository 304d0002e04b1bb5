package com.onebackend.registry.node.catalog;

import javax.net.ssl.KeyManager;
import javax.net.ssl.TrustManager;

/**
 * What mutual TLS between the nodes' Raft ports needs. Both directions demand a certificate that {@code trustManager}
 * accepts; whether the host's name must match is that trust manager's to decide.
 */
public record CatalogTls(KeyManager keyManager, TrustManager trustManager) {}
