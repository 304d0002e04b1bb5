package com.onebackend.registry.api;

import java.util.List;

/**
 * What founding a cluster without the peers that are missing does, or would do.
 *
 * @param isDone false when it was only asked for
 * @param clusterId of the cluster; empty when it is not done
 * @param founders URLs of the nodes that make the cluster
 * @param missing URLs of the peers that do not answer
 * @param message what becomes of both, for a person
 */
public record ClusterInit(
        boolean isDone, String clusterId, List<String> founders, List<String> missing, String message) {
    public ClusterInit {
        founders = List.copyOf(founders);
        missing = List.copyOf(missing);
    }
}
