package com.onebackend.registry.storage;

import static com.onebackend.registry.storage.CatalogSection.ACCOUNT;
import static com.onebackend.registry.storage.CatalogSection.DEFINITION;
import static com.onebackend.registry.storage.CatalogSection.META;
import static com.onebackend.registry.storage.CatalogSection.NODE;
import static com.onebackend.registry.storage.Samples.bytes;
import static com.onebackend.registry.storage.Samples.entries;
import static com.onebackend.registry.storage.Samples.everyPart;
import static com.onebackend.registry.storage.Samples.head;
import static com.onebackend.registry.storage.Samples.heads;
import static com.onebackend.registry.storage.Samples.health;
import static com.onebackend.registry.storage.Samples.puts;
import static com.onebackend.registry.storage.Samples.registered;
import static com.onebackend.registry.storage.Samples.registration;
import static com.onebackend.registry.storage.Samples.removals;
import static com.onebackend.registry.storage.Samples.rows;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.onebackend.registry.model.Generation;
import com.onebackend.registry.model.Origin;
import com.onebackend.registry.model.PartKind;
import com.onebackend.registry.replication.Digest;
import com.onebackend.registry.replication.LogBatch;
import com.onebackend.registry.replication.LogEntry;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What every store must do. */
public abstract class RegistryStoreContract {
    @TempDir
    protected Path folder;

    protected RegistryStore store;

    protected abstract RegistryStore open(Path dataFolder);

    @BeforeEach
    void openStore() {
        store = open(folder);
    }

    @AfterEach
    void closeStore() {
        store.close();
    }

    protected void reopen() {
        store.close();
        store = open(folder);
    }

    @Test
    void exportMaySayWhatTheCatalogWouldBeAndLeavesItAsItIs() throws IOException {
        store.catalog()
                .apply(new CatalogBatch(new Applied(5, 3))
                        .put(NODE, "a", bytes("1"))
                        .put(NODE, "b", bytes("1"))
                        .put(META, "c", bytes("1")));
        final ByteArrayOutputStream exported = new ByteArrayOutputStream();
        final CatalogBatch changes = new CatalogBatch(Applied.NONE)
                .put(NODE, "a", bytes("2"))
                .delete(NODE, "b")
                .put(META, "d", bytes("2"));

        assertThat(store.catalog().exportTo(exported, changes.changes())).isEqualTo(new Applied(5, 3));

        assertThat(rows(store, NODE)).containsExactly("a=1", "b=1");
        store.catalog().replaceWith(new ByteArrayInputStream(exported.toByteArray()));
        assertThat(rows(store, NODE)).containsExactly("a=2");
        assertThat(rows(store, META)).containsExactly("c=1", "d=2");
        assertThat(store.catalog().lastApplied()).isEqualTo(new Applied(5, 3));
    }

    @Test
    void readAllSeesEverySectionOfOneMoment() throws IOException {
        store.catalog()
                .apply(new CatalogBatch(new Applied(5, 3))
                        .put(NODE, "a", bytes("1"))
                        .put(META, "b", bytes("1")));
        final List<String> seen = new ArrayList<>();

        final Applied read = store.catalog().readAll((section, key, value) -> {
            seen.add(section + " " + key + "=" + new String(value, UTF_8));
            store.catalog().apply(new CatalogBatch(new Applied(6, 3)).put(META, "b", bytes("2")));
        });

        assertThat(read).isEqualTo(new Applied(5, 3));
        assertThat(seen).containsExactly("NODE a=1", "META b=1");
    }

    @Test
    void newStoreIsEmpty() {
        assertThat(entries(store)).isEmpty();
        assertThat(heads(store)).isEmpty();
        assertThat(store.catalog().lastApplied()).isEqualTo(Applied.NONE);
        assertThat(store.catalog().read(DEFINITION, "orders")).isNull();
        assertThat(rows(store, DEFINITION)).isEmpty();
        assertThat(store.identity().load()).isNull();
        assertThat(store.sizeBytes()).isPositive();
    }

