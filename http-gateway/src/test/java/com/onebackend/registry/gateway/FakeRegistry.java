package com.onebackend.registry.gateway;

import com.onebackend.registry.api.Caller;
import com.onebackend.registry.api.ClusterStatus;
import com.onebackend.registry.api.ErrorCode;
import com.onebackend.registry.api.NodeView;
import com.onebackend.registry.api.RegisterInstance;
import com.onebackend.registry.api.RegistryApi;
import com.onebackend.registry.api.RegistryError;
import com.onebackend.registry.api.Reply;
import com.onebackend.registry.directory.Directory;
import com.onebackend.registry.gateway.auth.Passwords;
import com.onebackend.registry.gateway.auth.Tokens;
import com.onebackend.registry.model.Account;
import com.onebackend.registry.model.Definition;
import com.onebackend.registry.model.Endpoint;
import com.onebackend.registry.model.Generation;
import com.onebackend.registry.model.Gpu;
import com.onebackend.registry.model.Incarnation;
import com.onebackend.registry.model.Instance;
import com.onebackend.registry.model.InstanceStatus;
import com.onebackend.registry.model.Member;
import com.onebackend.registry.model.MemberId;
import com.onebackend.registry.model.MemberState;
import com.onebackend.registry.model.NodeRecord;
import com.onebackend.registry.model.NodeReport;
import com.onebackend.registry.model.NodeUsage;
import com.onebackend.registry.model.Origin;
import com.onebackend.registry.model.Part;
import com.onebackend.registry.model.SigningKey;
import com.onebackend.registry.model.Stamp;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;

/** A registry in memory behind the port. */
public final class FakeRegistry implements RegistryApi {
    public static final String NODE_URL = "http://n1.test:11337";
    public static final String PASSWORD = "correct horse";
    private static final int FAST_ITERATIONS = 1_000;
    private static final Tokens.NewKey KEY = Tokens.generateKeyPair();
    private static final MemberId SELF = new MemberId("n1", new Origin(1), new Generation(1));

    public final Directory directory = new Directory();
    public final Map<String, Account> accounts = new ConcurrentHashMap<>();
    public final Map<String, Definition> definitions = new ConcurrentSkipListMap<>();
    public final List<SigningKey> keys = new CopyOnWriteArrayList<>();
    public final List<NodeView> nodes = new CopyOnWriteArrayList<>();
    public final List<String> removals = new CopyOnWriteArrayList<>();
    public final List<RegisterInstance> registrations = new CopyOnWriteArrayList<>();
    public final AtomicInteger awaited = new AtomicInteger();
    public volatile boolean ready = true;

    public volatile RegistryError nextFailure;
    public volatile boolean silent;
    public volatile RuntimeException fault;
    /** Where replies are given: at once, unless a test says otherwise. */
    public volatile Executor replies = Runnable::run;

    public FakeRegistry() {
        keys.add(new SigningKey(KEY.id(), KEY.publicKey(), new byte[0]));
        account("1backend", Account.ADMIN_ROLE);
        account("user-service", "user-svc:user");
        nodes.add(node("n1", NODE_URL, MemberState.ALIVE, true));
        nodes.add(node("n2", "http://n2.test:11337", MemberState.SUSPECT, false));
    }

    public Account account(final String slug, final String... roles) {
        final Account account =
                new Account("usr_" + slug, slug, slug, Passwords.hash(PASSWORD, FAST_ITERATIONS), List.of(roles));
        accounts.put(slug, account);
        return account;
    }

    public static Instance instance(final String id, final String slug, final String url) {
        final Part.Registration registration = new Part.Registration(
                slug, url, "", "", "", 0, "", "", NODE_URL, List.of(), Stamp.ofMillis(1_700_000_000_123L));
        return new Instance(id, registration, InstanceStatus.UNKNOWN, "", Part.Intent.Mode.SERVE, 0, new Origin(1));
    }

    public synchronized void put(final Instance instance) {
        directory.put(instance);
        directory.publish();
    }

    private synchronized void remove(final String instanceId) {
        directory.remove(instanceId);
        directory.publish();
    }

    static NodeView node(final String id, final String url, final MemberState state, final boolean hasReport) {
        final MemberId member = new MemberId(id, new Origin(id.hashCode()), new Generation(1));
        final NodeRecord nodeRecord = new NodeRecord(
                id,
                member.origin(),
                member.generation(),
                url,
                hasReport ? "eu" : "",
                "",
                11338,
                11339,
                new NodeRecord.HostFacts(id + ".test", "Linux", "amd64", 8));
        final Gpu gpu = new Gpu(0, "A100", "0000:01", 41, "P0", 60, 400, 1024, 40960, 12.345, "Default", "12.4");
        final NodeReport report = new NodeReport(
                member,
                1,
                1_700_000_000_000L,
                new NodeUsage(
                        NodeUsage.Resource.of(500, 8000),
                        NodeUsage.Resource.of(1 << 20, 4 << 20),
                        NodeUsage.Resource.of(1, 3)),
                List.of(gpu));
        return new NodeView(nodeRecord, hasReport ? report : null, state);
    }

    @Override
    public Directory directory() {
        if (fault != null) {
            throw fault;
        }
        return directory;
    }

    private <T> void reply(final Reply<T> reply, final Runnable success) {
        if (fault != null) {
            throw fault;
        }
        if (silent) {
            return;
        }
        final RegistryError failure = nextFailure;
        replies.execute(() -> {
            if (failure != null) {
                reply.failure(failure);
            } else {
                success.run();
            }
        });
    }

