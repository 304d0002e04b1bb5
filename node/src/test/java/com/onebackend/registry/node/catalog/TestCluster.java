package com.onebackend.registry.node.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.onebackend.registry.storage.RegistryStore;
import com.onebackend.registry.storage.StoreOptions;
import com.onebackend.registry.storage.rocksdb.RocksRegistryStore;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Catalog services of several nodes in one JVM, with real Raft on loopback ports. */
final class TestCluster implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(TestCluster.class);
    static final CatalogConfig.Snapshots FEW_KEPT = new CatalogConfig.Snapshots(50, 0);

    private final Path folder;
    private final CatalogConfig.Snapshots snapshots;
    private final UUID clusterId = UUID.randomUUID();
    private final Map<String, Member> members = new ConcurrentSkipListMap<>();
    final List<String> fatal = new ArrayList<>();

    /** A node's place; its service may be closed and started again. */
    static final class Member {
        final String id;
        CatalogPeer peer;
        /** Another folder is another, empty store. */
        int disk;

        RegistryStore store;
        CatalogTls tls;
        /** What the node remembers over restarts. */
        volatile boolean votes;
        /** Nobody reaches it, and it reaches nobody, but for Raft. */
        volatile boolean isCutOff;

        volatile CatalogService service;

        Member(final String id, final CatalogPeer peer) {
            this.id = id;
            this.peer = peer;
        }
    }

    TestCluster(final Path folder, final CatalogConfig.Snapshots snapshots) {
        this.folder = folder;
        this.snapshots = snapshots;
    }

    static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    Member member(final String id) throws IOException {
        final Member known = members.get(id);
        if (known != null) {
            return known;
        }
        final Member member = new Member(id, new CatalogPeer(id, "127.0.0.1", freePort()));
        members.put(id, member);
        return member;
    }

    CatalogConfig config(final Member member) {
        if (member.store == null) {
            member.store =
                    RocksRegistryStore.open(folder.resolve(member.id + "-disk" + member.disk), StoreOptions.defaults());
        }
        return new CatalogConfig(
                folder.resolve(member.id),
                clusterId,
                member.peer,
                "127.0.0.1",
                member.tls,
                member.store.catalog(),
                new Peers(member),
                new Memory(member),
                (why, cause) -> {
                    LOG.error("{}: {}", member.id, why, cause);
                    synchronized (fatal) {
                        fatal.add(member.id + ": " + why + " (" + cause + ")");
                    }
                },
                snapshots);
    }

    /** The other nodes of this JVM. */
    private final class Peers implements FeedPeers {
        private final Member self;

        Peers(final Member self) {
            this.self = self;
        }

        @Override
        public List<Candidate> candidates() {
            return members.values().stream()
                    .filter(other -> other != self && other.service != null)
                    .map(other -> new Candidate(other.id, other.id, !other.isCutOff))
                    .toList();
        }

        @Override
        public CompletableFuture<byte[]> request(final Candidate to, final byte[] request, final Duration timeout) {
            final Member asked = members.get(to.nodeId());
            final CatalogService service = asked.service;
            return service == null || asked.isCutOff || self.isCutOff
                    ? CompletableFuture.failedFuture(new IOException(to.nodeId() + " is down"))
                    : service.answer(request).orTimeout(timeout.toMillis(), TimeUnit.MILLISECONDS);
        }
    }

    private record Memory(Member member) implements VoteMemory {
        @Override
        public void becameVoter() {
            member.votes = true;
        }

        @Override
        public void resigned() {
            member.votes = false;
        }
    }

    CatalogService found(final String id) throws Exception {
        final Member member = member(id);
        member.votes = true;
        member.service = CatalogService.found(config(member));
        assertThat(member.service.awaitReady(Duration.ofSeconds(5))).isTrue();
        return member.service;
    }

    /** Starts a node without a vote, and has the leader make it a voter. */
    CatalogService join(final String id) throws Exception {
        follow(id);
        promote(id);
        return member(id).service;
    }

    /** Starts a node without a vote. */
    CatalogService follow(final String id) throws IOException {
        final Member member = member(id);
        member.service = CatalogService.follow(config(member));
        return member.service;
    }

    void promote(final String id) throws Exception {
        final CatalogService service = member(id).service;
        await().atMost(Duration.ofSeconds(15)).ignoreExceptions().until(() -> {
            members.get(awaitLeader()).service.promote(id).get(10, TimeUnit.SECONDS);
            return true;
        });
        await().atMost(Duration.ofSeconds(10)).until(service::isVoting);
    }

    CatalogService restart(final String id) throws IOException {
        final Member member = member(id);
        member.service = member.votes ? CatalogService.start(config(member)) : CatalogService.follow(config(member));
        return member.service;
    }

    void stop(final String id) throws IOException {
        final Member member = member(id);
        if (member.service != null) {
            member.service.close();
        }
        end(member);
        member.service = null;
    }

    private static void end(final Member member) {
        if (member.service != null) {
            member.service.end();
        }
        if (member.store != null) {
            member.store.close();
            member.store = null;
        }
    }

    List<CatalogService> running() {
        return members.values().stream()
                .filter(member -> member.service != null)
                .map(member -> member.service)
                .toList();
    }

    String awaitLeader() {
        await().atMost(Duration.ofSeconds(6))
                .until(() -> running().stream()
                                        .map(CatalogService::leaderId)
                                        .distinct()
                                        .count()
                                == 1
                        && members.get(running().get(0).leaderId()) != null
                        && members.get(running().get(0).leaderId()).service != null);
        return running().get(0).leaderId();
    }

    /** A running node that does not lead. */
    String follower() {
        final String leader = awaitLeader();
        return members.values().stream()
                .filter(member -> member.service != null && !member.id.equals(leader))
                .findFirst()
                .orElseThrow()
                .id;
    }

    /** All at once, and no leader looks for a successor, which would be in vain. */
    @Override
    public void close() {
        final List<CompletableFuture<Void>> closings = members.values().stream()
                .map(member -> CompletableFuture.runAsync(() -> end(member), task -> new Thread(task).start()))
                .toList();
        closings.forEach(CompletableFuture::join);
    }
}
