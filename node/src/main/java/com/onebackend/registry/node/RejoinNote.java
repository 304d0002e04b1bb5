package com.onebackend.registry.node;

import com.onebackend.registry.model.Generation;
import com.onebackend.registry.model.Origin;
import com.onebackend.registry.storage.NodeIdentity;
import com.onebackend.registry.storage.StorageException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * The file that says that a node is about to begin anew, and as whom: there from before its data is touched until the
 * new data knows it.
 *
 * <p><i>Thread:</i> one.
 */
final class RejoinNote {
    private static final int LINES = 5;
    private static final long BYTES_MAX = 64 << 10;

    private final Path file;

    /**
     * What is to be done.
     *
     * @param aside the folder, inside the data folder, for what the node had
     * @param identity whom it begins as
     */
    record Plan(String aside, NodeIdentity identity) {}

    RejoinNote(final Path file) {
        this.file = file;
    }

    /** On disk when this returns. */
    void write(final Plan plan) throws IOException {
        final NodeIdentity identity = plan.identity();
        final String text = String.join(
                "\n",
                plan.aside(),
                identity.nodeId(),
                Long.toString(identity.origin().value()),
                Long.toString(identity.generation().value()),
                identity.selfUrl());
        final Path writing = file.resolveSibling(file.getFileName() + ".writing");
        try (FileChannel channel = FileChannel.open(
                writing, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)) {
            final ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            channel.force(true);
        }
        Files.move(writing, file, StandardCopyOption.ATOMIC_MOVE);
        sync(file.toAbsolutePath().getParent());
    }

    /** The plan, or null when there is none. */
    Plan read() throws IOException {
        if (!Files.exists(file)) {
            return null;
        }
        final List<String> lines = Files.size(file) > BYTES_MAX
                ? List.of()
                : Files.readString(file).lines().toList();
        try {
            // The last line, the URL, may be empty.
            if (lines.size() >= LINES - 1 && lines.get(0).matches("removed-[0-9-]+")) {
                return new Plan(
                        lines.get(0),
                        new NodeIdentity(
                                lines.get(1),
                                new Origin(Long.parseLong(lines.get(2))),
                                new Generation(Long.parseLong(lines.get(3))),
                                "",
                                false,
                                NodeIdentity.JOIN_ONLY,
                                lines.size() < LINES ? "" : lines.get(LINES - 1)));
            }
        } catch (final NumberFormatException | IllegalStateException e) {
            throw damaged(e);
        }
        throw damaged(null);
    }

    private StorageException damaged(final Exception cause) {
        return new StorageException(
                file + " is damaged: it said that this node begins anew; start it with an empty folder instead", cause);
    }

    void delete() throws IOException {
        Files.deleteIfExists(file);
        sync(file.toAbsolutePath().getParent());
    }

    /** What was made, moved or deleted in this folder is on disk. */
    static void sync(final Path folder) throws IOException {
        try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    static void deleteTree(final Path root) throws IOException {
        try (Stream<Path> paths = Files.walk(root)) {
            for (final Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }
}
