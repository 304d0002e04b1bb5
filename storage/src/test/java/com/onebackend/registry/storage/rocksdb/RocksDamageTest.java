package com.onebackend.registry.storage.rocksdb;

import static com.onebackend.registry.storage.Samples.bytes;
import static com.onebackend.registry.storage.Samples.entries;
import static com.onebackend.registry.storage.Samples.health;
import static com.onebackend.registry.storage.Samples.registered;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.onebackend.registry.model.Generation;
import com.onebackend.registry.replication.LogBatch;
import com.onebackend.registry.storage.NodeIdentity;
import com.onebackend.registry.storage.RegistryStore;
import com.onebackend.registry.storage.Samples;
import com.onebackend.registry.storage.StorageException;
import com.onebackend.registry.storage.StoreOptions;
import com.onebackend.registry.wire.RecordCodec;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rocksdb.ColumnFamilyDescriptor;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.DBOptions;
import org.rocksdb.FlushOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;

/** What is damaged or unknown is refused with a message that helps, never skipped. */
class RocksDamageTest {
    private static final int WRITES = 300;

    @TempDir
    Path folder;

    @TempDir
    Path copy;

    private final List<ColumnFamilyHandle> rawFamilies = new ArrayList<>();

    private RegistryStore open(final Path dataFolder) {
        return RocksRegistryStore.open(dataFolder, StoreOptions.defaults());
    }

    private void assertRefused(final Path dataFolder, final String... words) {
        for (int attempt = 0; attempt < 2; attempt++) { // refusing must not lock or repair anything
            assertThatThrownBy(() -> open(dataFolder).close())
                    .isInstanceOf(StorageException.class)
                    .hasMessageContaining(dataFolder.resolve("store").toString())
                    .hasMessageContainingAll(words);
        }
    }

    /** A store killed after its last write: everything is in the write-ahead log. */
    private Path killedStore() throws IOException {
        try (RegistryStore store = open(folder)) {
            for (long version = 1; version <= WRITES; version++) {
                store.instances().write(registered(version), true);
            }
            copyStore();
        }
        return copy;
    }

    private void copyStore() throws IOException {
        final Path target = Files.createDirectories(copy.resolve("store"));
        for (final Path file : files(folder)) {
            Files.copy(file, target.resolve(file.getFileName()));
        }
    }

    private static List<Path> files(final Path dataFolder) throws IOException {
        try (Stream<Path> files = Files.list(dataFolder.resolve("store"))) {
            return files.sorted().toList();
        }
    }

    private static List<Path> files(final Path dataFolder, final String suffix) throws IOException {
        return files(dataFolder).stream()
                .filter(file -> file.toString().endsWith(suffix))
                .toList();
    }

    private static Path largest(final Path dataFolder, final String suffix) throws IOException {
        Path largest = null;
        for (final Path file : files(dataFolder, suffix)) {
            if (largest == null || Files.size(file) > Files.size(largest)) {
                largest = file;
            }
        }
        return largest;
    }

