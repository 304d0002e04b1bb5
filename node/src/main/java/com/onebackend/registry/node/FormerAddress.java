package com.onebackend.registry.node;

import com.onebackend.registry.model.Endpoint;
import com.onebackend.registry.model.NodeRecord;
import com.onebackend.registry.node.catalog.BootstrapAnswers;
import com.onebackend.registry.node.catalog.BootstrapPeers.Answer;
import com.onebackend.registry.node.catalog.Namesake;
import java.io.IOException;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks where this node is known to have been whether it still is there. A node that has moved left nobody behind. One
 * that runs with a copied data folder did; what it told the others would lead them away from the one that was there.
 *
 * <p><i>Thread:</i> one at a time; {@link #refusal} blocks for a few seconds at most.
 */
final class FormerAddress {
    private static final Logger LOG = LoggerFactory.getLogger(FormerAddress.class);

    private final Asker asker;
    private final BootstrapAnswers own;
    private final NodeRecord self;
    /**
     * Where nobody answered. Since then this process has told the others that it is this node; an elder process of the
     * same folder that was frozen there hears so when it wakes, and ends. Were it believed just before, both would end.
     */
    private final Set<Endpoint> silent = new HashSet<>();

    /** Asks who lives at an address. */
    @FunctionalInterface
    interface Asker {
        /**
         * What it says of itself.
         *
         * @throws IOException nobody answered there
         */
        Answer ask(Endpoint at) throws IOException;
    }

    /** @param self this node as it would have the others know it */
    FormerAddress(final Asker asker, final BootstrapAnswers own, final NodeRecord self) {
        this.asker = asker;
        this.own = own;
        this.self = self;
    }

    /**
     * Why this process must not tell the others that it is this node; empty when it may.
     *
     * @param stored what the catalog says of this node; null when it does not know it
     */
    String refusal(final NodeRecord stored) {
        if (stored == null) {
            return "";
        }
        final Optional<Endpoint> former = PeerEndpoints.of(stored);
        if (former.isEmpty() || former.equals(PeerEndpoints.of(self))) {
            return "";
        }
        try {
            final Answer answer = asker.ask(former.get());
            final boolean isOutlived =
                    silent.contains(former.get()) && answer.origin().equals(self.origin());
            return isOutlived ? "" : Namesake.refusalAtFormerAddress(own.answer(), stored.url(), answer);
        } catch (final IOException e) {
            silent.add(former.get());
            LOG.info("nobody answers at the former address {}: this node has moved", former.get());
            return "";
        }
    }
}
