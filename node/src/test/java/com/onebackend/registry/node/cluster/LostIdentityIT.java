package com.onebackend.registry.node.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A node that cannot tell any more who it is, or may not write down who it is, says so and ends: alone it would found
 * a second, empty cluster.
 */
class LostIdentityIT {
    private static final int EXIT_CONFIG = 78;
    private static final Duration START = Duration.ofMinutes(2);
    private static final Duration END = Duration.ofSeconds(60);

    @TempDir
    private static Path folder;

    private static ProcessCluster cluster;
    private static Writes writes;
    private static SmallDisk disk;
    private static String clusterId;

    @BeforeAll
    static void startOne() throws Exception {
        cluster = new ProcessCluster(folder, 1);
        disk = SmallDisk.at(cluster.data(1));
        start();
        cluster.login();
        writes = new Writes(cluster);
        assertThat(writes.define(1)).isTrue();
        assertThat(writes.register(1)).isTrue();
        clusterId = clusterId();
        cluster.kill(1);
    }

    @AfterAll
    static void stopAll() throws Exception {
        cluster.close();
        if (disk != null) {
            disk.close();
        }
    }

    /** Whatever was done to the folder and undone: it is the node that it was, with all that it had. */
    @AfterEach
    void goesOnAsItWas() throws Exception {
        start();
        assertThat(clusterId()).isEqualTo(clusterId);
        await().atMost(START).untilAsserted(() -> {
            assertThat(writes.definitionsAt(1)).containsAll(writes.definitions());
            assertThat(writes.instancesAt(1)).containsAll(writes.instances());
        });
        cluster.kill(1);
    }

    private static Map<String, String> environment() {
        final Map<String, String> environment = cluster.environment(1);
        environment.put("OB_PEERS", "");
        return environment;
    }

    private static void start() throws IOException {
        cluster.start(1, environment());
        await().atMost(START).until(() -> cluster.isReady(1));
    }

    private static String clusterId() {
        return cluster.get(1, "/registry-svc/cluster").json().path("clusterId").asText();
    }

    private static String refusal(final Map<String, String> environment) throws Exception {
        final long from = Files.size(cluster.log(1));
        cluster.start(1, environment);
        try {
            assertThat(cluster.awaitEnd(1, END)).isEqualTo(EXIT_CONFIG);
        } finally {
            cluster.kill(1);
        }
        final String said = Files.readString(cluster.log(1)).substring((int) from);
        assertThat(said).doesNotContain("bootstrap FOUND", "bootstrap done");
        return said;
    }

    private static Path store() {
        return cluster.data(1).resolve("store");
    }

    /** What is to be done to the store, and seen then. */
    private interface Damage {
        void run(Path aside) throws Exception;
    }

    /** Puts the store back as it was before, whatever comes of it. */
    private static void damaged(final Damage damage) throws Exception {
        final Path aside = store().resolveSibling("aside");
        copy(store(), aside);
        try {
            damage.run(aside);
        } finally {
            delete(store());
            Files.move(aside, store());
        }
    }

    @Test
    void storeThatIsGoneBesideItsRaftFolderIsRefusedAndNothingIsMadeInItsPlace() throws Exception {
        damaged(aside -> {
            delete(store());
            assertThat(refusal(environment())).contains(store() + " is gone", "empty OB_FOLDER");
            assertThat(store()).doesNotExist();
            final Map<String, String> rejoining = environment();
            rejoining.put("OB_REJOIN", "new-generation");
            assertThat(refusal(rejoining)).contains(store() + " is gone");
        });
    }

    /** As an interrupted copy or a repaired file system leaves them. */
    @Test
    void storeWhoseFilesWereAllCutIsRefused() throws Exception {
        damaged(aside -> {
            for (final Path file : files(store())) {
                Files.write(file, new byte[0]);
            }
            assertThat(refusal(environment())).contains(store().toString());
        });
    }

    @Test
    void folderOfAnotherNodeIsRefusedWithBothNames() throws Exception {
        final Map<String, String> other = environment();
        other.put("OB_NODE_ID", "node-7");
        assertThat(refusal(other))
                .contains("the data folder " + cluster.data(1) + " belongs to node node-1", "OB_NODE_ID is node-7")
                .contains("OB_FOLDER");
    }

    @Test
    void folderThatCannotBeWrittenIsRefused() throws Exception {
        assumeTrue(disk != null, "no file system can be mounted: root may write everywhere");
        disk.readOnly(true);
        try {
            assertThat(refusal(environment())).contains(cluster.data(1).toString(), "write access");
        } finally {
            disk.readOnly(false);
        }
    }

    private static Path[] files(final Path root) throws IOException {
        try (Stream<Path> all = Files.walk(root)) {
            return all.filter(Files::isRegularFile).toArray(Path[]::new);
        }
    }

    private static void copy(final Path from, final Path to) throws IOException {
        Files.createDirectories(to);
        for (final Path file : files(from)) {
            final Path target = to.resolve(from.relativize(file));
            Files.createDirectories(target.getParent());
            Files.copy(file, target);
        }
    }

    private static void delete(final Path root) throws IOException {
        if (!Files.exists(root)) {
            return;
        }
        for (final Path file : files(root)) {
            Files.delete(file);
        }
        Files.delete(root);
    }
}
