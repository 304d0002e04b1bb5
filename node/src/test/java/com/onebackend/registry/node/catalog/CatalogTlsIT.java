package com.onebackend.registry.node.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import com.onebackend.registry.node.gossip.ClusterKeys;
import com.onebackend.registry.node.gossip.ClusterTls;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The Raft port between nodes that share a secret, and to those that do not. */
class CatalogTlsIT {
    @TempDir
    private Path folder;

    private static CatalogTls tls(final String secret, final String nodeId) {
        final ClusterTls tls = ClusterTls.create(ClusterKeys.derive(secret), nodeId, List.of("127.0.0.1"));
        return new CatalogTls(tls.keyManager(), tls.trustManager());
    }

    @Test
    void onlyNodesWithTheClustersSecretGetIn() throws Exception {
        try (TestCluster cluster = new TestCluster(folder, CatalogConfig.Snapshots.DEFAULT)) {
            cluster.member("n1").tls = tls("correct horse battery staple one", "n1");
            cluster.member("n2").tls = tls("correct horse battery staple one", "n2");
            cluster.member("stranger").tls = tls("correct horse battery staple two", "stranger");
            cluster.found("n1");
            cluster.join("n2");
            final CatalogService n2 = cluster.member("n2").service;
            n2.write(Samples.save("orders")).get(5, TimeUnit.SECONDS).orThrow();

            for (final String outsider : List.of("stranger", "plain")) {
                final TestCluster.Member member = cluster.member(outsider);
                cluster.follow(outsider);
                // Raft's port, too, is for nodes of the cluster only.
                Assertions.assertThatThrownBy(() -> n2.promote(outsider).get(10, TimeUnit.SECONDS))
                        .isInstanceOf(ExecutionException.class);
                assertThat(member.service.definitions()).isEmpty();
            }
            assertThat(n2.voters()).extracting(CatalogPeer::nodeId).containsExactly("n1", "n2");
        }
    }
}
