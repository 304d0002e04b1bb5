package com.onebackend.registry.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.onebackend.registry.model.Generation;
import com.onebackend.registry.model.Origin;
import com.onebackend.registry.storage.NodeIdentity;
import com.onebackend.registry.storage.RegistryStore;
import com.onebackend.registry.storage.StorageException;
import com.onebackend.registry.storage.StoreOptions;
import com.onebackend.registry.storage.rocksdb.RocksRegistryStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A node that lost its place begins anew, in whatever step it was killed; a healthy one is left alone. */
class RejoinTest {
    private static final String CLUSTER = "00000000-0000-0000-0000-000000000007";
    private static final NodeIdentity MEMBER =
            new NodeIdentity("node-3", new Origin(33), new Generation(5), CLUSTER, false, "", "http://127.0.0.1:1", "");
    private static final NodeIdentity REMOVED = MEMBER.removed("the cluster removed this node");

    @TempDir
    private Path folder;

    @Test
    void removedNodeBeginsAnewAndMayOnlyJoin() throws IOException {
        make(REMOVED);
        final NodeIdentity anew = open(true);
        assertThat(anew.nodeId()).isEqualTo("node-3");
        assertThat(anew.origin()).isNotEqualTo(REMOVED.origin());
        assertThat(anew.generation()).isGreaterThan(REMOVED.generation());
        assertThat(anew.clusterId()).isEmpty();
        assertThat(anew.removed()).isEmpty();
        assertThat(anew.isJoinOnly()).isTrue();
        assertThat(folder.resolve("raft")).doesNotExist();
        assertThat(aside()).hasSize(1);
        assertThat(aside().get(0).resolve("raft/log")).hasContent("old log");
        assertThat(aside().get(0).resolve("store")).isDirectory();
    }

    @Test
    void settingThatStaysDoesNothingToAHealthyNode() throws IOException {
        make(REMOVED);
        final NodeIdentity anew = open(true);
        assertThat(open(true)).isEqualTo(anew);
        assertThat(aside()).hasSize(1);
    }

    @Test
    void withoutTheSettingARemovedNodeKeepsWhatItHas() throws IOException {
        make(REMOVED);
        assertThat(open(false)).isEqualTo(REMOVED);
        assertThat(aside()).isEmpty();
    }

    @Test
    void voterWithoutItsRaftFolderBeginsAnewAndOneThatNeverVotedDoesNot() throws IOException {
        make(MEMBER.voting(true));
        final NodeIdentity anew = open(true);
        assertThat(anew.isJoinOnly()).isTrue();
        assertThat(anew.everVoter()).isFalse();
        assertThat(Rejoin.reason(MEMBER, false)).isEmpty();
        assertThat(Rejoin.reason(MEMBER.voting(true), true)).isEmpty();
        assertThat(Rejoin.reason(null, false)).isEmpty();
    }

    @Test
    void logWhoseStoreIsGoneNeverBecomesAnEmptyCluster() throws IOException {
        Files.createDirectories(folder.resolve("store"));
        final Path log = folder.resolve("raft/a-group/current/log_inprogress_0");
        Files.createDirectories(log.getParent());
        Files.createFile(log);
        for (final boolean rejoins : new boolean[] {false, true}) {
            assertThatThrownBy(() -> open(rejoins))
                    .isInstanceOf(StorageException.class)
                    .hasMessageContainingAll(
                            folder.resolve("store").toString(),
                            folder.resolve("raft").toString(),
                            "put the store back");
        }
        assertThat(log).exists();
        Files.move(folder.resolve("raft"), folder.resolve("raft-aside"));
        assertThat(open(false)).isNull();
    }

    @Test
    void onlyTheLastFormerLifeIsKept() throws IOException {
        Files.createDirectories(folder.resolve("removed-20200101-000000/store"));
        Files.writeString(folder.resolve("removed-20200101-000000/store/x"), "x");
        make(REMOVED);
        open(true);
        assertThat(aside()).hasSize(1);
        assertThat(aside().get(0).getFileName().toString()).isNotEqualTo("removed-20200101-000000");
    }

