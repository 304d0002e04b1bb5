package com.onebackend.registry.node.gossip;

import com.onebackend.registry.api.ErrorCode;
import com.onebackend.registry.api.RegistryException;
import java.util.HashMap;
import java.util.Map;

/**
 * Checks the proofs that come in, and takes each once.
 *
 * <p><i>Thread:</i> any. <i>Invariants:</i> only a good proof is remembered, so that nobody without the secret fills
 * the memory.
 */
public final class OperatorProofs {
    /** How far the clocks of the two sides may differ. */
    public static final long WINDOW_MILLIS = 60_000;

    /** Good proofs within two windows; a further one is refused. */
    static final int REMEMBERED_MAX = 1_024;

    private final ClusterKeys keys;
    private final Map<String, Long> usedUntilMillis = new HashMap<>();

    public OperatorProofs(final ClusterKeys keys) {
        this.keys = keys;
    }

    /** Returns when the request is proven; else refuses with UNAUTHENTICATED or OVERLOADED. */
    public synchronized void check(
            final String authorization, final OperatorProof.Request request, final long nowMillis) {
        final OperatorProof proof = OperatorProof.parse(authorization);
        if (proof == null || !proof.proves(keys, request)) {
            throw refused("The proof of the cluster secret is missing or wrong: run oo cluster init where"
                    + " OB_CLUSTER_SECRET is set to the same value as at this node.");
        }
        if (Math.abs(nowMillis - proof.millis()) > WINDOW_MILLIS) {
            throw refused("The proof of the cluster secret is not of this minute: the clocks of this node and of the"
                    + " machine that asks differ; correct them.");
        }
        usedUntilMillis.values().removeIf(until -> until < nowMillis);
        if (usedUntilMillis.containsKey(proof.nonce())) {
            throw refused("The proof of the cluster secret was used before; ask again.");
        }
        if (usedUntilMillis.size() >= REMEMBERED_MAX) {
            throw new RegistryException(ErrorCode.OVERLOADED, "Too many requests of this kind; try again in a minute.");
        }
        usedUntilMillis.put(proof.nonce(), proof.millis() + WINDOW_MILLIS);
    }

    private static RegistryException refused(final String why) {
        return new RegistryException(ErrorCode.UNAUTHENTICATED, why);
    }
}
