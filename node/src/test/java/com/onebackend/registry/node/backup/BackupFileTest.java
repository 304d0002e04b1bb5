package com.onebackend.registry.node.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.onebackend.registry.model.InstanceStatus;
import com.onebackend.registry.model.Origin;
import com.onebackend.registry.model.Part;
import com.onebackend.registry.model.Stamp;
import com.onebackend.registry.replication.LogEntry;
import com.onebackend.registry.storage.Applied;
import com.onebackend.registry.storage.CatalogSection;
import com.onebackend.registry.wire.WireException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** A backup is read back as it was written, or not at all. */
class BackupFileTest {
    private static final int FLIPS = 100;
    private static final BackupHeader HEADER = new BackupHeader("cluster", "node-1", 2, 1_000, false, 17);

    @Test
    void whatWasWrittenIsRead() throws IOException {
        final BackupReader reader = new BackupReader(new ByteArrayInputStream(file()));
        assertThat(reader.header()).isEqualTo(HEADER);
        final List<String> read = new ArrayList<>();
        while (reader.next()) {
            read.add(
                    reader.kind() == BackupFormat.ROW
                            ? BackupRow.decode(reader.body()).key()
                            : BackedUpInstance.decode(reader.body()).id());
        }
        assertThat(read).containsExactly("definition", "account", "i-1", "i-2");
        assertThat(reader.summary().index()).isEqualTo(42);
        assertThat(reader.summary().rows()).isEqualTo(2);
        assertThat(reader.summary().instances()).isEqualTo(2);
        assertThat(reader.summary().checksum()).hasSize(64);
    }

    @Test
    void aFlippedBitAnywhereIsRefused() throws IOException {
        final byte[] good = file();
        final Random random = new Random(11);
        for (int i = 0; i < FLIPS; i++) {
            final byte[] bad = good.clone();
            bad[random.nextInt(bad.length)] ^= (byte) (1 << random.nextInt(8));
            assertThatThrownBy(() -> readAll(bad)).isInstanceOf(IOException.class);
        }
    }

    @Test
    void aFileCutOffAnywhereIsRefused() throws IOException {
        final byte[] good = file();
        for (int length = 0; length < good.length; length++) {
            final byte[] cut = Arrays.copyOf(good, length);
            assertThatThrownBy(() -> readAll(cut)).isInstanceOf(DamagedBackupException.class);
        }
        assertThatThrownBy(() -> readAll(Arrays.copyOf(good, good.length + 1)))
                .hasMessageContaining("something follows its end");
    }

    @Test
    void anotherVersionIsNamed() throws IOException {
        final byte[] later = file();
        later[11] = 9;
        assertThatThrownBy(() -> readAll(later)).hasMessageContaining("format 9");
    }

    @Test
    void aDeregisteredInstanceIsNotCollected() {
        final List<String> taken = new ArrayList<>();
        final InstanceCollector collector = new InstanceCollector(instance -> taken.add(instance.id()));
        collector.accept(entry("a", 5, registration()));
        collector.accept(entry("b", 6, registration()));
        collector.accept(entry("b", 7, new Part.Tombstone()));
        collector.accept(entry("c", 7, new Part.Tombstone()));
        collector.accept(entry("d", 8, new Part.Health(InstanceStatus.HEALTHY, "", 1)));
        collector.accept(entry("e", 9, registration()));
        collector.end();
        assertThat(taken).containsExactly("a", "e");
    }

    @Test
    void recordsOfABatchAreReadAndNoOthers() {
        final BackupRecords batch = new BackupRecords();
        batch.add(BackupFormat.ROW, new byte[] {1, 2});
        batch.add(BackupFormat.ROW, new byte[0]);
        assertThat(batch.isFullFor(BackupRecords.BATCH_BYTES_MAX)).isTrue();
        final byte[] taken = batch.take();
        assertThat(batch.isFullFor(BackupRecords.BATCH_BYTES_MAX)).isFalse();
        assertThat(BackupRecords.read(taken, BackupFormat.ROW)).containsExactly(new byte[] {1, 2}, new byte[0]);
        assertThatThrownBy(() -> BackupRecords.read(taken, BackupFormat.INSTANCE))
                .isInstanceOf(WireException.class);
        assertThatThrownBy(() -> BackupRecords.read(Arrays.copyOf(taken, taken.length - 1), BackupFormat.ROW))
                .isInstanceOf(WireException.class);
    }

    private static void readAll(final byte[] bytes) throws IOException {
        final BackupReader reader = new BackupReader(new ByteArrayInputStream(bytes));
        while (reader.next()) {
            assertThat(reader.body()).isNotNull();
        }
    }

    private static byte[] file() throws IOException {
        final ByteArrayOutputStream out = new ByteArrayOutputStream();
        final BackupWriter writer = new BackupWriter(out, HEADER);
        writer.row(CatalogSection.DEFINITION, "definition", "some bytes".getBytes(StandardCharsets.UTF_8));
        writer.row(CatalogSection.ACCOUNT, "account", new byte[300]);
        writer.instance(new BackedUpInstance(entry("i-1", 1, registration()), null, null));
        writer.instance(new BackedUpInstance(
                entry("i-2", 2, registration()),
                entry("i-2", 3, new Part.Health(InstanceStatus.HEALTHY, "fine", 9)),
                entry("i-2", 4, new Part.Intent(Part.Intent.Mode.DRAIN, "why"))));
        writer.finish(new Applied(42, 3));
        return out.toByteArray();
    }

    private static LogEntry entry(final String id, final long stamp, final Part part) {
        return new LogEntry(new Origin(7), stamp, new Stamp(stamp), id, part);
    }

    private static Part.Registration registration() {
        return new Part.Registration(
                "slug", "http://a:1", "http", "a", "", 1, "", "", "http://n", List.of("x"), Stamp.ZERO);
    }
}
