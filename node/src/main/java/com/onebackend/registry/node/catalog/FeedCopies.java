package com.onebackend.registry.node.catalog;

import com.google.protobuf.UnsafeByteOperations;
import com.onebackend.registry.node.catalog.FeedCodec.CopyPart;
import com.onebackend.registry.node.catalog.FeedCodec.CopyRequest;
import com.onebackend.registry.storage.Applied;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whole copies of the catalog for nodes that are too far behind to follow its log: a file each, handed out in parts,
 * shared by all who need one at the same time.
 *
 * <p>Bounded: {@link #OPEN_MAX} files; one that nobody reads is deleted after {@link #IDLE_MILLIS}, and the files of an
 * earlier process at the start.
 *
 * <p><i>Thread:</i> any that may wait for the disk.
 */
final class FeedCopies implements AutoCloseable {
    static final int OPEN_MAX = 2;
    static final long IDLE_MILLIS = 60_000;
    static final int PART_BYTES = 512 << 10;

    private static final Logger LOG = LoggerFactory.getLogger(FeedCopies.class);
    private static final String SUFFIX = ".copy";

    private final Path folder;
    private final CatalogState state;
    private final CatalogFeed feed;
    private final SecureRandom random = new SecureRandom();
    private final Map<Long, Copy> open = new HashMap<>();

    private static final class Copy {
        final Path file;
        final FileChannel channel;
        final long applied;
        final CatalogEpoch epoch;
        long usedNanos = System.nanoTime();

        Copy(final Path file, final FileChannel channel, final long applied, final CatalogEpoch epoch) {
            this.file = file;
            this.channel = channel;
            this.applied = applied;
            this.epoch = epoch;
        }
    }

    FeedCopies(final Path folder, final CatalogState state, final CatalogFeed feed) {
        this.folder = folder;
        this.state = state;
        this.feed = feed;
    }

    /** Deletes what an earlier process left. */
    void clean() throws IOException {
        if (!Files.isDirectory(folder)) {
            return;
        }
        try (var files = Files.newDirectoryStream(folder, "*" + SUFFIX)) {
            for (final Path file : files) {
                Files.deleteIfExists(file);
            }
        }
    }

    /**
     * A part of a copy; makes the copy when there is none that helps.
     *
     * @throws IOException the token is not known any more, too many copies are open, or the disk failed: begin again
     */
    synchronized CopyPart part(final CopyRequest request) throws IOException {
        final long token = request.token() == 0 ? usable() : request.token();
        final Copy copy = open.get(token);
        if (copy == null) {
            throw new IOException("the copy is not there any more; begin again");
        }
        copy.usedNanos = System.nanoTime();
        final long size = copy.channel.size();
        final int length = (int) Math.max(0, Math.min(PART_BYTES, size - request.offset()));
        final ByteBuffer part = ByteBuffer.allocate(length);
        while (part.hasRemaining()) {
            if (copy.channel.read(part, request.offset() + part.position()) < 0) {
                throw new IOException("the copy ends too early; begin again");
            }
        }
        return new CopyPart(token, size, UnsafeByteOperations.unsafeWrap(part.array()), copy.applied, copy.epoch);
    }

    private long usable() throws IOException {
        for (final Map.Entry<Long, Copy> each : open.entrySet()) {
            if (each.getValue().epoch.equals(state.epoch()) && each.getValue().applied >= feed.floor()) {
                return each.getKey();
            }
        }
        if (open.size() >= OPEN_MAX) {
            throw new IOException("more than " + OPEN_MAX + " copies are being read; ask again later");
        }
        return make();
    }

    private long make() throws IOException {
        Files.createDirectories(folder);
        final long token = nextToken();
        final Path file = folder.resolve(Long.toHexString(token) + SUFFIX);
        final CatalogEpoch epoch = state.epoch();
        final Applied applied;
        try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file))) {
            applied = state.exportTo(out);
            if (!state.epoch().equals(epoch)) {
                throw new IOException("the catalog was recovered by force meanwhile; begin again");
            }
        } catch (final IOException | RuntimeException e) {
            Files.deleteIfExists(file);
            throw e;
        }
        open.put(token, new Copy(file, FileChannel.open(file, StandardOpenOption.READ), applied.index(), epoch));
        return token;
    }

    private long nextToken() {
        while (true) {
            final long token = random.nextLong();
            if (token != 0 && !open.containsKey(token)) {
                return token;
            }
        }
    }

    /** Deletes what nobody reads any more. */
    synchronized void expire(final long nowNanos) {
        final Iterator<Copy> each = open.values().iterator();
        while (each.hasNext()) {
            final Copy copy = each.next();
            if (TimeUnit.NANOSECONDS.toMillis(nowNanos - copy.usedNanos) >= IDLE_MILLIS) {
                each.remove();
                delete(copy);
            }
        }
    }

    @Override
    public synchronized void close() {
        open.values().forEach(FeedCopies::delete);
        open.clear();
    }

    private static void delete(final Copy copy) {
        try {
            copy.channel.close();
            Files.deleteIfExists(copy.file);
        } catch (final IOException e) {
            LOG.warn("a copy of the catalog was not deleted file={}", copy.file, e);
        }
    }
}
