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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** Catalog services of several nodes in one JVM, with real Raft on loopback ports. */
final class TestCluster implements AutoCloseable {
    static final CatalogConfig.Snapshots FEW_KEPT = new CatalogConfig.Snapshots(50, 0);

    private final Path folder;
    private final CatalogConfig.Snapshots snapshots;
    private final UUID clusterId = UUID.randomUUID();
    private final Map<String, Member> members = new LinkedHashMap<>();
    final List<String> fatal = new ArrayList<>();

    /** A node's place; its service may be closed and started again. */
    static final class Member {
        final String id;
        CatalogPeer peer;
        /** Another folder is another, empty store. */
        int disk;

        RegistryStore store;
        CatalogTls tls;
        CatalogService service;

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
                (why, cause) -> {
                    synchronized (fatal) {
                        fatal.add(member.id + ": " + why);
                    }
                },
                snapshots);
    }

    CatalogService found(final String id) throws Exception {
        final Member member = member(id);
        member.service = CatalogService.found(config(member));
        assertThat(member.service.awaitReady(Duration.ofSeconds(5))).isTrue();
        return member.service;
    }

    CatalogService join(final String id) throws Exception {
        final Member member = member(id);
        final List<CatalogPeer> known = members.values().stream()
                .filter(other -> other.service != null)
                .map(other -> other.peer)
                .toList();
        member.service = CatalogService.start(config(member));
        member.service.joinAsVoter(() -> known).get(10, TimeUnit.SECONDS);
        return member.service;
    }

    CatalogService restart(final String id) throws IOException {
        final Member member = member(id);
        member.service = CatalogService.start(config(member));
        return member.service;
    }

    void stop(final String id) throws IOException {
        final Member member = member(id);
        close(member);
        member.service = null;
    }

    private static void close(final Member member) {
        if (member.service != null) {
            member.service.close();
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

    /** All at once: one after the other, each leader would look for a successor in vain. */
    @Override
    public void close() {
        final List<CompletableFuture<Void>> closings = members.values().stream()
                .map(member -> CompletableFuture.runAsync(() -> close(member), task -> new Thread(task).start()))
                .toList();
        closings.forEach(CompletableFuture::join);
    }
}
