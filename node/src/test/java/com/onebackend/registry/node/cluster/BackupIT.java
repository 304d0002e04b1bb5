package com.onebackend.registry.node.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.onebackend.registry.node.backup.BackupReader;
import com.onebackend.registry.node.cluster.OoCommand.Outcome;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command line takes a backup of a real cluster and brings it into another one. */
class BackupIT {
    private static final Duration CONVERGE = Duration.ofSeconds(60);
    private static final int DEFINITIONS = 500;
    private static final int INSTANCES = 2_000;
    private static final int FLIPS = 100;
    private static final String OTHER_PASSWORD = "the-password-of-another-cluster";

    @TempDir
    Path folder;

    @Test
    void backupUnderWritesComesBackInANewClusterAndADamagedOneNever() throws Exception {
        final Path file = folder.resolve("saved.backup");
        final Map<String, JsonNode> definitions = new TreeMap<>();
        final Map<String, JsonNode> instances = new TreeMap<>();
        final StringBuilder secret = new StringBuilder();
        String oldToken = "";
        try (ProcessCluster old = new ProcessCluster(folder.resolve("old"), 3)) {
            start(old);
            secret.append(old.environment(1).get("OB_CLUSTER_SECRET"));
            fill(old);
            backUpUnderWrites(old, file);
            oldToken = old.token();
            definitions.putAll(definitions(old, 3));
            instances.putAll(instances(old, 3));
            refusesToOverwrite(old, file);
            staleBackupWithoutAMajoritySaysSo(old);
        }
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
        try (ProcessCluster fresh = new ProcessCluster(folder.resolve("fresh"), 3)) {
            startAnew(fresh, secret);
            refusesDamaged(fresh, file);
            final Outcome restored = oo(fresh, 2, "cluster", "restore", file.toString(), "--yes");
            assertThat(restored.status()).as(restored.text()).isZero();
            System.out.println(restored.text());
            for (int n = 1; n <= 3; n++) {
                final int node = n;
                new Facts(fresh).awaitReady(n);
                await().atMost(CONVERGE)
                        .untilAsserted(() -> assertThat(instances(fresh, node)).containsAllEntriesOf(instances));
                assertThat(definitions(fresh, n)).isEqualTo(definitions);
            }
            // The old password and the old tokens are good, the new cluster's own password is not.
            assertThat(fresh.send(2, "POST", "/user-svc/login", login(OTHER_PASSWORD), "")
                            .status())
                    .isEqualTo(401);
            fresh.login();
            assertThat(fresh.send(3, "GET", "/registry-svc/nodes", null, oldToken)
                            .status())
                    .isEqualTo(200);
            final Outcome again = oo(fresh, 1, "cluster", "restore", file.toString(), "--yes");
            assertThat(again.status()).as(again.text()).isZero();
            assertThat(again.text()).contains("already");
            final Path other = folder.resolve("other.backup");
            assertThat(oo(fresh, 1, "cluster", "backup", other.toString()).status())
                    .isZero();
            final Outcome refused = oo(fresh, 1, "cluster", "restore", other.toString(), "--yes");
            assertThat(refused.status()).isEqualTo(1);
            assertThat(refused.text()).contains("a backup goes into a new cluster only");
        }
    }

    private static void start(final ProcessCluster cluster) throws IOException {
        for (int n = 1; n <= 3; n++) {
            cluster.start(n);
        }
        new Facts(cluster).awaitReady(1, 2, 3);
        cluster.login();
    }

    private static void startAnew(final ProcessCluster cluster, final CharSequence secret) throws IOException {
        for (int n = 1; n <= 3; n++) {
            final Map<String, String> environment = cluster.environment(n);
            environment.put("OB_ADMIN_PASSWORD", OTHER_PASSWORD);
            environment.put("OB_CLUSTER_SECRET", secret.toString());
            cluster.start(n, environment);
        }
        new Facts(cluster).awaitReady(1, 2, 3);
        cluster.login(OTHER_PASSWORD);
    }

    private static String login(final String password) {
        return "{\"slug\":\"1backend\",\"password\":\"" + password + "\"}";
    }

    private static void fill(final ProcessCluster cluster) {
        for (int i = 0; i < DEFINITIONS; i++) {
            final ProcessCluster.Answer saved = cluster.put(
                    1 + i % 3,
                    "/registry-svc/definition",
                    "{\"definition\":{\"id\":\"definition-" + i + "\",\"image\":{\"name\":\"image-" + i + "\"}}}");
            assertThat(saved.status()).as(saved.body()).isLessThan(300);
        }
        final Facts facts = new Facts(cluster);
        for (int i = 0; i < INSTANCES; i++) {
            assertThat(facts.register(1 + i % 3, "service-" + i % 7, "kept-" + i)
                            .status())
                    .isEqualTo(201);
        }
        for (int n = 1; n <= 3; n++) {
            final int node = n;
            await().atMost(CONVERGE)
                    .untilAsserted(() -> assertThat(instances(cluster, node)).hasSize(INSTANCES));
        }
    }

