package com.onebackend.registry.api;

import java.util.List;

/**
 * A node that was taken out of the cluster.
 *
 * @param node as it was; null when this very request has removed it before
 * @param steps what had to be done to a node that was alive, in order, for a person; empty for a dead one, and for a
 * repeated request
 */
public record NodeRemoved(NodeView node, List<String> steps) {
    public NodeRemoved {
        steps = List.copyOf(steps);
    }
}