    @Test
    void reopenKeepsEverything() {
        final NodeIdentity identity = identity("node-1", "");
        store.instances().write(puts(registration("a", 1), health("a", 2), registration("b", 3)), false);
        store.instances().write(new LogBatch(List.of(), List.of(), List.of(head(3)), false), true);
        store.catalog().apply(new CatalogBatch(new Applied(7, 2)).put(DEFINITION, "orders", bytes("v1")));
        store.identity().save(identity);

        reopen();

        assertThat(entries(store)).containsExactly(registration("a", 1), health("a", 2), registration("b", 3));
        assertThat(heads(store)).containsExactly(head(3));
        assertThat(rows(store, DEFINITION)).containsExactly("orders=v1");
        assertThat(store.catalog().lastApplied()).isEqualTo(new Applied(7, 2));
        assertThat(store.identity().load()).isEqualTo(identity);
    }

    @Test
    void laterPutOfTheSamePartReplacesTheEarlier() {
        store.instances().write(puts(registration("a", 1), registration("a", 2)), true);
        assertThat(entries(store)).containsExactly(registration("a", 2));
    }

    @Test
    void partsOfOneInstanceAreKeptApart() {
        store.instances().write(puts(registration("a", 1), health("a", 2)), true);
        store.instances().write(removals(health("a", 2).key()), true);
        assertThat(entries(store)).containsExactly(registration("a", 1));
    }

    @Test
    void everyKindOfPartHasAPlaceOfItsOwnAndComesBack() {
        final List<LogEntry> kinds = everyPart("a");
        assertThat(kinds).extracting(entry -> entry.part().kind()).containsExactlyInAnyOrder(PartKind.values());
        store.instances().write(puts(kinds.toArray(new LogEntry[0])), true);
        reopen();
        assertThat(entries(store)).containsExactlyInAnyOrderElementsOf(kinds);
    }

    @Test
    void batchesOfOneWriteTakeEffectInTheirOrder() {
        final LogBatch put = puts(registration("a", 1));
        final LogBatch remove = removals(registration("a", 1).key());
        store.instances().write(List.of(put, remove, puts(registration("a", 3))), true);
        assertThat(entries(store)).containsExactly(registration("a", 3));
        store.instances().write(List.of(put, remove), true);
        assertThat(entries(store)).isEmpty();
    }

    @Test
    void resetVoidsEverythingStoredBeforeAndKeepsWhatComesWithIt() {
        final Digest.Head other = new Digest.Head(new Origin(5), 9, 1, 4);
        final LogBatch before = new LogBatch(
                List.of(registration("a", 1), registration("b", 2)), List.of(), List.of(head(1), other), false);
        store.instances().write(before, true);
        assertThat(heads(store)).as("ordered by unsigned origin").containsExactly(other, head(1));
        final Digest.Head behind = new Digest.Head(new Origin(5), 0, 7, 0);
        final LogBatch reset =
                new LogBatch(List.of(registration("b", 2), registration("c", 3)), List.of(), List.of(behind), true);
        store.instances().write(List.of(puts(registration("d", 4)), reset, puts(registration("e", 5))), true);
        for (int i = 0; i < 2; i++) {
            assertThat(entries(store))
                    .containsExactly(registration("b", 2), registration("c", 3), registration("e", 5));
            assertThat(heads(store)).containsExactly(behind);
            reopen();
        }
        store.instances().write(new LogBatch(List.of(), List.of(), List.of(), true), true);
        assertThat(entries(store)).isEmpty();
        assertThat(heads(store)).isEmpty();
    }

    @Test
    void emptyBatchIsWritten() {
        store.instances().write(LogBatch.EMPTY, true);
        store.instances().write(List.of(), true);
        assertThat(entries(store)).isEmpty();
    }

