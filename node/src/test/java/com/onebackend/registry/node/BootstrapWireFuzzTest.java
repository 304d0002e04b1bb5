package com.onebackend.registry.node;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.onebackend.registry.fuzz.SeedCorpus;
import com.onebackend.registry.model.Generation;
import com.onebackend.registry.model.Origin;
import com.onebackend.registry.node.catalog.BootstrapAnswers;
import com.onebackend.registry.node.catalog.CatalogPeer;
import com.onebackend.registry.node.catalog.Seeds;
import com.onebackend.registry.storage.IdentityStore;
import com.onebackend.registry.storage.NodeIdentity;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Whatever a peer asks while the cluster is founded gets an answer, and binds the node to one cluster at most. */
class BootstrapWireFuzzTest {
    private static final String PROMISE =
            "{\"ask\":\"promise\",\"clusterId\":\"5f0c\",\"founder\":\"http://10.0.0.2:58231\"}";

    @FuzzTest
    void everyQuestionIsAnswered(final byte[] question) {
        final Folder folder = new Folder();
        final BootstrapAnswers answers = new BootstrapAnswers(
                folder,
                1,
                Seeds.of("http://10.0.0.1:58231", List.of("http://10.0.0.2:58231")),
                () -> List.of(new CatalogPeer("n1", "10.0.0.1", 58_233)));
        assertThat(BootstrapWire.answer(question, answers, (id, epoch) -> null)).isNotEmpty();
        final String promised = folder.identity.promise();
        assertThat(BootstrapWire.answer(question, answers, (id, epoch) -> null)).isNotEmpty();
        BootstrapWire.answer(PROMISE.getBytes(StandardCharsets.UTF_8), answers, (id, epoch) -> null);
        if (!promised.isEmpty()) {
            assertThat(folder.identity.promise()).isEqualTo(promised);
        }
        assertThat(folder.identity.clusterId()).isEmpty();
    }

    @Test
    void everyKindOfQuestionIsAmongTheInputs() {
        SeedCorpus.of(BootstrapWireFuzzTest.class)
                .requireAll(
                        "everyQuestionIsAnswered",
                        Map.of(
                                "Who", "{\"ask\":\"who\"}".getBytes(StandardCharsets.UTF_8),
                                "Promise", PROMISE.getBytes(StandardCharsets.UTF_8),
                                "Unknown", "{\"ask\":[{\"who\":null}]}".getBytes(StandardCharsets.UTF_8)));
    }

    /** The node's identity, in memory. */
    private static final class Folder implements IdentityStore {
        private NodeIdentity identity =
                new NodeIdentity("n1", new Origin(1), new Generation(1), "", false, "", "http://10.0.0.1:58231");

        @Override
        public NodeIdentity load() {
            return identity;
        }

        @Override
        public void save(final NodeIdentity next) {
            identity = next;
        }
    }
}