    private static void flipByte(final Path file, final long at) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            final ByteBuffer one = ByteBuffer.allocate(1);
            channel.read(one, at);
            one.put(0, (byte) ~one.get(0)).rewind();
            channel.write(one, at);
        }
    }

    @Test
    void flippedByteWithinTheWriteAheadLogIsRefused() throws IOException {
        final Path killed = killedStore();
        final Path log = largest(killed, ".log");
        flipByte(log, Files.size(log) / 3);
        assertRefused(killed, "damaged", "backup", "move the data folder away");
    }

    @Test
    void tornTailOfTheWriteAheadLogLosesTheTornWriteOnly() throws IOException {
        final Path killed = killedStore();
        final Path log = largest(killed, ".log");
        try (FileChannel channel = FileChannel.open(log, StandardOpenOption.WRITE)) {
            channel.truncate(channel.size() - 10);
        }
        try (RegistryStore store = open(killed)) {
            assertThat(entries(store)).hasSize(WRITES - 1);
            assertThat(Samples.heads(store)).containsExactly(Samples.head(WRITES - 1));
            store.instances().write(registered(WRITES), true);
        }
        try (RegistryStore store = open(killed)) {
            assertThat(entries(store)).hasSize(WRITES);
        }
    }

    @Test
    void flippedByteInATableFileIsRefused() throws IOException {
        killedStore();
        open(copy).close(); // recovery turns the log into table files
        final Path table = largest(copy, ".sst");
        flipByte(table, Files.size(table) / 3);
        assertRefused(copy, "damaged", "backup");
    }

    @Test
    void missingTableFileIsRefused() throws IOException {
        killedStore();
        open(copy).close();
        Files.delete(largest(copy, ".sst"));
        assertRefused(copy, "damaged");
    }

    @Test
    void flippedByteInTheManifestIsRefused() throws IOException {
        final Path killed = killedStore();
        final Path manifest = files(killed).stream()
                .filter(file -> file.getFileName().toString().startsWith("MANIFEST"))
                .reduce((first, second) -> second)
                .orElseThrow();
        flipByte(manifest, Files.size(manifest) / 2);
        assertRefused(killed, "damaged");
    }

    @Test
    void missingCurrentFileDoesNotStartAnEmptyStoreOverTheOldOne() throws IOException {
        final Path killed = killedStore();
        final Path current = killed.resolve("store/CURRENT");
        final byte[] content = Files.readAllBytes(current);
        Files.delete(current);
        assertRefused(killed, "damaged");
        Files.write(current, content);
        try (RegistryStore store = open(killed)) {
            assertThat(entries(store)).hasSize(WRITES);
        }
    }

    /**
     * The power fails while an unsynced log file has been left behind and the next one has reached the disk: without
     * the check the catalog would lose a row and keep a later applied index.
     */
    @Test
    void holeBetweenTwoWriteAheadLogsIsRefused() throws IOException, RocksDBException {
        open(folder).close();
        try (NativeResources resources = new NativeResources()) {
            final RocksDB db = openRaw(resources, RocksHandle.dbOptions(resources, StoreOptions.defaults(), false));
            final ColumnFamilyHandle catalog =
                    rawFamilies.get(List.of(Family.values()).indexOf(Family.CATALOG));
            db.pauseBackgroundWork(); // the flush would sync the first log
            for (int index = 1; index <= WRITES; index++) {
                db.put(catalog, bytes("row-" + index), bytes("value"));
                if (index == WRITES / 2) {
                    startNextLog(db, catalog);
                }
            }
            copyStore();
            db.continueBackgroundWork();
        }
        final Path first = files(copy, ".log").stream()
                .filter(log -> log.toFile().length() > 0)
                .findFirst()
                .orElseThrow();
        try (FileChannel channel = FileChannel.open(first, StandardOpenOption.WRITE)) {
            channel.truncate(channel.size() - 200);
        }
        assertRefused(copy, "damaged");
    }

    private static void startNextLog(final RocksDB db, final ColumnFamilyHandle family) throws RocksDBException {
        try (FlushOptions unwaited = new FlushOptions().setWaitForFlush(false).setAllowWriteStall(true)) {
            db.flush(unwaited, family);
        }
    }

    private RocksDB openRaw(final NativeResources resources, final DBOptions options) throws RocksDBException {
        final List<ColumnFamilyDescriptor> families = Stream.of(Family.values())
                .map(family -> new ColumnFamilyDescriptor(family.nameBytes()))
                .toList();
        final RocksDB db =
                resources.own(RocksDB.open(options, folder.resolve("store").toString(), families, rawFamilies));
        rawFamilies.forEach(resources::own);
        return db;
    }

    @Test
    void unknownFormatVersionIsRefused() {
        rewrite(Family.DEFAULT, RocksRegistryStore.FORMAT_KEY, new byte[] {0, 0, 0, 2});
        assertRefused(folder, "format", "number 2", "newer");
    }

    @Test
    void missingFormatVersionIsRefused() {
        rewrite(Family.DEFAULT, RocksRegistryStore.FORMAT_KEY, new byte[0]);
        assertRefused(folder, "format version is missing");
    }

    @Test
    void unknownColumnFamilyIsRefused() throws RocksDBException {
        open(folder).close();
        try (NativeResources resources = new NativeResources()) {
            final RocksDB db = openRaw(resources, resources.own(new DBOptions()));
            resources.own(db.createColumnFamily(new ColumnFamilyDescriptor(bytes("leases"))));
        }
        assertRefused(folder, "format", "leases");
    }

    @Test
    void nothingIsWrittenAfterAFailedWrite() {
        open(folder).close();
        try (StoreFolder claimed = StoreFolder.claim(folder);
                RocksHandle raw = RocksHandle.open(claimed.store(), StoreOptions.defaults(), false, null)) {
            assertThatThrownBy(() -> raw.write(true, batch -> {
                        throw new RocksDBException("no answer from the disk");
                    }))
                    .isInstanceOf(StorageException.class)
                    .hasMessageContaining("no answer from the disk");
            assertThatThrownBy(() -> raw.write(false, batch -> {}))
                    .isInstanceOf(StorageException.class)
                    .hasMessageContaining("end this process");
        }
    }

    @Test
    void unreadableInstanceIsRefusedAtLoad() {
        rewrite(Family.INSTANCES, StoreKeys.part(health("a", 1).key()), new byte[] {-1, -1, -1});
        assertLoadRefused("instance record");
    }

    @Test
    void instanceUnderAnotherKeyIsRefusedAtLoad() {
        rewrite(Family.INSTANCES, StoreKeys.part(health("a", 1).key()), RecordCodec.encodeEntry(health("b", 1)));
        assertLoadRefused("wrong key");
    }

    @Test
    void headUnderAnotherKeyIsRefusedAtLoad() {
        rewrite(Family.HEADS, new byte[Long.BYTES], RecordCodec.encodeHead(Samples.head(1)));
        assertLoadRefused("wrong key");
    }

    private void assertLoadRefused(final String words) {
        try (RegistryStore store = open(folder)) {
            assertThatThrownBy(() -> entries(store))
                    .isInstanceOf(StorageException.class)
                    .hasMessageContaining(words)
                    .hasMessageContaining(folder.resolve("store").toString());
            store.instances().write(LogBatch.EMPTY, true);
        }
    }

    @Test
    void identityOfUnknownFormatOrWithAnyFlippedBitIsRefused() {
        final NodeIdentity identity = new NodeIdentity(
                "node-1", Samples.ORIGIN, new Generation(1), "cluster", true, "", "http://node-1:58231");
        final byte[] encoded = IdentityFormat.encode(identity);
        assertThat(IdentityFormat.decode(encoded, folder)).isEqualTo(identity);
        for (int bit = 0; bit < encoded.length * Byte.SIZE; bit++) {
            final byte[] damaged = encoded.clone();
            damaged[bit / Byte.SIZE] ^= (byte) (1 << bit % Byte.SIZE);
            assertThatThrownBy(() -> IdentityFormat.decode(damaged, folder)).isInstanceOf(StorageException.class);
        }
        for (int length = 0; length < encoded.length; length++) {
            final byte[] cut = Arrays.copyOf(encoded, length);
            assertThatThrownBy(() -> IdentityFormat.decode(cut, folder)).isInstanceOf(StorageException.class);
        }
    }

    private void rewrite(final Family family, final byte[] key, final byte[] value) {
        open(folder).close();
        try (StoreFolder claimed = StoreFolder.claim(folder);
                RocksHandle raw = RocksHandle.open(claimed.store(), StoreOptions.defaults(), false, null)) {
            raw.write(true, batch -> batch.put(raw.family(family), key, value));
        }
    }
}
