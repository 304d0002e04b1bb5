package com.onebackend.registry.node.cluster;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.TimeUnit;

/** A file system of its own, small enough to be filled. Needs root. */
final class SmallDisk implements AutoCloseable {
    /** Where disk faults must be tested, a skipped test is a failed one. */
    static final boolean IS_REQUIRED = "required".equals(System.getProperty("disk.faults"));

    /** A node needs 256 MB free to start. */
    private static final int MEGABYTES = 320;

    private static final int[] PIECES = {1 << 20, 4_096, 1};
    private static final int COMMAND_SECONDS_MAX = 20;

    private final Path folder;
    private final Path ballast;

    private SmallDisk(final Path folder) {
        this.folder = folder;
        this.ballast = folder.resolve("ballast");
    }

    /** Mounts one at the parent of {@code data}; null where this process may not. */
    static SmallDisk at(final Path data) throws IOException, InterruptedException {
        Files.createDirectories(data);
        if (run("mount", "-t", "tmpfs", "-o", "size=" + MEGABYTES + "m", "tmpfs", data.toString())) {
            return new SmallDisk(data);
        }
        if (IS_REQUIRED) {
            throw new IOException("no file system can be mounted at " + data);
        }
        return null;
    }

    /** Leaves not a byte. */
    void fill() throws IOException {
        for (final int pieceBytes : PIECES) {
            try (FileChannel file = FileChannel.open(
                    ballast, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.APPEND)) {
                while (file.write(ByteBuffer.allocate(pieceBytes)) > 0) {
                    // Until nothing more goes in.
                }
            } catch (final IOException full) {
                // With smaller pieces, then.
            }
        }
    }

    void free() throws IOException {
        Files.delete(ballast);
    }

    /** Takes the right to write from everybody, or gives it back. */
    void readOnly(final boolean isReadOnly) throws IOException, InterruptedException {
        if (!run("mount", "-o", "remount," + (isReadOnly ? "ro" : "rw"), folder.toString())) {
            throw new IOException(folder + " cannot be mounted again");
        }
    }

    @Override
    public void close() throws IOException, InterruptedException {
        // A process that was killed a moment ago may still hold it.
        if (!run("umount", folder.toString()) && !run("umount", "--lazy", folder.toString())) {
            throw new IOException(folder + " cannot be unmounted");
        }
    }

    private static boolean run(final String... command) throws IOException, InterruptedException {
        final Process process;
        try {
            process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
        } catch (final IOException missing) {
            return false;
        }
        return process.waitFor(COMMAND_SECONDS_MAX, TimeUnit.SECONDS) && process.exitValue() == 0;
    }
}
