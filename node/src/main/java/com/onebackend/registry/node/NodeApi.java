package com.onebackend.registry.node;

import com.onebackend.registry.api.Caller;
import com.onebackend.registry.api.ClusterInit;
import com.onebackend.registry.api.ClusterStatus;
import com.onebackend.registry.api.ErrorCode;
import com.onebackend.registry.api.NodeView;
import com.onebackend.registry.api.RegisterInstance;
import com.onebackend.registry.api.RegistryApi;
import com.onebackend.registry.api.RegistryError;
import com.onebackend.registry.api.RegistryException;
import com.onebackend.registry.api.Reply;
import com.onebackend.registry.api.SecretProof;
import com.onebackend.registry.directory.Directory;
import com.onebackend.registry.model.Account;
import com.onebackend.registry.model.Definition;
import com.onebackend.registry.model.Generation;
import com.onebackend.registry.model.Instance;
import com.onebackend.registry.model.Member;
import com.onebackend.registry.model.MemberState;
import com.onebackend.registry.model.NodeRecord;
import com.onebackend.registry.model.SigningKey;
import com.onebackend.registry.node.catalog.CatalogCommand;
import com.onebackend.registry.node.catalog.CatalogPeer;
import com.onebackend.registry.node.catalog.CatalogResult;
import com.onebackend.registry.node.gossip.ClusterKeys;
import com.onebackend.registry.node.instances.InstanceService;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the door may ask of this node: composes catalog, gossip and instances.
 *
 * <p><i>Thread:</i> any. Until the node belongs to a cluster every write is refused with UNAVAILABLE and reads are
 * empty; writes of instances are refused until it is ready.
 */
final class NodeApi implements RegistryApi {
    private static final Logger LOG = LoggerFactory.getLogger(NodeApi.class);

    private final NodeRecord self;
    private final Directory directory;
    private final ClusterKeys keys;
    private final Readiness readiness;
    private volatile Services services;
    private volatile OperatorInit operatorInit;

    NodeApi(final NodeRecord self, final Directory directory, final ClusterKeys keys, final Readiness readiness) {
        this.self = self;
        this.directory = directory;
        this.keys = keys;
        this.readiness = readiness;
    }

    /** From now on everything works. */
    void serve(final Services running) {
        services = running;
    }

    /** From now on an operator may give the order to found. */
    void initsBy(final OperatorInit init) {
        operatorInit = init;
    }

    @Override
    public void initCluster(final SecretProof proof, final boolean force, final Reply<ClusterInit> reply) {
        final OperatorInit init = operatorInit;
        if (init == null) {
            reply.failure(starting());
            return;
        }
        final ClusterInit done;
        try {
            done = init.run(proof, force);
        } catch (final RegistryException e) {
            reply.failure(e.error());
            return;
        }
        reply.success(done);
    }

    /** Nothing works any more, for the rest of this process. */
    void retire() {
        services = null;
    }

    @Override
    public String refusal() {
        return readiness.refusal();
    }

    @Override
    public boolean isOver() {
        return readiness.isOver();
    }

    @Override
    public Directory directory() {
        return directory;
    }

    @Override
    public void register(final Caller caller, final RegisterInstance request, final Reply<Instance> reply) {
        instances(reply, instances -> instances.register(caller, request, reply));
    }

    @Override
    public void heartbeat(final Caller caller, final String instanceId, final Reply<Instance> reply) {
        instances(reply, instances -> instances.heartbeat(caller, instanceId, reply));
    }

    @Override
    public void deregister(final Caller caller, final String instanceId, final Reply<Instance> reply) {
        instances(reply, instances -> instances.deregister(caller, instanceId, reply));
    }

    /**
     * Whether a record may be written, and what of it stays, is decided by the record before: a node that may not have
     * that yet would take over what belongs to another service.
     */
    private void instances(final Reply<Instance> reply, final Consumer<InstanceService> write) {
        final Services running = services;
        if (running == null || !readiness.isReady()) {
            reply.failure(starting());
        } else {
            write.accept(running.instances());
        }
    }

    @Override
    public List<Definition> definitions() {
        final Services running = services;
        return running == null ? List.of() : running.catalog().definitions();
    }

    @Override
    public void saveDefinition(final Caller caller, final Definition definition, final Reply<Definition> reply) {
        write(
                reply,
                new CatalogCommand.SaveDefinition(proposal(caller.slug()), definition, OptionalLong.empty()),
                result -> definition.saved(result.revision(), caller.slug(), System.currentTimeMillis()));
    }

    @Override
    public void deleteDefinition(final Caller caller, final String definitionId, final Reply<Definition> reply) {
        final Services running = services;
        final Definition known = running == null ? null : running.catalog().definition(definitionId);
        write(reply, new CatalogCommand.DeleteDefinition(proposal(caller.slug()), definitionId), result -> known);
    }

    @Override
    public void awaitCatalog(final Reply<Long> reply) {
        final Services running = services;
        if (running == null) {
            reply.failure(starting());
            return;
        }
        answer(reply, running.catalog().awaitLinearizable(), index -> index);
    }

    @Override
    public List<NodeView> nodes() {
        final Services running = services;
        final Map<String, NodeView> views = new TreeMap<>();
        views.put(self.id(), self());
        if (running != null) {
            final Map<String, Member> members = new TreeMap<>();
            running.gossip().members().forEach(member -> members.put(member.id().nodeId(), member));
            for (final NodeRecord record : running.catalog().nodes()) {
                if (!record.id().equals(self.id())) {
                    views.put(record.id(), view(running, record, members.get(record.id())));
                }
            }
        }
        return new ArrayList<>(views.values());
    }