    @Test
    void catalogSectionsAreKeptApartAndOrderedByKey() {
        store.catalog()
                .apply(new CatalogBatch(new Applied(1, 1))
                        .put(NODE, "b", bytes("2"))
                        .put(NODE, "a", bytes("1"))
                        .put(NODE, "ä", bytes("3"))
                        .put(ACCOUNT, "a", bytes("x"))
                        .put(META, "", bytes("empty key")));
        assertThat(rows(store, NODE)).containsExactly("a=1", "b=2", "ä=3");
        assertThat(rows(store, ACCOUNT)).containsExactly("a=x");
        assertThat(rows(store, META)).containsExactly("=empty key");
        assertThat(rows(store, DEFINITION)).isEmpty();
        assertThat(store.catalog().read(NODE, "b")).isEqualTo(bytes("2"));
    }

    @Test
    void catalogChangesOfOneBatchTakeEffectInTheirOrder() {
        store.catalog()
                .apply(new CatalogBatch(new Applied(1, 1))
                        .put(NODE, "a", bytes("1"))
                        .delete(NODE, "a")
                        .delete(NODE, "b")
                        .put(NODE, "b", bytes("2")));
        assertThat(rows(store, NODE)).containsExactly("b=2");
    }

    @Test
    void entryWithoutEffectMovesTheAppliedIndex() {
        store.catalog().apply(new CatalogBatch(new Applied(1, 1)));
        assertThat(store.catalog().lastApplied()).isEqualTo(new Applied(1, 1));
    }