    /** Killed after each step in turn; the setting may be gone at the next start. */
    @Test
    void whatWasBegunIsFinishedByTheNextStart() throws IOException {
        final List<String> steps = List.of("raft", "raft-copies", "store");
        for (int done = 0; done <= steps.size(); done++) {
            final Path data = folder.resolve("killed-after-" + done);
            make(data, REMOVED);
            Files.createDirectories(data.resolve("raft-copies"));
            final NodeIdentity planned = REMOVED.anew(new Origin(99), new Generation(77));
            new RejoinNote(data.resolve("rejoin.pending"))
                    .write(new RejoinNote.Plan("removed-20260101-000000", planned));
            final Path aside = Files.createDirectories(data.resolve("removed-20260101-000000"));
            for (final String name : steps.subList(0, done)) {
                Files.move(data.resolve(name), aside.resolve(name));
            }
            assertThat(open(data, false)).as("killed after %d moves", done).isEqualTo(planned);
            assertThat(data.resolve("rejoin.pending")).doesNotExist();
            assertThat(data.resolve("raft")).doesNotExist();
            assertThat(aside.resolve("raft/log")).hasContent("old log");
            assertThat(open(data, true)).isEqualTo(planned);
        }
    }

    @Test
    void newStoreThatIsThereAlreadyIsNotSetAsideInItsTurn() throws IOException {
        make(REMOVED);
        final NodeIdentity anew = open(true);
        new RejoinNote(folder.resolve("rejoin.pending"))
                .write(new RejoinNote.Plan(aside().get(0).getFileName().toString(), anew));
        assertThat(open(true)).isEqualTo(anew);
        assertThat(aside()).hasSize(1);
    }

    @Test
    void damagedNoteIsRefusedWithItsPath() throws IOException {
        Files.createDirectories(folder);
        Files.writeString(folder.resolve("rejoin.pending"), "../../etc\nnode-3\n1\n1\n");
        assertThatThrownBy(() -> open(true))
                .isInstanceOf(StorageException.class)
                .hasMessageContaining("rejoin.pending");
    }

    /** Taken for a new node it would found another cluster, or join as a stranger beside its own log. */
    @Test
    void folderWithRaftsLogButWithoutAStoreIsNoNewNodes() throws IOException {
        make(MEMBER.voting(true));
        RejoinNote.deleteTree(folder.resolve("store"));
        for (final boolean rejoins : List.of(false, true)) {
            assertThatThrownBy(() -> open(rejoins))
                    .isInstanceOf(StorageException.class)
                    .hasMessageContaining(folder.resolve("store") + " is gone")
                    .hasMessageContaining("empty OB_FOLDER");
            assertThat(folder.resolve("store")).doesNotExist();
        }
        assertThat(folder.resolve("raft/log")).hasContent("old log");
    }

    /** RocksDB believes its own log as far as it goes: where that was cut off, there is a store that knows nothing. */
    @Test
    void storeThatForgotWhoItIsBesideRaftsLogIsNoNewNodes() throws IOException {
        make(MEMBER.voting(true));
        RejoinNote.deleteTree(folder.resolve("store"));
        RocksRegistryStore.open(folder, StoreOptions.defaults()).close();
        for (final boolean rejoins : List.of(false, true)) {
            assertThatThrownBy(() -> open(rejoins))
                    .isInstanceOf(StorageException.class)
                    .hasMessageContaining("does not say any more which node this is");
        }
        assertThat(folder.resolve("raft/log")).hasContent("old log");
    }

    private void make(final NodeIdentity identity) throws IOException {
        make(folder, identity);
    }

    private static void make(final Path data, final NodeIdentity identity) throws IOException {
        try (RegistryStore store = RocksRegistryStore.open(data, StoreOptions.defaults())) {
            store.identity().save(identity);
        }
        Files.createDirectories(data.resolve("raft"));
        Files.writeString(data.resolve("raft/log"), "old log");
    }

    private NodeIdentity open(final boolean rejoins) {
        return open(folder, rejoins);
    }

    private static NodeIdentity open(final Path data, final boolean rejoins) {
        final Map<String, String> environment = new HashMap<>(Map.of("OB_FOLDER", data.toString()));
        if (rejoins) {
            environment.put("OB_REJOIN", "new-generation");
        }
        try (RegistryStore store = Rejoin.open(NodeConfig.from(environment))) {
            return store.identity().load();
        }
    }

    private List<Path> aside() throws IOException {
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.filter(entry -> entry.getFileName().toString().startsWith("removed-"))
                    .toList();
        }
    }
}
