package com.onebackend.registry.storage.rocksdb;

import static com.onebackend.registry.storage.CatalogSection.NODE;
import static com.onebackend.registry.storage.Samples.bytes;
import static com.onebackend.registry.storage.Samples.registered;
import static com.onebackend.registry.storage.Samples.rows;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.onebackend.registry.storage.Applied;
import com.onebackend.registry.storage.CatalogBatch;
import com.onebackend.registry.storage.RegistryStore;
import com.onebackend.registry.storage.RegistryStoreContract;
import com.onebackend.registry.storage.StorageException;
import com.onebackend.registry.storage.StoreOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rocksdb.Statistics;
import org.rocksdb.TickerType;

class RocksRegistryStoreTest extends RegistryStoreContract {
    @TempDir
    Path otherFolder;

    @Override
    protected RegistryStore open(final Path dataFolder) {
        return RocksRegistryStore.open(dataFolder, StoreOptions.defaults());
    }

    @Test
    void onlySyncedWritesAndIdentityCallFsync() {
        try (Statistics statistics = new Statistics();
                RegistryStore counted = RocksRegistryStore.open(otherFolder, StoreOptions.defaults(), statistics)) {
            final long before = statistics.getTickerCount(TickerType.WAL_FILE_SYNCED);
            counted.instances().write(registered(1), false);
            counted.catalog().apply(new CatalogBatch(new Applied(1, 1)).put(NODE, "a", bytes("1")));
            assertThat(statistics.getTickerCount(TickerType.WAL_FILE_SYNCED)).isEqualTo(before);
            counted.instances().write(registered(2), true);
            assertThat(statistics.getTickerCount(TickerType.WAL_FILE_SYNCED)).isEqualTo(before + 1);
        }
    }

    /** Others drop what they were told is safe here: nothing new to write is no reason not to call fsync. */
    @Test
    void syncedWriteOfNothingMakesSafeWhatWasWrittenBefore() {
        try (Statistics statistics = new Statistics();
                RegistryStore counted = RocksRegistryStore.open(otherFolder, StoreOptions.defaults(), statistics)) {
            counted.instances().write(registered(1), false);
            final long before = statistics.getTickerCount(TickerType.WAL_FILE_SYNCED);
            counted.instances().write(List.of(), true);
            assertThat(statistics.getTickerCount(TickerType.WAL_FILE_SYNCED)).isEqualTo(before + 1);
        }
    }

    @Test
    void foldersAreReadableByTheirOwnerOnly() throws IOException {
        assumeTrue(folder.getFileSystem().supportedFileAttributeViews().contains("posix"));
        final Path made = otherFolder.resolve("deep/data");
        open(made).close();
        assertThat(permissions(made)).isEqualTo("rwx------");
        assertThat(permissions(made.resolve("store"))).isEqualTo("rwx------");
        assertThat(permissions(made.resolve("store.lock"))).isEqualTo("rw-------");

        Files.setPosixFilePermissions(made.resolve("store"), PosixFilePermissions.fromString("rwxr-xr-x"));
        open(made).close();
        assertThat(permissions(made.resolve("store"))).isEqualTo("rwx------");
    }

    private static String permissions(final Path path) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
    }

    @Test
    void fileInsteadOfFolderIsRefused() throws IOException {
        final Path file = Files.writeString(otherFolder.resolve("file"), "");
        assertThatThrownBy(() -> open(file))
                .isInstanceOf(StorageException.class)
                .hasMessageContaining(file.toString())
                .hasMessageContaining("OB_FOLDER");
    }

    @Test
    void folderThatCannotBeMadeIsRefused() throws IOException {
        final Path below = Files.writeString(otherFolder.resolve("file"), "").resolve("data");
        assertThatThrownBy(() -> open(below))
                .isInstanceOf(StorageException.class)
                .hasMessageContaining(below.toString())
                .hasMessageContaining("OB_FOLDER");
    }

    @Test
    void unwritableFolderIsRefused() {
        final Path readOnly = Path.of("/proc/self"); // not even root may make a file there
        assumeTrue(Files.isDirectory(readOnly));
        assertThatThrownBy(() -> open(readOnly))
                .isInstanceOf(StorageException.class)
                .hasMessageContaining("/proc/")
                .hasMessageContaining("write access");
    }

    @Test
    void folderOpenInTheSameProcessIsRefusedAndStaysLocked() {
        for (int attempt = 0; attempt < 2; attempt++) {
            assertThatThrownBy(() -> open(folder))
                    .isInstanceOf(StorageException.class)
                    .hasMessageContaining(folder.getFileName().toString())
                    .hasMessageContaining("in this process");
        }
        store.catalog().apply(new CatalogBatch(new Applied(1, 1)).put(NODE, "a", bytes("1")));
        reopen();
        assertThat(rows(store, NODE)).containsExactly("a=1");
    }

    @Test
    void halfMadeStoreOfADeadStartIsMadeAnew() throws IOException {
        final Path creating = Files.createDirectories(otherFolder.resolve("store.creating"));
        Files.writeString(creating.resolve("MANIFEST-000001"), "torn");
        open(otherFolder).close();
        assertThat(creating).doesNotExist();
    }

    @Test
    void replacementThatDiedHalfwayIsForgotten() {
        store.catalog().apply(new CatalogBatch(new Applied(1, 1)).put(NODE, "a", bytes("old")));
        store.close();
        try (StoreFolder claimed = StoreFolder.claim(folder);
                RocksHandle raw = RocksHandle.open(claimed.store(), StoreOptions.defaults(), false, null)) {
            raw.write(true, batch -> {
                batch.put(raw.family(Family.CATALOG), CatalogKeys.row(2, NODE, "a"), bytes("new"));
                batch.put(raw.family(Family.CATALOG), CatalogKeys.row(2, NODE, "b"), bytes("new"));
            });
        }
        store = open(folder);
        assertThat(rows(store, NODE)).containsExactly("a=old");
        assertThat(store.catalog().lastApplied()).isEqualTo(new Applied(1, 1));
        store.close();
        try (StoreFolder claimed = StoreFolder.claim(folder);
                RocksHandle raw = RocksHandle.open(claimed.store(), StoreOptions.defaults(), false, null)) {
            assertThat(raw.read(Family.CATALOG, CatalogKeys.row(2, NODE, "b"))).isNull();
        }
    }
}
