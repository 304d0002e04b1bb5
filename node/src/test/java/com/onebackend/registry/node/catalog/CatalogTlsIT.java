package com.onebackend.registry.node.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.onebackend.registry.node.gossip.ClusterKeys;
import com.onebackend.registry.node.gossip.ClusterTls;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.ratis.protocol.RaftClientRequest;
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

    /** Sends a write to the founder's Raft port, as a node of the cluster does. */
    private static boolean written(final TestCluster cluster, final CatalogTls tls) throws Exception {
        final CatalogConfig founder = cluster.config(cluster.member("n1"));
        try (Forwarder forwarder =
                new Forwarder(() -> founder.groupId(CatalogEpoch.FIRST), tls, 2_000, Runnable::run)) {
            return forwarder
                    .sendAsync(
                            RaftNode.raftPeer(founder.self()),
                            CatalogCodec.encode(Samples.save("orders")),
                            RaftClientRequest.writeRequestType(),
                            2_000)
                    .get(2, TimeUnit.SECONDS)
                    .isSuccess();
        }
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

            assertThat(written(cluster, cluster.member("n2").tls)).isTrue();
            for (final String outsider : List.of("stranger", "plain")) {
                assertThatThrownBy(() -> written(cluster, cluster.member(outsider).tls))
                        .isInstanceOfAny(ExecutionException.class, TimeoutException.class);
            }
        }
    }
}
