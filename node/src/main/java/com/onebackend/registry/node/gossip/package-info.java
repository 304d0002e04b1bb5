/**
 * How nodes talk: sealed datagrams, mutual TLS streams and one-off requests on Netty, all keyed by the cluster secret;
 * and the loop that drives the gossip core over them. Knows nothing of the catalog. Used by the composition root.
 */
package com.onebackend.registry.node.gossip;
