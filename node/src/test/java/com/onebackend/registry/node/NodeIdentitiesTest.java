package com.onebackend.registry.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.onebackend.registry.storage.NodeIdentity;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class NodeIdentitiesTest {
    private static final NodeConfig CONFIG = NodeConfig.from(Map.of("OB_NODE_ID", "node-1", "OB_FOLDER", "data"));

    @Test
    void aRestartKeepsTheOriginAndRaisesTheGenerationEvenWhenTheClockWentBack() {
        final NodeIdentity first = NodeIdentities.next(null, CONFIG, 1_000, new Random(1));
        final NodeIdentity second = NodeIdentities.next(first, CONFIG, 500, new Random(2));

        assertThat(second.origin()).isEqualTo(first.origin());
        assertThat(second.generation()).isGreaterThan(first.generation());
    }

    @Test
    void aNewFolderIsAnotherOriginWithAHigherGeneration() {
        final NodeIdentity before = NodeIdentities.next(null, CONFIG, 1_000, new Random(1));
        final NodeIdentity wiped = NodeIdentities.next(null, CONFIG, 2_000, new Random(2));

        assertThat(wiped.origin()).isNotEqualTo(before.origin());
        assertThat(wiped.generation()).isGreaterThan(before.generation());
    }

    @Test
    void theFolderOfAnotherNodeIsRefused() {
        final NodeIdentity stored = NodeIdentities.next(null, CONFIG, 1_000, new Random(1));
        final NodeConfig other = NodeConfig.from(Map.of("OB_NODE_ID", "node-2", "OB_FOLDER", "data"));

        assertThatThrownBy(() -> NodeIdentities.next(stored, other, 2_000, new Random(2)))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("belongs to node node-1");
    }

    @Test
    void aGeneratedIdIsKept() {
        final NodeConfig nameless = NodeConfig.from(Map.of("OB_FOLDER", "data"));
        final NodeIdentity first = NodeIdentities.next(null, nameless, 1_000, new Random(1));

        assertThat(first.nodeId()).matches("node-[0-9a-f]{8}");
        assertThat(NodeIdentities.next(first, nameless, 2_000, new Random(2)).nodeId())
                .isEqualTo(first.nodeId());
    }
}
