package com.onebackend.registry.node.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/** A real node whose disk fails and whose files are damaged. Told as one story. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class DamagedDiskIT {
    private static final Duration START = Duration.ofMinutes(2);
    private static final Duration END = Duration.ofSeconds(60);
    private static final int REPAIR_SECONDS_MAX = 60;
    private static final int SLOW_WRITES = 3;
    private static final int EXIT_FAILED = 1;
    private static final int EXIT_CONFIG = 78;

    @TempDir
    private static Path folder;

    private static ProcessCluster cluster;
    private static Writes writes;
    private static SyncFaults faults;

    @BeforeAll
    static void startOne() throws Exception {
        faults = SyncFaults.in(folder);
        cluster = new ProcessCluster(folder, 1);
        start();
        cluster.login();
        writes = new Writes(cluster);
        assertThat(writes.define(1)).isTrue();
        assertThat(writes.register(1)).isTrue();
    }

    @AfterAll
    static void stopAll() throws InterruptedException {
        cluster.close();
    }

    private static Map<String, String> environment() {
        final Map<String, String> environment = cluster.environment(1);
        environment.put("OB_PEERS", "");
        if (faults != null) {
            faults.preload(environment);
        }
        return environment;
    }

    private static void start() throws IOException {
        cluster.start(1, environment());
        await().atMost(START).until(() -> cluster.isReady(1));
    }

    /** Everything that was acknowledged is there. */
    private static void assertNothingLost() {
        await().atMost(START).untilAsserted(() -> {
            assertThat(writes.definitionsAt(1)).containsAll(writes.definitions());
            assertThat(writes.instancesAt(1)).containsAll(writes.instances());
        });
    }

    private static String newLog(final long from) throws IOException {
        return Files.readString(cluster.log(1)).substring((int) from);
    }

    /** Starts a node that must not start; returns what it said. */
    private static String assertRefuses() throws Exception {
        final long from = Files.size(cluster.log(1));
        cluster.start(1, environment());
        assertThat(cluster.awaitEnd(1, END)).isEqualTo(EXIT_CONFIG);
        return newLog(from);
    }

    private static Path openSegment() throws IOException {
        try (Stream<Path> files = Files.walk(cluster.data(1).resolve("raft"))) {
            return files.filter(file -> file.getFileName().toString().matches("log_inprogress_\\d+"))
                    .findFirst()
                    .orElseThrow();
        }
    }

    private static Path floor() throws IOException {
        return openSegment().getParent().resolveSibling("log-floor");
    }

    private static int repair() throws Exception {
        final ProcessBuilder builder = new ProcessBuilder(
                        ProcessCluster.distribution().resolve("bin/registry").toString(), "--repair-log")
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(cluster.log(1).toFile()));
        builder.environment().keySet().removeIf(name -> name.startsWith("OB_"));
        builder.environment().putAll(environment());
        final Process process = builder.start();
        assertThat(process.waitFor(REPAIR_SECONDS_MAX, TimeUnit.SECONDS)).isTrue();
        return process.exitValue();
    }

    @Test
    @Order(1)
    void failedSyncOfTheRaftLogAcknowledgesNothingAndEndsTheNode() throws Exception {
        assumeTrue(faults != null, "no C compiler: fsync cannot be made to fail");
        final long from = Files.size(cluster.log(1));
        faults.failOnce("/current/log_");
        assertThat(writes.define(1)).isFalse();
        assertThat(cluster.awaitEnd(1, END)).isEqualTo(EXIT_FAILED);
        assertThat(faults.isClear()).isTrue();
        assertThat(newLog(from))
                .contains(
                        "the Raft log could not be written",
                        cluster.data(1).resolve("raft").toString());
        start();
        assertNothingLost();
    }

    @Test
    @Order(2)
    void failedSyncOfTheStoreAcknowledgesNothingAndEndsTheNode() throws Exception {
        assumeTrue(faults != null, "no C compiler: fsync cannot be made to fail");
        final long from = Files.size(cluster.log(1));
        // Its write-ahead log.
        faults.failOnce("/store/0");
        assertThat(writes.register(1)).isFalse();
        assertThat(cluster.awaitEnd(1, END)).isEqualTo(EXIT_FAILED);
        assertThat(faults.isClear()).isTrue();
        assertThat(newLog(from))
                .contains(
                        "instances cannot be written to disk",
                        cluster.data(1).resolve("store").toString());
        start();
        assertNothingLost();
    }

    @Test
    @Order(3)
    void slowDiskIsSlowAndLosesNothing() throws Exception {
        assumeTrue(faults != null, "no C compiler: fsync cannot be made slow");
        final long startNanos = System.nanoTime();
        faults.delay("/current/log_");
        try {
            for (int i = 0; i < SLOW_WRITES; i++) {
                // It may be told that it did not come to an end in time, and must be told soon.
                writes.define(1);
            }
        } finally {
            faults.clear();
        }
        assertThat(Facts.millisSince(startNanos)).isBetween(1_000L, SLOW_WRITES * 10_000L);
        assertThat(cluster.isRunning(1)).isTrue();
        await().atMost(START).until(() -> writes.define(1));
        assertNothingLost();
    }

    @Test
    @Order(4)
    void endOfTheLogThatAPowerCutTearsIsCutOffByTheOperatorsCommand() throws Exception {
        assertThat(writes.define(1)).isTrue();
        cluster.kill(1);
        // A machine that started again: it is not known any more that all that was written is there.
        Files.delete(floor());
        appendHalfAnEntry(openSegment());

        assertThat(assertRefuses()).contains(openSegment().toString(), "--repair-log");
        assertThat(assertRefuses()).contains("--repair-log");
        final long from = Files.size(cluster.log(1));
        assertThat(repair()).isZero();
        assertThat(newLog(from)).contains("cut off after", ".before-repair");
        start();
        assertNothingLost();
        assertThat(writes.define(1)).isTrue();
    }

    /** The first bytes of a record of forty, where the records end. */
    private static void appendHalfAnEntry(final Path segment) throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(segment.toFile(), "rw")) {
            final byte[] bytes = new byte[(int) file.length()];
            file.readFully(bytes);
            int end = bytes.length;
            while (bytes[end - 1] == 0) {
                end--;
            }
            // A checksum may end in a zero; what was reserved is longer than that.
            assertThat(bytes.length - end).isGreaterThan(100);
            file.seek(endOfRecords(bytes));
            file.write(new byte[] {40, 8, 1, 16, 1, 1});
        }
    }

    /** Where the walk over lengths meets zeros. */
    private static int endOfRecords(final byte[] bytes) {
        int at = "RaftLog1".length();
        while (bytes[at] != 0) {
            int length = 0;
            int shift = 0;
            while (bytes[at] < 0) {
                length |= (bytes[at++] & 0x7f) << shift;
                shift += 7;
            }
            length |= bytes[at++] << shift;
            at += length + Integer.BYTES;
        }
        return at;
    }

    @Test
    @Order(5)
    void damageInTheMiddleOfTheLogIsRefusedAndNeverCutOff() throws Exception {
        final Path segment = openSegment();
        final long first = Long.parseLong(segment.getFileName().toString().replaceAll("\\D", ""));
        await().atMost(START)
                .until(() -> Long.parseLong(Files.readAllLines(floor()).get(0)) >= first);
        cluster.kill(1);
        final byte[] asItWas = Files.readAllBytes(segment);
        final byte[] damaged = asItWas.clone();
        damaged[12] ^= 1;
        Files.write(segment, damaged);

        assertThat(assertRefuses()).contains(segment.toString(), "OB_REJOIN=new-generation");
        assertThat(repair()).isEqualTo(EXIT_CONFIG);
        assertThat(Files.readAllBytes(segment)).isEqualTo(damaged);
        Files.write(segment, asItWas);
    }

    @Test
    @Order(6)
    void missingFilesAreRefused() throws Exception {
        final Path meta = openSegment().resolveSibling("raft-meta");
        final Path aside = folder.resolve("aside");
        Files.move(meta, aside);
        assertThat(assertRefuses()).contains(meta.toString());
        Files.move(aside, meta);

        final Path raft = cluster.data(1).resolve("raft");
        Files.move(raft, aside);
        assertThat(assertRefuses()).contains("Raft folder");
        Files.move(aside, raft);

        start();
        assertNothingLost();
    }
}
