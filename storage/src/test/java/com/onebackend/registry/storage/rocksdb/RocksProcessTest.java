package com.onebackend.registry.storage.rocksdb;

import static com.onebackend.registry.storage.CatalogSection.META;
import static com.onebackend.registry.storage.Samples.bytes;
import static com.onebackend.registry.storage.Samples.registered;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.onebackend.registry.replication.LogEntry;
import com.onebackend.registry.storage.Applied;
import com.onebackend.registry.storage.CatalogBatch;
import com.onebackend.registry.storage.GroupCommit;
import com.onebackend.registry.storage.RegistryStore;
import com.onebackend.registry.storage.Samples;
import com.onebackend.registry.storage.StorageException;
import com.onebackend.registry.storage.StoreOptions;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What only another process can prove: that a kill loses nothing, that a full disk is never acknowledged, the lock. */
@Timeout(120)
class RocksProcessTest {
    private static final int ROUNDS = 6;
    private static final int WRITES_BEFORE_KILL_MAX = 3_000;
    /** In units of 512 bytes: 1 MiB, below the 4 MiB after which a log file is ended by itself. */
    private static final int FILE_SIZE_LIMIT = 2_048;

    @TempDir
    Path folder;

    @TempDir
    Path scratch;

    @BeforeEach
    void needsAShell() {
        assumeTrue(Files.isExecutable(Path.of("/bin/sh")));
    }

    private RegistryStore open() {
        return RocksRegistryStore.open(folder, StoreOptions.defaults());
    }

    @Test
    void everyAcknowledgedWriteSurvivesKill() throws Exception {
        final Random random = new Random(20_261_122);
        long acknowledged = 0;
        for (int round = 0; round < ROUNDS; round++) {
            try (ChildJvm writer = ChildJvm.start(scratch, "", Writer.class, folder.toString())) {
                final int killAfter = random.nextInt(WRITES_BEFORE_KILL_MAX);
                for (int i = 0; i <= killAfter; i++) {
                    acknowledged = Long.parseLong(writer.line());
                }
                for (final String version : writer.kill()) {
                    // the last line may be cut short, and is then a smaller number
                    acknowledged = Math.max(acknowledged, Long.parseLong(version));
                }
            }
            assertHoldsAtLeast(acknowledged);
        }
    }

    @Test
    void catalogRowsAndAppliedIndexMoveTogetherOverKill() throws Exception {
        final Random random = new Random(20_261_123);
        for (int round = 0; round < ROUNDS; round++) {
            try (ChildJvm writer = ChildJvm.start(scratch, "", CatalogWriter.class, folder.toString())) {
                long printed = 0;
                for (int i = random.nextInt(WRITES_BEFORE_KILL_MAX); i >= 0; i--) {
                    printed = Long.parseLong(writer.line());
                }
                writer.kill();
                try (RegistryStore store = open()) {
                    final long index = store.catalog().lastApplied().index();
                    assertThat(index).isGreaterThanOrEqualTo(printed);
                    for (final String key : List.of("first", "second")) {
                        assertThat(ByteBuffer.wrap(store.catalog().read(META, key))
                                        .getLong())
                                .isEqualTo(index);
                    }
                }
            }
        }
    }

    /** RLIMIT_FSIZE is as close to a full disk as a test without root gets: write(2) fails from the limit on. */
    @Test
    void writeThatTheDiskRefusesIsNotAcknowledgedAndNothingAfterIt() throws Exception {
        open().close();
        try (ChildJvm writer =
                ChildJvm.start(scratch, "ulimit -f " + FILE_SIZE_LIMIT + ";", Writer.class, folder.toString())) {
            long acknowledged = 0;
            String line = writer.line();
            for (; line != null && !line.startsWith("fatal"); line = writer.line()) {
                acknowledged = Long.parseLong(line);
            }
            assertThat(line).contains("fatal").contains(folder.toString()).contains("check the disk");
            assertThat(writer.remainingLines()).as("after the failure").containsExactly("refused");
            assertThat(writer.exitCode()).isEqualTo(1);
            assertThat(acknowledged).isPositive();
            assertHoldsAtLeast(acknowledged);
        }
    }

    private void assertHoldsAtLeast(final long acknowledged) {
        try (RegistryStore store = open()) {
            final long head = Samples.heads(store).get(0).maxVersion();
            assertThat(head).isGreaterThanOrEqualTo(acknowledged);
            assertThat(Samples.entries(store).stream()
                            .mapToLong(LogEntry::version)
                            .sorted())
                    .hasSize((int) head)
                    .startsWith(1L)
                    .endsWith(head);
        }
    }

    @Test
    void folderOfAnotherProcessIsRefusedNamingIt() throws Exception {
        try (ChildJvm holder = ChildJvm.start(scratch, "", Writer.class, folder.toString())) {
            assertThat(holder.line()).isNotNull();
            assertThatThrownBy(this::open)
                    .isInstanceOf(StorageException.class)
                    .hasMessageContaining(folder.toString())
                    .hasMessageContaining("in use by process " + holder.pid())
                    .hasMessageContaining("stop that process");
            holder.kill();
        }
        open().close();
    }

    /** Registers for ever with 16 writes under way, continuing where the folder stands, and prints what is durable. */
    static final class Writer {
        private static final int OUTSTANDING_MAX = 16;

        private Writer() {}

        public static void main(final String[] arguments) throws InterruptedException {
            final PrintStream out = System.out;
            final RegistryStore store = RocksRegistryStore.open(Path.of(arguments[0]), StoreOptions.defaults());
            final long[] next = {1};
            store.instances().load(entry -> {}, head -> next[0] = head.maxVersion() + 1);
            final Semaphore slots = new Semaphore(OUTSTANDING_MAX);
            final GroupCommit commit = GroupCommit.start(store.instances(), cause -> {
                out.println("fatal " + cause.getMessage());
                printRefusal(store, out);
                System.exit(1);
            });
            while (true) {
                slots.acquire();
                final long version = next[0]++;
                commit.trySubmit(registered(version), true, () -> {
                    out.println(version);
                    slots.release();
                });
            }
        }

        private static void printRefusal(final RegistryStore store, final PrintStream out) {
            try {
                store.instances().write(registered(1), false);
                out.println("written");
            } catch (StorageException e) {
                out.println("refused");
            }
        }
    }

    /** Applies for ever, two rows a batch that both hold the applied index, and prints the index. */
    static final class CatalogWriter {
        private CatalogWriter() {}

        public static void main(final String[] arguments) {
            final RegistryStore store = RocksRegistryStore.open(Path.of(arguments[0]), StoreOptions.defaults());
            for (long index = store.catalog().lastApplied().index() + 1; true; index++) {
                final byte[] value =
                        ByteBuffer.allocate(Long.BYTES).putLong(index).array();
                store.catalog()
                        .apply(new CatalogBatch(new Applied(index, 1))
                                .put(META, "first", value)
                                .put(META, "filler", bytes("x".repeat(500)))
                                .put(META, "second", value));
                System.out.println(index);
            }
        }
    }
}
