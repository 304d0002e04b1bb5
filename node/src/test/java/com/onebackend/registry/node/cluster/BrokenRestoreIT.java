package com.onebackend.registry.node.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.onebackend.registry.model.Definition;
import com.onebackend.registry.model.Origin;
import com.onebackend.registry.model.Part;
import com.onebackend.registry.model.Stamp;
import com.onebackend.registry.node.backup.BackedUpInstance;
import com.onebackend.registry.node.backup.BackupFormat;
import com.onebackend.registry.node.backup.BackupHeader;
import com.onebackend.registry.node.backup.BackupReader;
import com.onebackend.registry.node.backup.BackupRecords;
import com.onebackend.registry.node.backup.BackupWriter;
import com.onebackend.registry.node.cluster.OoCommand.Outcome;
import com.onebackend.registry.replication.LogEntry;
import com.onebackend.registry.storage.Applied;
import com.onebackend.registry.storage.CatalogSection;
import com.onebackend.registry.wire.RecordCodec;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A restore is broken off by kill -9, met by garbage and by others, and comes to its end all the same. */
class BrokenRestoreIT {
    private static final Duration SOON = Duration.ofSeconds(90);
    private static final int DEFINITIONS = 1_000;
    private static final int INSTANCES = 500;
    private static final int BACKUPS = 6;
    private static final String PATH = "/registry-svc/cluster/restore?step=";
    private static final String OTHER_ID = "ab".repeat(32);

    @TempDir
    Path folder;

    private final HttpClient http = HttpClient.newHttpClient();

    @Test
    void restoreWhoseNodeIsKilledHalfwayIsEndedAtAnotherByTwoAtOnce() throws Exception {
        final Path file = folder.resolve("made.backup");
        final String id = makeBackup(file);
        try (ProcessCluster cluster = new ProcessCluster(folder.resolve("cluster"), 3)) {
            final Facts facts = new Facts(cluster);
            for (int n = 1; n <= 3; n++) {
                cluster.start(n);
            }
            facts.awaitReady(1, 2, 3);
            cluster.login();
            facts.awaitVoters(3, 1, 2, 3);

            assertThat(step(cluster, 2, "rows", id, someRows(file)).statusCode())
                    .isEqualTo(409);
            assertThat(step(cluster, 2, "begin", id, new byte[0]).statusCode()).isEqualTo(200);
            assertThat(step(cluster, 2, "rows", id, someRows(file)).statusCode())
                    .isEqualTo(200);
            cluster.kill(2);
            refusesEverythingElse(cluster, 1, id);
            cluster.start(2);
            awaitRestoring(cluster, 2);
            refusesEverythingElse(cluster, 3, id);

            restoreTwice(cluster, file);
            facts.awaitReady(1, 2, 3);
            for (int n = 1; n <= 3; n++) {
                final int node = n;
                await().atMost(SOON).untilAsserted(() -> {
                    assertThat(definitions(cluster, node)).hasSize(DEFINITIONS);
                    assertThat(facts.ids(node, "web")).hasSize(INSTANCES);
                });
            }
            // What was there before the kill is there once, and counts on.
            final HttpResponse<String> saved = cluster.exchange(
                    2,
                    "PUT",
                    "/registry-svc/definition",
                    "{\"definition\":{\"id\":\"d-0\",\"image\":{\"name\":\"new\"}}}",
                    "If-Match",
                    "\"3\"");
            assertThat(saved.statusCode()).as(saved.body()).isEqualTo(201);
            assertThat(saved.headers().firstValue("ETag")).contains("\"4\"");
            backupsAtOnceAreTakenOneByOne(cluster);
        }
    }

