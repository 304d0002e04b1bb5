package com.onebackend.registry.node.catalog;

import com.onebackend.registry.model.Origin;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.TreeSet;
import java.util.UUID;

/** How a cluster gets its id: from its name and its founders alone, so that founding it again gives the same one. */
final class ClusterIds {
    /** Cannot occur in a node id that came as one line. */
    private static final char SEPARATOR = '\n';

    private ClusterIds() {}

    /** For a cluster that all of {@code nodeIds} found together. */
    static String together(final String clusterName, final Collection<String> nodeIds) {
        return named("together" + SEPARATOR + clusterName + SEPARATOR
                + String.join(String.valueOf(SEPARATOR), new TreeSet<>(nodeIds)));
    }

    /**
     * For a cluster that one node founds without asking anybody. The origin is in it: the same node with an empty disk
     * must not found a second group under the id of the first.
     */
    static String alone(final String clusterName, final String nodeId, final Origin origin) {
        return named("alone" + SEPARATOR + clusterName + SEPARATOR + nodeId + SEPARATOR + origin);
    }

    private static String named(final String name) {
        return UUID.nameUUIDFromBytes(name.getBytes(StandardCharsets.UTF_8)).toString();
    }
}
