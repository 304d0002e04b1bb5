package com.onebackend.registry.api;

import java.util.List;

/**
 * A node that was taken out of the cluster.
 *
 * @param node as it was
 * @param steps what had to be done to a node that was alive, in order, for a person; empty for a dead one
 */
public record NodeRemoved(NodeView node, List<String> steps) {
    public NodeRemoved {
        steps = List.copyOf(steps);
    }
}