    /** Writes a backup; returns its checksum. */
    private static String makeBackup(final Path file) throws IOException {
        try (OutputStream out = Files.newOutputStream(file)) {
            final BackupWriter writer = new BackupWriter(out, new BackupHeader("gone", "node-1", 0, 1_000, true, 0));
            for (int i = 0; i < DEFINITIONS; i++) {
                final Definition definition = new Definition(
                        "d-" + i,
                        new Definition.Image("image-" + i, List.of(80)),
                        List.of(),
                        List.of(new Definition.EnvVar("K", "x".repeat(900))),
                        null,
                        List.of(),
                        List.of(),
                        3,
                        "bob",
                        1_000);
                writer.row(CatalogSection.DEFINITION, definition.id(), RecordCodec.encodeDefinition(definition));
            }
            for (int i = 0; i < INSTANCES; i++) {
                final Part.Registration registration = new Part.Registration(
                        "web", "http://a:" + i, "http", "a", "", 80, "", "", "http://n", List.of(), Stamp.ZERO);
                writer.instance(new BackedUpInstance(
                        new LogEntry(new Origin(7), i + 1, new Stamp(i + 1), "i-" + i, registration), null, null));
            }
            writer.finish(new Applied(77, 3));
        }
        try (InputStream in = Files.newInputStream(file)) {
            final BackupReader reader = new BackupReader(in);
            while (reader.next()) {
                assertThat(reader.body()).isNotEmpty();
            }
            return reader.summary().checksum();
        }
    }

    private static byte[] someRows(final Path file) throws IOException {
        final BackupRecords batch = new BackupRecords();
        try (InputStream in = Files.newInputStream(file)) {
            final BackupReader reader = new BackupReader(in);
            while (reader.next() && !batch.isFullFor(reader.body().length)) {
                batch.add(reader.kind(), reader.body());
            }
        }
        return batch.take();
    }

    private static void awaitRestoring(final ProcessCluster cluster, final int n) {
        await().atMost(Facts.START)
                .ignoreExceptions()
                .untilAsserted(() -> assertThat(
                                cluster.send(n, "GET", "/health", null, "").body())
                        .contains("a backup is being restored"));
    }

    private void refusesEverythingElse(final ProcessCluster cluster, final int n, final String id) throws Exception {
        awaitRestoring(cluster, n);
        assertThat(cluster.isReady(n)).isFalse();
        assertThat(cluster.get(n, "/registry-svc/definitions").status()).isEqualTo(503);
        assertThat(cluster.put(
                                n,
                                "/registry-svc/definition",
                                "{\"definition\":{\"id\":\"d-0\",\"image\":{\"name\":\"new\"}}}")
                        .status())
                .isEqualTo(503);
        assertThat(new Facts(cluster).register(n, "web", "i-0").status()).isEqualTo(503);
        assertThat(cluster.get(n, "/registry-svc/cluster/backup").status())
                .as("a part is no backup")
                .isEqualTo(409);
        // The leader may be the one that was killed.
        await().atMost(SOON).untilAsserted(() -> {
            final HttpResponse<String> other = step(cluster, n, "begin", OTHER_ID, new byte[0]);
            assertThat(other.statusCode()).as(other.body()).isEqualTo(409);
            assertThat(other.body()).contains("another backup");
        });
        assertThat(step(cluster, n, "end", OTHER_ID, new byte[0]).statusCode()).isEqualTo(409);
        for (final byte[] garbage : garbage()) {
            for (final String step : List.of("rows", "instances")) {
                final HttpResponse<String> answer = step(cluster, n, step, id, garbage);
                assertThat(answer.statusCode())
                        .as("%s %s: %s", step, Arrays.toString(Arrays.copyOf(garbage, 20)), answer.body())
                        .isIn(400, 413);
                assertThat(answer.body()).contains("\"error\"");
            }
        }
    }

