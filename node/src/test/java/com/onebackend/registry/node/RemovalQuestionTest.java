package com.onebackend.registry.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.onebackend.registry.model.Generation;
import com.onebackend.registry.model.Origin;
import com.onebackend.registry.node.catalog.BootstrapAnswers;
import com.onebackend.registry.node.catalog.RemovedNode;
import com.onebackend.registry.node.catalog.Seeds;
import com.onebackend.registry.storage.IdentityStore;
import com.onebackend.registry.storage.NodeIdentity;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Who asks who lives here is told when the cluster has removed him, and only then. */
class RemovalQuestionTest {
    private static final RemovedNode OUT =
            new RemovedNode("n3", new Origin(33), new Generation(7), 1, 1_800_000_000_000L, "root");

    private final Memory disk =
            new Memory(new NodeIdentity("n1", new Origin(1), new Generation(1), "X", true, "", "http://a:1"));
    private final BootstrapAnswers asking = new BootstrapAnswers(
            new Memory(new NodeIdentity("n3", new Origin(33), new Generation(7), "X", true, "", "http://c:1")),
            2,
            Seeds.of("http://c:1", List.of()),
            List::of);
    private final BootstrapAnswers answers = new BootstrapAnswers(disk, 1, Seeds.of("http://a:1", List.of()), List::of);

    @Test
    void removedFolderAndRemovedProcessesAreToldInWhateverLaterProcess() throws IOException {
        assertThat(ask("n3", 33, 7)).isEqualTo(OUT.told()).contains("2027-01-15T08:00:00Z", "root");
        assertThat(ask("n3", 33, 9)).as("a later process of the folder").isEqualTo(OUT.told());
        assertThat(ask("n3", 34, 6)).as("an earlier process").isEqualTo(OUT.told());
        assertThat(ask("n3", 34, 8)).as("a new node of the same name").isEmpty();
        assertThat(ask("n4", 33, 7)).isEmpty();
        assertThat(ask("", 0, 0)).as("one that does not say who it is").isEmpty();
    }

    /** Two halves that were both recovered by force, or one of them, have removed each other. */
    @Test
    void whoIsInALaterEpochThanTheOneItAsksWasNotRemoved() throws IOException {
        final BootstrapWire wire = new BootstrapWire(null, new PeerEndpoints(), asking, () -> "2-100-a");
        final BootstrapWire.Removals givenUp = (id, epoch) -> epoch.equals("2-100-a") ? null : OUT;
        assertThat(BootstrapWire.read(BootstrapWire.answer(wire.who(), answers, givenUp))
                        .removed())
                .isEmpty();
        assertThat(BootstrapWire.read(BootstrapWire.answer(wire.who(), answers, (id, epoch) -> OUT))
                        .removed())
                .isEqualTo(OUT.told());
    }

    @Test
    void removedNodeSpeaksForNoCluster() {
        answers.removed("removed");
        assertThatThrownBy(() -> ask("n3", 33, 7))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("was removed");
        answers.removed("a second time");
        assertThat(disk.load().removed()).isEqualTo("removed");
    }

    private String ask(final String nodeId, final long origin, final long generation) throws IOException {
        final String question = "{\"ask\":\"who\",\"nodeId\":\"" + nodeId + "\",\"origin\":" + origin
                + ",\"generation\":" + generation + "}";
        return BootstrapWire.read(BootstrapWire.answer(
                        question.getBytes(StandardCharsets.UTF_8),
                        answers,
                        (id, epoch) -> Map.of("n3", OUT).get(id)))
                .removed();
    }

    /** An identity in memory. */
    private static final class Memory implements IdentityStore {
        private NodeIdentity saved;

        Memory(final NodeIdentity saved) {
            this.saved = saved;
        }

        @Override
        public NodeIdentity load() {
            return saved;
        }

        @Override
        public void save(final NodeIdentity identity) {
            saved = identity;
        }
    }
}
