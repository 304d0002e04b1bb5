package com.onebackend.registry.node.catalog;

import com.onebackend.registry.api.ClusterInit;
import com.onebackend.registry.api.ErrorCode;
import com.onebackend.registry.api.RegistryException;
import com.onebackend.registry.node.catalog.BootstrapPeers.Answer;
import com.onebackend.registry.storage.NodeIdentity;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Founds a cluster, by an operator's order, with those peers that answer.
 *
 * <p>The id is a fresh one. A peer that is missing may have founded the cluster that all were to found together, for
 * all had promised it that: under the same id the two would take each other for one. So they refuse each other, and
 * the one that is not wanted is started with an empty folder.
 *
 * <p><i>Thread:</i> one; the calls block as long as the peers take. <i>Lifecycle:</i> one order.
 */
final class ForcedFounding {
    private final Seeds seeds;
    private final BootstrapAnswers self;
    private final Map<String, Answer> answers;

    /** @param answers by URL, of those other seeds that answered just now */
    ForcedFounding(final Seeds seeds, final BootstrapAnswers self, final Map<String, Answer> answers) {
        this.seeds = seeds;
        this.self = self;
        this.answers = answers;
    }

    /** What would be done; refuses with CONFLICT what must not be. */
    ClusterInit plan() {
        refuseUnfit();
        return new ClusterInit(
                false,
                "",
                founders(),
                missing(),
                "would found a cluster of " + founders() + aboutMissing() + "; to do it: oo cluster init --force");
    }

    /**
     * Takes the promise of all that answered, in place of any they gave before; this node founds the cluster next.
     * Refuses with CONFLICT or UNAVAILABLE: then nothing is founded, and it may be tried again.
     */
    ClusterInit found(final BootstrapPeers peers, final String clusterId) {
        refuseUnfit();
        final String founder = self.identity().nodeId();
        if (!self.promiseByForce(clusterId, founder)) {
            throw conflict("this node belongs to a cluster by now");
        }
        for (final String url : founders()) {
            if (!url.equals(seeds.self())) {
                takePromise(peers, url, clusterId, founder);
            }
        }
        for (final String url : missing()) {
            refuseWhenBack(peers, url);
        }
        // Its own promise may have gone elsewhere while it asked: to a founder that is back, to another operator.
        if (!self.beginsFounding(clusterId)) {
            throw conflict(
                    "another founding has begun meanwhile, here or at a peer; look again with oo cluster status");
        }
        return new ClusterInit(
                true, clusterId, founders(), missing(), "founds " + clusterId + " of " + founders() + aboutMissing());
    }

    /** One lost message makes no missing peer. */
    private static void refuseWhenBack(final BootstrapPeers peers, final String url) {
        try {
            peers.ask(url);
        } catch (final IOException stillMissing) {
            return;
        }
        throw new RegistryException(
                ErrorCode.UNAVAILABLE, url + " answers again, so nothing was founded; look again before you repeat it");
    }

    private static void takePromise(
            final BootstrapPeers peers, final String url, final String clusterId, final String founder) {
        try {
            if (!peers.promiseByForce(url, clusterId, founder)) {
                throw conflict(url + " founds a cluster itself, or belongs to one by now; wait until this node has"
                        + " joined it");
            }
        } catch (final IOException e) {
            throw new RegistryException(
                    ErrorCode.UNAVAILABLE,
                    url + " has stopped answering, so nothing was founded; do it again without it (" + e.getMessage()
                            + ")");
        }
    }

    private void refuseUnfit() {
        final NodeIdentity identity = self.identity();
        if (!identity.clusterId().isEmpty()) {
            throw conflict("this node belongs to cluster " + identity.clusterId() + "; there is nothing to found");
        }
        if (identity.isJoinOnly()) {
            throw conflict("this node was told to join its cluster again as a new node; it founds none");
        }
        if (!seeds.containsSelf()) {
            throw conflict("this node (" + seeds.self() + ") is not in OB_PEERS, so it only joins; ask one of "
                    + seeds.urls());
        }
        final Set<String> nodeIds = new HashSet<>(Set.of(identity.nodeId()));
        answers.forEach((url, answer) -> {
            if (!answer.clusterId().isEmpty()) {
                throw conflict(
                        url + " belongs to cluster " + answer.clusterId() + ", and this node joins it by itself");
            }
            final String namesake = Namesake.refusal(self.answer(), url, answer);
            final String difference = BootstrapDecision.difference(seeds, url, answer);
            if (!namesake.isEmpty() || !difference.isEmpty()) {
                throw conflict(namesake.isEmpty() ? difference : namesake);
            }
            if (!nodeIds.add(answer.nodeId())) {
                throw conflict("two nodes have the id " + answer.nodeId() + ", one of them " + url
                        + "; give each its own OB_NODE_ID");
            }
        });
    }

    /** This node and those that answered; one that may only join will join. */
    private List<String> founders() {
        final List<String> founders = new ArrayList<>();
        for (final String url : seeds.urls()) {
            final Answer answer = answers.get(url);
            if (url.equals(seeds.self()) || (answer != null && !answer.promise().equals(NodeIdentity.JOIN_ONLY))) {
                founders.add(url);
            }
        }
        return founders;
    }

    private List<String> missing() {
        return seeds.others().stream().filter(url -> !answers.containsKey(url)).toList();
    }

    private String aboutMissing() {
        return missing().isEmpty()
                ? ""
                : " without " + missing() + ": each of these joins when it comes, unless it has founded a cluster of"
                        + " its own; then it refuses, and is to be started with an empty OB_FOLDER";
    }

    private static RegistryException conflict(final String why) {
        return new RegistryException(ErrorCode.CONFLICT, why);
    }
}
