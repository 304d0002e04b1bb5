package com.onebackend.registry.node.catalog;

import com.onebackend.registry.model.Origin;
import java.io.IOException;
import java.util.List;

/**
 * How a starting node talks to the nodes it was told of: a port, carried by the authenticated streams between nodes. At
 * the other end is that node's {@link BootstrapAnswers}.
 *
 * <p><i>Thread:</i> the bootstrap's; calls block, for a few seconds at most.
 */
public interface BootstrapPeers {
    /**
     * Asks who the node at {@code peerUrl} is.
     *
     * @throws IOException it did not answer
     */
    Answer ask(String peerUrl) throws IOException;

    /**
     * Asks it to promise that it takes part in no other founding than that of {@code clusterId}; true when it has, on
     * its disk.
     *
     * @throws IOException it did not answer; it may have promised
     */
    boolean promise(String peerUrl, String clusterId, String founder) throws IOException;

    /**
     * The same for a cluster that an operator has founded without those that are missing: takes the place of an
     * earlier promise, unless the node belongs to a cluster or founds one at this moment.
     *
     * @throws IOException it did not answer; it may have promised
     */
    boolean promiseByForce(String peerUrl, String clusterId, String founder) throws IOException;

    /**
     * What a node says of itself.
     *
     * @param nodeId its node id
     * @param origin the origin of its data folder
     * @param process drawn at random by the process that answers: tells it from one that was started with a copy of its
     *     folder
     * @param clusterId the cluster it belongs to; empty when none yet
     * @param seeds the peers it was told of, normalised, sorted
     * @param members the voters it knows of; empty when none
     * @param promise the cluster id it has promised; empty when none
     * @param removed when and by whom its cluster removed the node that asks, for a person; empty when it did not
     */
    record Answer(
            String nodeId,
            Origin origin,
            long process,
            String clusterId,
            List<String> seeds,
            List<CatalogPeer> members,
            String promise,
            String removed) {
        public Answer {
            seeds = List.copyOf(seeds);
            members = List.copyOf(members);
        }

        /** To one that was not removed. */
        public Answer(
                final String nodeId,
                final Origin origin,
                final long process,
                final String clusterId,
                final List<String> seeds,
                final List<CatalogPeer> members,
                final String promise) {
            this(nodeId, origin, process, clusterId, seeds, members, promise, "");
        }
    }
}