    /** What no backup has. */
    private static List<byte[]> garbage() {
        final List<byte[]> garbage = new ArrayList<>();
        garbage.add(new byte[] {1});
        garbage.add(new byte[] {BackupFormat.ROW, 0, 0, 0, 0});
        garbage.add(new byte[] {BackupFormat.ROW, -1, -1, -1, -1});
        garbage.add(new byte[] {BackupFormat.ROW, 127, -1, -1, -1, 0});
        garbage.add(new byte[] {BackupFormat.INSTANCE, 0, 0, 0, 4, 0, 0, 0, 9});
        garbage.add("{\"rows\":[]}".getBytes(StandardCharsets.UTF_8));
        garbage.add(new byte[(1 << 20) + 1]);
        garbage.add(row(CatalogSection.DEFINITION, "d-1", new byte[] {1, 2, 3}));
        garbage.add(row(CatalogSection.ACCOUNT, "x", new byte[] {8}));
        garbage.add(row(CatalogSection.SIGNING_KEY, "x", new byte[] {8}));
        garbage.add(row(CatalogSection.META, "trail/" + "x".repeat(5_000), new byte[] {8, 1, 16, 1, 24, 5, 32, 7}));
        garbage.add(row(
                CatalogSection.DEFINITION_REVISION, "x".repeat(5_000) + "/0000000000000001", new byte[] {8, 1, 32, 1}));
        return garbage;
    }

    private static byte[] row(final CatalogSection section, final String key, final byte[] value) {
        final byte[] name = key.getBytes(StandardCharsets.UTF_8);
        final ByteBuffer body = ByteBuffer.allocate(1 + Short.BYTES + name.length + value.length)
                .put(section.id())
                .putShort((short) name.length)
                .put(name)
                .put(value);
        final BackupRecords records = new BackupRecords();
        records.add(BackupFormat.ROW, body.array());
        return records.take();
    }

    /** One of the two may come when the other has ended it; nobody fails in another way. */
    private void restoreTwice(final ProcessCluster cluster, final Path file) throws Exception {
        final ExecutorService two = Executors.newFixedThreadPool(2);
        try {
            final List<Future<Outcome>> both = new ArrayList<>();
            for (final int node : new int[] {1, 3}) {
                both.add(two.submit(() ->
                        new OoCommand(cluster, folder).run(node, "cluster", "restore", file.toString(), "--yes")));
            }
            int done = 0;
            for (final Future<Outcome> each : both) {
                final Outcome outcome = each.get();
                System.out.println(outcome.text());
                done += outcome.status() == 0 ? 1 : 0;
                assertThat(outcome.status() == 0 || outcome.text().contains("no restore of this backup is under way"))
                        .as(outcome.text())
                        .isTrue();
            }
            assertThat(done).isPositive();
        } finally {
            two.shutdownNow();
        }
    }

    private void backupsAtOnceAreTakenOneByOne(final ProcessCluster cluster) {
        final List<CompletableFuture<HttpResponse<byte[]>>> answers = new ArrayList<>();
        for (int i = 0; i < BACKUPS; i++) {
            answers.add(http.sendAsync(
                    request(cluster, 3, "/registry-svc/cluster/backup").build(),
                    HttpResponse.BodyHandlers.ofByteArray()));
        }
        final List<Integer> statuses =
                answers.stream().map(answer -> answer.join().statusCode()).toList();
        assertThat(statuses).contains(200).isSubsetOf(200, 429);
        await().atMost(SOON)
                .untilAsserted(() -> assertThat(http.send(
                                        request(cluster, 3, "/registry-svc/cluster/backup")
                                                .build(),
                                        HttpResponse.BodyHandlers.discarding())
                                .statusCode())
                        .isEqualTo(200));
    }

    private HttpResponse<String> step(
            final ProcessCluster cluster, final int n, final String step, final String id, final byte[] body)
            throws Exception {
        return http.send(
                request(cluster, n, PATH + step + "&id=" + id)
                        .POST(HttpRequest.BodyPublishers.ofByteArray(body))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    private static HttpRequest.Builder request(final ProcessCluster cluster, final int n, final String path) {
        return HttpRequest.newBuilder(URI.create(cluster.url(n) + path))
                .timeout(SOON)
                .header("Authorization", "Bearer " + cluster.token());
    }

    private static Set<String> definitions(final ProcessCluster cluster, final int n) {
        return new TreeSet<>(cluster.get(n, "/registry-svc/definitions")
                .json()
                .path("definitions")
                .findValuesAsText("id"));
    }
}
