package com.onebackend.registry.node.catalog;

import com.onebackend.registry.api.ClusterInit;
import com.onebackend.registry.api.ErrorCode;
import com.onebackend.registry.api.RegistryException;
import com.onebackend.registry.node.catalog.BootstrapDecision.Kind;
import com.onebackend.registry.node.catalog.BootstrapPeers.Answer;
import com.onebackend.registry.storage.NodeIdentity;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds the cluster this node belongs to, or founds it together with the nodes it was told of; never a second one.
 *
 * <p>Founding takes the promise of every named node, each on its disk, and a node promises one cluster id in its life.
 * The id follows from the founders, so that a founder that crashes anywhere founds the same cluster at its next try. A
 * node with an empty disk finds the others' cluster, and joins.
 *
 * <p><i>Thread:</i> the caller's own; {@code run} blocks until there is something to do, and ends when interrupted.
 * {@link #force} on any other: it takes its turn with the rounds of {@code run}, and may block as long as one.
 */
public final class Bootstrap {
    private static final Logger LOG = LoggerFactory.getLogger(Bootstrap.class);
    private static final long PAUSE_MILLIS_MIN = 200;
    private static final long PAUSE_MILLIS_MAX = 2_000;

    private final String clusterName;
    private final Seeds seeds;
    private final BootstrapPeers peers;
    private final BootstrapAnswers self;
    private final Predicate<String> raftFolderExists;
    private final Consumer<String> waits;
    private String lastMessage = "";
    /** What {@link #run} has returned, or will return next; null while it waits. */
    private BootstrapDecision decided;

    /**
     * For one start of a node.
     *
     * @param clusterName part of the cluster id
     * @param self this node's answers, which also keep what it binds itself to
     * @param raftFolderExists whether the Raft folder of a cluster id is there
     * @param waits told what is waited for, whenever that changes
     */
    public Bootstrap(
            final String clusterName,
            final Seeds seeds,
            final BootstrapPeers peers,
            final BootstrapAnswers self,
            final Predicate<String> raftFolderExists,
            final Consumer<String> waits) {
        this.clusterName = clusterName;
        this.seeds = seeds;
        this.peers = peers;
        this.self = self;
        this.raftFolderExists = raftFolderExists;
        this.waits = waits;
    }

    /** Asks until there is something to do: RESTART, FOUND, JOIN or REFUSE. */
    public synchronized BootstrapDecision run() throws InterruptedException {
        long pauseMillis = PAUSE_MILLIS_MIN;
        while (decided == null) {
            final BootstrapDecision decision = round();
            if (!decision.message().equals(lastMessage)) {
                LOG.info("bootstrap {} {}", decision.kind(), decision.message());
                lastMessage = decision.message();
                pauseMillis = PAUSE_MILLIS_MIN;
            }
            if (decision.kind() != Kind.WAIT) {
                decided = decision;
                break;
            }
            waits.accept(decision.message());
            wait(pauseMillis);
            pauseMillis = Math.min(pauseMillis * 2, PAUSE_MILLIS_MAX);
        }
        return decided;
    }

    /**
     * Founds the cluster without the peers that do not answer, under an id that none of those can have founded.
     *
     * @param fresh a cluster id drawn at random; empty only says what would be done
     * @throws RegistryException CONFLICT: there is a cluster already, or this node is not to found one; UNAVAILABLE: a
     *     peer stopped answering
     */
    public synchronized ClusterInit force(final String fresh) {
        if (decided != null) {
            throw new RegistryException(
                    ErrorCode.CONFLICT,
                    "this node does not wait to found a cluster: it "
                            + (decided.message().isEmpty() ? decided.kind().toString() : decided.message()));
        }
        final ForcedFounding founding = new ForcedFounding(seeds, self, ask());
        if (fresh.isEmpty()) {
            return founding.plan();
        }
        final ClusterInit done = founding.found(peers, fresh);
        decided = new BootstrapDecision(Kind.FOUND, fresh, List.of(), done.message());
        notifyAll();
        return done;
    }

    /** Asks everybody once and decides: RESTART, FOUND, JOIN, REFUSE, or WAIT. */
    BootstrapDecision round() {
        final NodeIdentity identity = self.identity();
        final BootstrapDecision decision = BootstrapDecision.decide(
                clusterName, identity, self.answer(), raftFolderExists.test(identity.clusterId()), seeds, ask());
        if (decision.kind() == Kind.FOUND && !self.beginsFounding(decision.clusterId())) {
            return waits("this node has promised to found another cluster meanwhile");
        }
        return decision.kind() == Kind.COLLECT_PROMISES ? collectPromises(decision) : decision;
    }

    /** Asks the voters' addresses again, for a node that keeps trying to join. */
    public List<CatalogPeer> members(final String clusterId) {
        return ask().values().stream()
                .filter(answer -> answer.clusterId().equals(clusterId))
                .flatMap(answer -> answer.members().stream())
                .distinct()
                .toList();
    }

    private Map<String, Answer> ask() {
        final Map<String, Answer> answers = new LinkedHashMap<>();
        for (final String url : seeds.others()) {
            try {
                answers.put(url, peers.ask(url));
            } catch (final IOException e) {
                LOG.debug("bootstrap no answer url={} reason={}", url, e.getMessage());
            }
        }
        return answers;
    }

    /** This node promises first: then no other founding can count on it while it asks. */
    private BootstrapDecision collectPromises(final BootstrapDecision decision) {
        final String clusterId = decision.clusterId();
        final String founder = self.identity().nodeId();
        if (!self.promise(clusterId, founder)) {
            return refused("this node has promised to found another cluster, "
                    + self.identity().promise() + ", with other peers; name those again");
        }
        for (final String url : seeds.others()) {
            try {
                if (!peers.promise(url, clusterId, founder)) {
                    return waits(url + " has promised another cluster, or belongs to one by now");
                }
            } catch (final IOException e) {
                return waits("the promise of " + url + " is missing");
            }
        }
        if (!self.beginsFounding(clusterId)) {
            return waits("an operator founds a cluster with this node elsewhere, without those that were missing");
        }
        return new BootstrapDecision(Kind.FOUND, clusterId, List.of(), decision.message());
    }

    private static BootstrapDecision waits(final String message) {
        return new BootstrapDecision(Kind.WAIT, "", List.of(), message);
    }

    private static BootstrapDecision refused(final String message) {
        return new BootstrapDecision(Kind.REFUSE, "", List.of(), message);
    }
}