    @Override
    public void register(final Caller caller, final RegisterInstance request, final Reply<Instance> reply) {
        registrations.add(request);
        final String slug = request.slug().isEmpty() ? caller.slug() : request.slug();
        if (!caller.actsFor(slug)) {
            reply.failure(new RegistryError(ErrorCode.FORBIDDEN, "not your slug"));
            return;
        }
        final String url = request.url().isEmpty()
                ? request.scheme() + "://" + request.host() + ":" + request.port()
                : request.url();
        final Part.Registration registration = new Part.Registration(
                slug,
                url,
                request.scheme(),
                request.host(),
                request.ip(),
                request.port(),
                request.path(),
                request.deploymentId(),
                request.nodeUrl().isEmpty() ? NODE_URL : request.nodeUrl(),
                request.tags() == null ? List.of() : request.tags(),
                Stamp.ofMillis(1_700_000_000_123L));
        final Instance instance = new Instance(
                request.id().isEmpty() ? "inst_" + Integer.toHexString((slug + url).hashCode()) : request.id(),
                registration,
                request.status() == null ? InstanceStatus.UNKNOWN : request.status(),
                request.details(),
                Part.Intent.Mode.SERVE,
                0,
                new Origin(1));
        reply(reply, () -> {
            put(instance);
            reply.success(instance);
        });
    }

    @Override
    public void heartbeat(final Caller caller, final String instanceId, final Reply<Instance> reply) {
        final var entry = directory.byId(instanceId);
        if (entry == null) {
            reply.failure(new RegistryError(
                    ErrorCode.NOT_FOUND, "There is no instance '" + instanceId + "'; register it in full."));
            return;
        }
        reply(reply, () -> reply.success(entry.instance().withLastHeartbeat(1_700_000_000_456L)));
    }

    @Override
    public void deregister(final Caller caller, final String instanceId, final Reply<Instance> reply) {
        final var entry = directory.byId(instanceId);
        if (entry == null) {
            reply.failure(new RegistryError(ErrorCode.NOT_FOUND, "There is no instance '" + instanceId + "'."));
            return;
        }
        reply(reply, () -> {
            remove(instanceId);
            reply.success(entry.instance());
        });
    }

    @Override
    public List<Definition> definitions() {
        return List.copyOf(definitions.values());
    }

    @Override
    public void saveDefinition(final Caller caller, final Definition definition, final Reply<Definition> reply) {
        reply(reply, () -> {
            definitions.put(definition.id(), definition.saved(1, caller.slug(), 1));
            reply.success(definition);
        });
    }

    @Override
    public void deleteDefinition(final Caller caller, final String definitionId, final Reply<Definition> reply) {
        final Definition gone = definitions.remove(definitionId);
        if (gone == null) {
            reply.failure(new RegistryError(ErrorCode.NOT_FOUND, "There is no such definition."));
        } else {
            reply(reply, () -> reply.success(gone));
        }
    }

    @Override
    public void awaitCatalog(final Reply<Long> reply) {
        awaited.incrementAndGet();
        reply(reply, () -> reply.success(1L));
    }

    @Override
    public List<NodeView> nodes() {
        return List.copyOf(nodes);
    }

    @Override
    public NodeView self() {
        return nodes.get(0);
    }

    @Override
    public void removeNode(
            final Caller caller, final String urlOrId, final boolean force, final Reply<NodeView> reply) {
        removals.add(urlOrId + (force ? " force" : ""));
        for (final NodeView node : nodes) {
            if (node.record().url().equals(urlOrId) || node.record().id().equals(urlOrId)) {
                if (node.state() == MemberState.ALIVE && !force) {
                    reply.failure(new RegistryError(ErrorCode.CONFLICT, "The node is alive; use force."));
                } else {
                    reply(reply, () -> reply.success(node));
                }
                return;
            }
        }
        reply.failure(new RegistryError(ErrorCode.NOT_FOUND, "There is no such node."));
    }

    @Override
    public ClusterStatus cluster() {
        final Member member =
                new Member(SELF, new Incarnation(3), MemberState.ALIVE, new Endpoint("n1.test", 11338), NODE_URL);
        return new ClusterStatus(
                "c1",
                "n1",
                NODE_URL,
                11338,
                11339,
                "n1",
                7,
                ready,
                ready ? "" : "joining",
                List.of("The clock is slow."),
                List.of("n1"),
                List.of(member));
    }

    @Override
    public void catalogStatus(final Reply<ClusterStatus.Catalog> reply) {
        final ClusterStatus.Voter self = new ClusterStatus.Voter("n1", "r/a", true, 0, 0, true);
        final ClusterStatus.Voter silent =
                new ClusterStatus.Voter("n2", "r/b", false, 61_000, ClusterStatus.Catalog.UNKNOWN, false);
        reply.success(new ClusterStatus.Catalog(
                0,
                "group-1",
                "leader",
                "n1",
                NODE_URL,
                4,
                7,
                7,
                0,
                "",
                List.of(self, silent),
                List.of(new ClusterStatus.Node("n1", NODE_URL, "r/a", true, "leader", 0, false)),
                new ClusterStatus.Autopilot("n1", "cannot replace n2", 1_000, "", 0)));
    }

    @Override
    public boolean ready() {
        return ready;
    }

    @Override
    public Account account(final String slug) {
        return accounts.get(slug);
    }

    @Override
    public List<SigningKey> signingKeys() {
        return keys;
    }

    @Override
    public byte[] openPrivateKey(final SigningKey key) {
        return KEY.privateKey();
    }
}
