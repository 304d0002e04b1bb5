package com.onebackend.registry.node.gossip;

import com.onebackend.registry.model.Endpoint;

/**
 * What waits to be written to one peer.
 *
 * @param bytes with what a frame costs beside its payload
 */
public record PeerQueue(Endpoint peer, int frames, long bytes) {}
