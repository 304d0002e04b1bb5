package com.onebackend.registry.node;

import com.onebackend.registry.model.Generation;
import com.onebackend.registry.model.Origin;
import com.onebackend.registry.storage.NodeIdentity;
import java.util.random.RandomGenerator;

/** Who this process is: decided from the data folder and the configuration, before anything is sent. Pure. */
final class NodeIdentities {
    private static final int GENERATED_ID_DIGITS = 8;

    private NodeIdentities() {}

    /**
     * The identity of the process that starts now.
     *
     * @param stored what the data folder holds; null when it is new
     * @param wallMillis milliseconds since 1970: the first generation, so that a wiped node still returns with a
     * higher one
     * @throws ConfigException when the data folder is another node's
     */
    static NodeIdentity next(
            final NodeIdentity stored, final NodeConfig config, final long wallMillis, final RandomGenerator random) {
        if (stored == null) {
            return new NodeIdentity(
                    config.nodeId().isEmpty() ? generatedId(random) : config.nodeId(),
                    new Origin(nonZero(random)),
                    new Generation(wallMillis),
                    "",
                    false,
                    "",
                    config.selfUrl());
        }
        if (!config.nodeId().isEmpty() && !config.nodeId().equals(stored.nodeId())) {
            throw new ConfigException("the data folder " + config.folder() + " belongs to node " + stored.nodeId()
                    + ", but OB_NODE_ID is " + config.nodeId()
                    + ": set OB_NODE_ID=" + stored.nodeId() + ", or give this node a folder of its own with OB_FOLDER");
        }
        return stored.restarted(
                new Generation(Math.max(stored.generation().value() + 1, wallMillis)), config.selfUrl());
    }

    /** The same node as a new one, which may only join; its generation is higher than that of every former process. */
    static NodeIdentity anew(final NodeIdentity stored, final long wallMillis, final RandomGenerator random) {
        return stored.anew(
                new Origin(nonZero(random)),
                new Generation(Math.max(stored.generation().value() + 1, wallMillis)));
    }

    private static String generatedId(final RandomGenerator random) {
        final StringBuilder id = new StringBuilder("node-");
        for (int i = 0; i < GENERATED_ID_DIGITS; i++) {
            id.append(Character.forDigit(random.nextInt(16), 16));
        }
        return id.toString();
    }

    private static long nonZero(final RandomGenerator random) {
        long value = random.nextLong();
        while (value == 0) {
            value = random.nextLong();
        }
        return value;
    }
}