    @Override
    public NodeView self() {
        final Services running = services;
        return new NodeView(self, running == null ? null : running.gossip().report(self.id()), MemberState.ALIVE);
    }

    @Override
    public void removeNode(
            final Caller caller, final String urlOrId, final boolean force, final Reply<NodeView> reply) {
        final Services running = services;
        if (running == null) {
            reply.failure(starting());
            return;
        }
        final NodeView known = nodes().stream()
                .filter(view -> NodeNames.matches(view.record(), urlOrId))
                .findFirst()
                .orElse(null);
        if (known == null) {
            reply.failure(new RegistryError(ErrorCode.NOT_FOUND, "there is no node " + urlOrId));
            return;
        }
        final String nodeId = known.record().id();
        if (nodeId.equals(self.id())) {
            reply.failure(new RegistryError(
                    ErrorCode.CONFLICT, "a node does not remove itself; ask another node to remove " + nodeId));
            return;
        }
        if (known.state().isReachable() && !force) {
            reply.failure(new RegistryError(
                    ErrorCode.CONFLICT,
                    "node " + nodeId + " is alive; stop it first, or remove it all the same with force"));
            return;
        }
        final CompletableFuture<CatalogResult> removed = running.catalog()
                .removeVoter(nodeId, id -> isReachable(running, id))
                .thenCompose(done -> running.catalog()
                        .write(new CatalogCommand.RemoveNode(
                                proposal(caller.slug()), nodeId, generation(running, known.record()))));
        answer(reply, removed, result -> {
            result.orThrow();
            return known;
        });
    }

    @Override
    public ClusterStatus cluster() {
        final Services running = services;
        final String reason = readiness.reason();
        return new ClusterStatus(
                running == null ? "" : running.clusterId(),
                self.id(),
                self.url(),
                self.gossipPort(),
                self.raftPort(),
                running == null ? "" : running.catalog().leaderId(),
                running == null ? 0 : running.catalog().appliedIndex(),
                reason.isEmpty(),
                reason,
                running == null ? List.of() : Warnings.of(running.gossip().figures(), System.nanoTime()),
                running == null
                        ? List.of()
                        : running.catalog().voters().stream()
                                .map(CatalogPeer::nodeId)
                                .toList(),
                running == null ? List.of() : running.gossip().members());
    }

    @Override
    public void catalogStatus(final Reply<ClusterStatus.Catalog> reply) {
        final Services running = services;
        if (running == null) {
            reply.success(ClusterStatus.Catalog.NONE);
        } else {
            answer(reply, CatalogView.of(running), view -> view);
        }
    }

    @Override
    public boolean ready() {
        return readiness.isReady();
    }

    @Override
    public Account account(final String slug) {
        final Services running = services;
        return running == null ? null : running.catalog().account(slug);
    }

    @Override
    public List<SigningKey> signingKeys() {
        final Services running = services;
        return running == null ? List.of() : running.catalog().signingKeys();
    }

    @Override
    public byte[] openPrivateKey(final SigningKey key) {
        try {
            return keys.open(key.sealedPrivateKey());
        } catch (final IllegalArgumentException e) {
            throw new RegistryException(
                    ErrorCode.UNAVAILABLE,
                    "this node's OB_CLUSTER_SECRET does not open the key that signs tokens; log in at another node");
        }
    }

    private <T> void write(
            final Reply<T> reply, final CatalogCommand command, final Function<CatalogResult, T> onDone) {
        final Services running = services;
        if (running == null) {
            reply.failure(starting());
            return;
        }
        answer(reply, running.catalog().write(command), result -> onDone.apply(result.orThrow()));
    }

    private static <A, T> void answer(
            final Reply<T> reply, final CompletableFuture<A> future, final Function<A, T> onDone) {
        future.thenApply(onDone).whenComplete((value, failure) -> {
            if (failure == null) {
                reply.success(value);
            } else {
                reply.failure(errorOf(failure));
            }
        });
    }

    private static RegistryError errorOf(final Throwable failure) {
        final Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        if (cause instanceof RegistryException refusal) {
            return refusal.error();
        }
        LOG.error("catalog request failed unexpectedly", cause);
        return new RegistryError(ErrorCode.INTERNAL, "internal error; it may have happened or not, see the node's log");
    }

    private RegistryError starting() {
        return new RegistryError(ErrorCode.UNAVAILABLE, refusal());
    }

    static CatalogCommand.Proposal proposal(final String who) {
        return new CatalogCommand.Proposal(UUID.randomUUID(), System.currentTimeMillis(), who);
    }

    private static NodeView view(final Services running, final NodeRecord record, final Member member) {
        return new NodeView(
                record, running.gossip().report(record.id()), member == null ? MemberState.DEAD : member.state());
    }

    private static boolean isReachable(final Services running, final String nodeId) {
        return running.gossip().members().stream()
                .anyMatch(member ->
                        member.id().nodeId().equals(nodeId) && member.state().isReachable());
    }

    /** The highest generation of the node this node has heard of. */
    private static Generation generation(final Services running, final NodeRecord record) {
        return running.gossip().members().stream()
                .filter(member -> member.id().nodeId().equals(record.id()))
                .map(member -> member.id().generation())
                .filter(generation -> generation.compareTo(record.generation()) > 0)
                .findFirst()
                .orElse(record.generation());
    }
}
