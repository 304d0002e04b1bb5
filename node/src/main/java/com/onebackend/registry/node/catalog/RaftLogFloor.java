package com.onebackend.registry.node.catalog;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Locale;
import java.util.Set;
import java.util.zip.CRC32C;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How far the Raft log has been both committed and on this disk, in a file beside it: what is missing up to there
 * later was lost. Raft itself would take a log whose end is gone for a shorter one.
 *
 * <p><i>Thread:</i> one at a time.
 *
 * @param index -1 = not known
 * @param term the highest this node knew of then; -1 = not known
 * @param boot which start of the machine wrote it; empty where the machine does not tell
 */
record RaftLogFloor(long index, long term, String boot) {
    static final RaftLogFloor UNKNOWN = new RaftLogFloor(-1, -1, "");

    private static final Logger LOG = LoggerFactory.getLogger(RaftLogFloor.class);
    private static final Path BOOT_ID = Path.of("/proc/sys/kernel/random/boot_id");
    private static final String FILE = "log-floor";

    /** Where it stands for a group. */
    static Path file(final Path groupFolder) {
        return groupFolder.resolve(FILE);
    }

    /** What was written last; {@link #UNKNOWN} when nothing was, or nothing that can be believed. */
    static RaftLogFloor read(final Path groupFolder) throws IOException {
        final Path file = file(groupFolder);
        final String[] parts;
        try {
            // Any bytes are characters here: damage must not be an exception.
            parts = new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1).split("\n", -1);
        } catch (final NoSuchFileException e) {
            return UNKNOWN;
        }
        if (parts.length == 5 && parts[3].equals(checksum(parts[0] + '\n' + parts[1] + '\n' + parts[2]))) {
            try {
                return new RaftLogFloor(Long.parseLong(parts[0]), Long.parseLong(parts[1]), parts[2]);
            } catch (final NumberFormatException e) {
                LOG.debug("no number in {}", file, e);
            }
        }
        LOG.warn("{} is damaged and is not used: a loss at the end of the Raft log would not be noticed", file);
        return UNKNOWN;
    }

    /** On disk when it returns. */
    void write(final Path groupFolder) throws IOException {
        final Path file = file(groupFolder);
        final Path next = groupFolder.resolve(FILE + ".tmp");
        final String text = index + "\n" + term + "\n" + boot;
        final ByteBuffer left =
                ByteBuffer.wrap((text + '\n' + checksum(text) + '\n').getBytes(StandardCharsets.ISO_8859_1));
        try (FileChannel channel = FileChannel.open(
                next,
                Set.of(StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE))) {
            while (left.hasRemaining()) {
                channel.write(left);
            }
            channel.force(true);
        }
        Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
        try (FileChannel folder = FileChannel.open(groupFolder, StandardOpenOption.READ)) {
            folder.force(true);
        }
    }

    /** The same, written during this start of the machine. */
    RaftLogFloor now() {
        return new RaftLogFloor(index, term, thisBoot());
    }

    /** What is known now as well; what was known stays known: at each start Raft begins at its snapshot again. */
    RaftLogFloor with(final long committedIndex, final long currentTerm) {
        return new RaftLogFloor(Math.max(index, committedIndex), Math.max(term, currentTerm), boot);
    }

    /** Whether the machine has run ever since: then nothing that was written is lost, synced or not. */
    boolean isOfThisBoot() {
        return !boot.isEmpty() && boot.equals(thisBoot());
    }

    /** Which start of the machine this is; empty where it does not tell. */
    static String thisBoot() {
        try {
            return Files.readString(BOOT_ID, StandardCharsets.US_ASCII).strip();
        } catch (final IOException e) {
            LOG.debug("no boot id", e);
            return "";
        }
    }

    private static String checksum(final String text) {
        final CRC32C crc = new CRC32C();
        crc.update(text.getBytes(StandardCharsets.ISO_8859_1));
        return String.format(Locale.ROOT, "%08x", crc.getValue());
    }
}