    private void backUpUnderWrites(final ProcessCluster cluster, final Path file) throws Exception {
        final AtomicBoolean isStopped = new AtomicBoolean();
        final Thread writer = new Thread(() -> {
            for (int i = 0; !isStopped.get(); i++) {
                new Facts(cluster).register(1, "changing", "changing-" + i % 50);
                if (i % 3 == 0) {
                    cluster.delete(1, "/registry-svc/instance/changing-" + i % 50);
                }
            }
        });
        writer.start();
        try {
            final Outcome taken = oo(cluster, 3, "cluster", "backup", file.toString());
            assertThat(taken.status()).as(taken.text()).isZero();
            assertThat(taken.text()).contains("backup of cluster").doesNotContain("no majority");
            System.out.println(taken.text() + " bytes=" + Files.size(file));
        } finally {
            isStopped.set(true);
            writer.join();
        }
        assertThat(file.resolveSibling("saved.backup.partial")).doesNotExist();
    }

    private void refusesToOverwrite(final ProcessCluster cluster, final Path file) throws Exception {
        final byte[] before = Files.readAllBytes(file);
        final Outcome refused = oo(cluster, 1, "cluster", "backup", file.toString());
        assertThat(refused.status()).isEqualTo(1);
        assertThat(refused.text()).contains("--force");
        assertThat(Files.readAllBytes(file)).isEqualTo(before);
    }

    private void staleBackupWithoutAMajoritySaysSo(final ProcessCluster cluster) throws Exception {
        cluster.kill(1);
        cluster.kill(2);
        final Path file = folder.resolve("stale.backup");
        final Outcome taken = oo(cluster, 3, "cluster", "backup", file.toString());
        assertThat(taken.status()).as(taken.text()).isZero();
        assertThat(taken.text()).contains("no majority confirmed this catalog");
    }

    private void refusesDamaged(final ProcessCluster cluster, final Path file) throws Exception {
        final byte[] good = Files.readAllBytes(file);
        final Random random = new Random(7);
        final Path damaged = folder.resolve("damaged.backup");
        for (int i = 0; i < FLIPS; i++) {
            final byte[] flipped = good.clone();
            flipped[random.nextInt(flipped.length)] ^= (byte) (1 << random.nextInt(8));
            assertThatThrownBy(() -> readAll(flipped)).isInstanceOf(IOException.class);
        }
        final byte[] bytes = good.clone();
        bytes[random.nextInt(bytes.length)] ^= 1;
        Files.write(damaged, bytes);
        final Outcome refused = oo(cluster, 1, "cluster", "restore", damaged.toString(), "--yes");
        assertThat(refused.status()).isEqualTo(1);
        assertThat(refused.text()).contains("cannot restore");
        assertThat(cluster.isReady(1)).as("nothing was sent").isTrue();
    }

    private static void readAll(final byte[] bytes) throws IOException {
        final BackupReader reader = new BackupReader(new ByteArrayInputStream(bytes));
        while (reader.next()) {
            assertThat(reader.body()).isNotNull();
        }
    }

    private static Map<String, JsonNode> definitions(final ProcessCluster cluster, final int n) {
        final Map<String, JsonNode> found = new TreeMap<>();
        cluster.get(n, "/registry-svc/definitions")
                .json()
                .path("definitions")
                .forEach(definition -> found.put(definition.path("id").asText(), definition));
        return found;
    }

    /** The instances that no writer changes, without what only the old cluster could know. */
    private static Map<String, JsonNode> instances(final ProcessCluster cluster, final int n) {
        final Map<String, JsonNode> found = new TreeMap<>();
        for (int s = 0; s < 7; s++) {
            cluster.get(n, "/registry-svc/instances?slug=service-" + s)
                    .json()
                    .path("instances")
                    .forEach(instance -> found.put(
                            instance.path("id").asText(),
                            ((ObjectNode) instance).without(List.of("status", "details", "lastHeartbeat", "nodeUrl"))));
        }
        return found;
    }

    private Outcome oo(final ProcessCluster cluster, final int node, final String... words) throws Exception {
        return new OoCommand(cluster, folder).run(node, words);
    }
}
