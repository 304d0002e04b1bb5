package com.onebackend.registry.node.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A week of a cluster where nothing happens but the no-op every ten seconds, as fast as it goes. */
class RaftFolderBoundIT {
    private static final long WEEK_ENTRIES = TimeUnit.DAYS.toMillis(7) / RaftUpkeep.NOOP_MILLIS;
    /** A definition is saved now and then, too. */
    private static final int ENTRIES_PER_DEFINITION = 100;

    private static final long FOLDER_BYTES_MAX = 64L << 20;
    private static final int SNAPSHOTS_MAX = 2;
    /** Two segments, term and voters, two snapshots with their checksums, how far the log is on disk, a lock. */
    private static final int FILES_MAX = 12;

    private static final int UNDER_WAY_MAX = 256;

    @TempDir
    private Path folder;

    @Test
    void weekOfNoOpsLeavesTheRaftFolderSmall() throws Exception {
        try (TestCluster cluster = new TestCluster(folder, CatalogConfig.Snapshots.DEFAULT)) {
            final CatalogService service = cluster.found("n1");
            final Semaphore underWay = new Semaphore(UNDER_WAY_MAX);
            final AtomicInteger failed = new AtomicInteger();
            for (int i = 0; i < WEEK_ENTRIES; i++) {
                underWay.acquire();
                service.write(
                                i % ENTRIES_PER_DEFINITION == 0
                                        ? Samples.save("web")
                                        : new CatalogCommand.Noop(Samples.proposal()))
                        .whenComplete((result, failure) -> {
                            underWay.release();
                            if (failure != null) {
                                failed.incrementAndGet();
                            }
                        });
            }
            underWay.acquire(UNDER_WAY_MAX);
            assertThat(failed).hasValue(0);
            assertThat(service.appliedIndex()).isGreaterThanOrEqualTo(WEEK_ENTRIES);

            final Path raft = cluster.config(cluster.member("n1")).raftFolder();
            // Old files are removed behind the last write.
            await().atMost(Duration.ofSeconds(30)).untilAsserted(() -> {
                final List<Path> files = files(raft);
                assertThat(files).hasSizeLessThanOrEqualTo(FILES_MAX);
                assertThat(files.stream()
                                .filter(file -> file.getFileName().toString().matches("snapshot\\.\\d+_\\d+"))
                                .toList())
                        .hasSizeBetween(1, SNAPSHOTS_MAX);
                assertThat(bytes(files)).isLessThanOrEqualTo(FOLDER_BYTES_MAX);
            });
            System.out.printf(
                    "after a week of %d entries: %d files, %.1f MB%n",
                    WEEK_ENTRIES, files(raft).size(), bytes(files(raft)) / 1e6);
        }
    }

    private static List<Path> files(final Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(Files::isRegularFile).toList();
        }
    }

    private static long bytes(final List<Path> files) throws IOException {
        long sum = 0;
        for (final Path file : files) {
            sum += Files.size(file);
        }
        return sum;
    }
}
