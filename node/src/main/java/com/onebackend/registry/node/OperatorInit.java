package com.onebackend.registry.node;

import com.onebackend.registry.api.ClusterInit;
import com.onebackend.registry.api.ErrorCode;
import com.onebackend.registry.api.RegistryException;
import com.onebackend.registry.api.SecretProof;
import com.onebackend.registry.node.catalog.Bootstrap;
import com.onebackend.registry.node.gossip.ClusterKeys;
import com.onebackend.registry.node.gossip.OperatorProof;
import com.onebackend.registry.node.gossip.OperatorProofs;
import com.onebackend.registry.storage.NodeIdentity;
import java.util.UUID;
import java.util.function.Supplier;

/**
 * An operator's order to found the cluster without the peers that are missing: taken from whoever proves that he has
 * the cluster secret, as there are no accounts yet.
 *
 * <p><i>Thread:</i> any that may block.
 */
final class OperatorInit {
    private final OperatorProofs proofs;
    private final String selfUrl;
    private final Supplier<NodeIdentity> identity;
    private volatile Bootstrap bootstrap;

    OperatorInit(final ClusterKeys keys, final String selfUrl, final Supplier<NodeIdentity> identity) {
        this.proofs = new OperatorProofs(keys);
        this.selfUrl = selfUrl;
        this.identity = identity;
    }

    /** From now on this node looks for its cluster, and may be told to found it. */
    void waits(final Bootstrap running) {
        bootstrap = running;
    }

    /**
     * Does it, or says what it would do.
     *
     * @throws RegistryException UNAUTHENTICATED, CONFLICT, OVERLOADED, UNAVAILABLE
     */
    ClusterInit run(final SecretProof proof, final boolean force) {
        proofs.check(
                proof.authorization(),
                new OperatorProof.Request(proof.method(), proof.path(), selfUrl, proof.bodyDigest()),
                System.currentTimeMillis());
        final NodeIdentity now = identity.get();
        if (!now.clusterId().isEmpty()) {
            throw new RegistryException(
                    ErrorCode.CONFLICT,
                    "this node belongs to cluster " + now.clusterId() + "; there is nothing to found");
        }
        final Bootstrap waiting = bootstrap;
        if (waiting == null) {
            throw new RegistryException(ErrorCode.UNAVAILABLE, "this node is only starting; ask again in a moment");
        }
        return waiting.force(force ? UUID.randomUUID().toString() : "");
    }
}
