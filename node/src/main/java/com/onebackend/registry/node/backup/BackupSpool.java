package com.onebackend.registry.node.backup;

import com.onebackend.registry.api.ByteSource;
import com.onebackend.registry.node.catalog.CatalogRows;
import com.onebackend.registry.node.catalog.CatalogService;
import com.onebackend.registry.storage.Applied;
import com.onebackend.registry.storage.InstanceLog;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A backup on the disk of the node that made it, under no name: it is gone when it is closed, or with the process.
 *
 * <p><i>Thread:</i> one at a time.
 */
public final class BackupSpool implements ByteSource {
    /** Left free on the node's disk, whatever a backup takes: a node whose disk is full ends. */
    static final long SPARE_BYTES_MIN = 256L << 20;

    private static final Logger LOG = LoggerFactory.getLogger(BackupSpool.class);

    private final FileChannel file;
    private final Runnable onClose;
    private final Applied applied;
    private boolean isClosed;

    private BackupSpool(final FileChannel file, final Applied applied, final Runnable onClose) {
        this.file = file;
        this.applied = applied;
        this.onClose = onClose;
    }

    /**
     * Writes a backup: the catalog as it is at one moment, then the instances as they are at one moment.
     *
     * @param folder on whose disk there is room
     * @param onClose run once, when it is closed
     * @throws IOException the disk failed or is full; {@code onClose} is not run
     */
    public static BackupSpool write(
            final Path folder,
            final BackupHeader header,
            final CatalogService catalog,
            final InstanceLog instances,
            final Runnable onClose)
            throws IOException {
        final FileChannel file = unnamed(folder);
        try {
            final OutputStream out = new SparingStream(
                    Channels.newOutputStream(file),
                    () -> Files.getFileStore(folder).getUsableSpace(),
                    SPARE_BYTES_MIN);
            final BackupWriter writer = new BackupWriter(out, header);
            final Applied applied = catalog.readAll((section, key, value) -> {
                if (CatalogRows.isContent(section, key)) {
                    writer.row(section, key, value);
                }
            });
            final InstanceCollector collector = new InstanceCollector(writer::instance);
            instances.load(collector, head -> {});
            collector.end();
            writer.finish(applied);
            file.position(0);
            return new BackupSpool(file, applied, onClose);
        } catch (final UncheckedIOException e) {
            file.close();
            throw e.getCause();
        } catch (final IOException | RuntimeException e) {
            file.close();
            throw e;
        }
    }

    private static FileChannel unnamed(final Path folder) throws IOException {
        final Path path = folder.resolve("backup.spool");
        Files.deleteIfExists(path);
        final FileChannel file = FileChannel.open(
                path,
                Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.delete(path);
        return file;
    }

    /** How long it is. */
    public long length() throws IOException {
        return file.size();
    }

    /** Which catalog it holds. */
    public Applied applied() {
        return applied;
    }

    @Override
    public int read(final byte[] into, final int length) throws IOException {
        return file.read(ByteBuffer.wrap(into, 0, length));
    }

    @Override
    public void close() {
        if (isClosed) {
            return;
        }
        isClosed = true;
        try {
            file.close();
        } catch (final IOException e) {
            LOG.warn("a backup's copy was not closed", e);
        } finally {
            onClose.run();
        }
    }
}