    @Test
    void appliedIndexNeverGoesBack() {
        store.catalog().apply(new CatalogBatch(new Applied(5, 3)).put(NODE, "a", bytes("1")));
        assertThatThrownBy(() -> store.catalog().apply(new CatalogBatch(new Applied(4, 3)).delete(NODE, "a")))
                .isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> store.catalog().apply(new CatalogBatch(new Applied(6, 2)).delete(NODE, "a")))
                .isInstanceOf(IllegalStateException.class);
        assertThat(rows(store, NODE)).containsExactly("a=1");
        assertThat(store.catalog().lastApplied()).isEqualTo(new Applied(5, 3));
    }

    @Test
    void catalogMovesWholeToAnotherStore(@TempDir final Path otherFolder) throws IOException {
        store.catalog()
                .apply(new CatalogBatch(new Applied(5, 3))
                        .put(NODE, "a", bytes("1"))
                        .put(META, "", new byte[0]));
        final ByteArrayOutputStream exported = new ByteArrayOutputStream();
        assertThat(store.catalog().exportTo(exported)).isEqualTo(new Applied(5, 3));

        try (RegistryStore other = open(otherFolder)) {
            other.catalog().apply(new CatalogBatch(new Applied(2, 1)).put(NODE, "old", bytes("x")));
            other.catalog().replaceWith(new ByteArrayInputStream(exported.toByteArray()));
            assertThat(rows(other, NODE)).containsExactly("a=1");
            assertThat(rows(other, META)).containsExactly("=");
            assertThat(other.catalog().lastApplied()).isEqualTo(new Applied(5, 3));
            other.catalog().apply(new CatalogBatch(new Applied(6, 3)).put(NODE, "b", bytes("2")));
            other.catalog().replaceWith(new ByteArrayInputStream(exported.toByteArray()));
        }
        try (RegistryStore other = open(otherFolder)) {
            assertThat(rows(other, NODE)).containsExactly("a=1");
            assertThat(other.catalog().lastApplied()).isEqualTo(new Applied(5, 3));
        }
    }

    @Test
    void emptyCatalogCanBeMoved() throws IOException {
        final ByteArrayOutputStream exported = new ByteArrayOutputStream();
        assertThat(store.catalog().exportTo(exported)).isEqualTo(Applied.NONE);
        store.catalog().apply(new CatalogBatch(new Applied(5, 3)).put(NODE, "a", bytes("1")));
        store.catalog().replaceWith(new ByteArrayInputStream(exported.toByteArray()));
        assertThat(rows(store, NODE)).isEmpty();
        assertThat(store.catalog().lastApplied()).isEqualTo(Applied.NONE);
    }

    @Test
    void truncatedExportChangesNothing() throws IOException {
        final byte[] exported = exportOfAnotherCatalog();
        for (int length = 0; length < exported.length; length++) {
            assertRefusedUnchanged(Arrays.copyOf(exported, length));
        }
        assertRefusedUnchanged(Arrays.copyOf(exported, exported.length + 1));
    }

    @Test
    void exportWithAnyFlippedBitChangesNothing() throws IOException {
        final byte[] exported = exportOfAnotherCatalog();
        for (int bit = 0; bit < exported.length * Byte.SIZE; bit++) {
            final byte[] damaged = exported.clone();
            damaged[bit / Byte.SIZE] ^= (byte) (1 << bit % Byte.SIZE);
            assertRefusedUnchanged(damaged);
        }
    }

    @Test
    void nothingOfARefusedExportIsInTheNextOne() throws IOException {
        final ByteArrayOutputStream empty = new ByteArrayOutputStream();
        store.catalog().exportTo(empty);
        final byte[] exported = exportOfAnotherCatalog();
        assertRefusedUnchanged(Arrays.copyOf(exported, exported.length - 1));
        store.catalog().replaceWith(new ByteArrayInputStream(empty.toByteArray()));
        assertThat(rows(store, NODE)).isEmpty();
    }

    private byte[] exportOfAnotherCatalog() throws IOException {
        store.catalog()
                .apply(new CatalogBatch(new Applied(3, 1))
                        .put(NODE, "a", bytes("other"))
                        .put(NODE, "b", bytes("2")));
        final ByteArrayOutputStream exported = new ByteArrayOutputStream();
        store.catalog().exportTo(exported);
        store.catalog()
                .apply(new CatalogBatch(new Applied(9, 1))
                        .put(NODE, "a", bytes("old"))
                        .delete(NODE, "b"));
        return exported.toByteArray();
    }

    private void assertRefusedUnchanged(final byte[] export) {
        assertThatThrownBy(() -> store.catalog().replaceWith(new ByteArrayInputStream(export)))
                .isInstanceOf(SnapshotException.class);
        assertThat(rows(store, NODE)).containsExactly("a=old");
        assertThat(store.catalog().lastApplied()).isEqualTo(new Applied(9, 1));
    }

    @Test
    void failingStreamChangesNothing() throws IOException {
        final byte[] exported = exportOfAnotherCatalog();
        final InputStream failing = new ByteArrayInputStream(exported, 0, exported.length - 1) {
            @Override
            public synchronized int read(final byte[] target, final int offset, final int length) {
                final int read = super.read(target, offset, length);
                if (read < 0) {
                    throw new java.io.UncheckedIOException(new IOException("connection reset"));
                }
                return read;
            }
        };
        assertThatThrownBy(() -> store.catalog().replaceWith(failing)).hasMessageContaining("connection reset");
        assertThat(rows(store, NODE)).containsExactly("a=old");
        reopen();
        assertThat(rows(store, NODE)).containsExactly("a=old");
    }

    @Test
    void readersSeeTheOldOrTheNewCatalogNeverAMix() throws Exception {
        store.catalog()
                .apply(new CatalogBatch(new Applied(1, 1))
                        .put(NODE, "a", bytes("1"))
                        .put(NODE, "b", bytes("1")));
        final ByteArrayOutputStream first = new ByteArrayOutputStream();
        store.catalog().exportTo(first);
        store.catalog()
                .apply(new CatalogBatch(new Applied(2, 1))
                        .put(NODE, "a", bytes("2"))
                        .put(NODE, "b", bytes("2")));
        final ByteArrayOutputStream second = new ByteArrayOutputStream();
        store.catalog().exportTo(second);

        final ExecutorService threads = Executors.newSingleThreadExecutor();
        try {
            final CountDownLatch done = new CountDownLatch(1);
            final Future<?> reader = threads.submit(() -> {
                while (done.getCount() > 0) {
                    assertThat(rows(store, NODE)).isIn(List.of("a=1", "b=1"), List.of("a=2", "b=2"));
                    assertThat(store.catalog().read(NODE, "a")).isNotNull();
                    assertThat(store.catalog()
                                    .exportTo(new ByteArrayOutputStream())
                                    .index())
                            .isBetween(1L, 2L);
                }
                return null;
            });
            for (int i = 0; i < 50; i++) {
                store.catalog().replaceWith(new ByteArrayInputStream((i % 2 == 0 ? first : second).toByteArray()));
            }
            done.countDown();
            reader.get();
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void scanMayReadTheStoreAgain() {
        store.catalog().apply(new CatalogBatch(new Applied(1, 1)).put(NODE, "a", bytes("1")));
        store.catalog()
                .scan(
                        NODE,
                        (key, value) ->
                                assertThat(store.catalog().read(NODE, key)).isEqualTo(value));
    }

    @Test
    void lastSavedIdentityIsLoaded() {
        store.identity().save(identity("node-1", ""));
        store.identity().save(identity("node-1", "cluster"));
        assertThat(store.identity().load()).isEqualTo(identity("node-1", "cluster"));
    }

    @Test
    void everyCallThrowsAfterClose() {
        store.instances().write(registered(1), true);
        final InstanceLog instances = store.instances();
        final CatalogStore catalog = store.catalog();
        final IdentityStore identity = store.identity();
        store.close();
        store.close();

        assertClosed(() -> instances.write(registered(2), true));
        assertClosed(() -> instances.load(entry -> {}, head -> {}));
        assertClosed(() -> catalog.apply(new CatalogBatch(new Applied(1, 1))));
        assertClosed(catalog::lastApplied);
        assertClosed(() -> catalog.read(NODE, "a"));
        assertClosed(() -> catalog.scan(NODE, (key, value) -> {}));
        assertClosed(() -> catalog.exportTo(new ByteArrayOutputStream()));
        assertClosed(() -> catalog.replaceWith(new ByteArrayInputStream(new byte[0])));
        assertClosed(identity::load);
        assertClosed(() -> identity.save(identity("node-1", "")));
        assertClosed(store::sizeBytes);
    }

    private static void assertClosed(final org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
        assertThatThrownBy(call).isInstanceOf(StorageException.class).hasMessageContaining("closed");
    }

    @Test
    void closeWaitsForRunningCallsOfOtherThreads() throws Exception {
        for (int i = 0; i < 2_000; i++) {
            store.instances().write(registered(i + 1), false);
        }
        final ExecutorService threads = Executors.newFixedThreadPool(2);
        try {
            final CountDownLatch running = new CountDownLatch(2);
            final Future<?> scanner = threads.submit(() -> useUntilClosed(running, () -> entries(store)));
            final Future<?> reader = threads.submit(
                    () -> useUntilClosed(running, () -> store.catalog().read(NODE, "a")));
            running.await();
            store.close();
            scanner.get();
            reader.get();
        } finally {
            threads.shutdownNow();
        }
    }

    private static void useUntilClosed(final CountDownLatch running, final Runnable call) {
        try {
            while (true) {
                call.run();
                running.countDown();
            }
        } catch (StorageException e) {
            assertThat(e).hasMessageContaining("closed");
        }
    }

    @Test
    void closingFromWithinAScanIsRefused() {
        store.catalog().apply(new CatalogBatch(new Applied(1, 1)).put(NODE, "a", bytes("1")));
        assertThatThrownBy(() -> store.catalog().scan(NODE, (key, value) -> store.close()))
                .isInstanceOf(IllegalStateException.class);
        assertThat(rows(store, NODE)).containsExactly("a=1");
    }

    private static NodeIdentity identity(final String nodeId, final String clusterId) {
        return new NodeIdentity(
                nodeId,
                Samples.ORIGIN,
                new Generation(1_700_000_000_000L),
                clusterId,
                !clusterId.isEmpty(),
                "promised",
                "http://node-1:58231");
    }
}
