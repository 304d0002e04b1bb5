package com.onebackend.registry.node.catalog;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;

/**
 * How large a folder was when it was measured last. <i>Thread:</i> {@link #measure}, which reads the disk, in the
 * background; {@link #bytes} on any.
 */
final class FolderBytes {
    /** Not measured yet. */
    static final long UNKNOWN = -1;

    private final Path folder;
    private volatile long bytes = UNKNOWN;

    FolderBytes(final Path folder) {
        this.folder = folder;
    }

    long bytes() {
        return bytes;
    }

    /** Files may come and go meanwhile. */
    void measure() throws IOException {
        final long[] sum = {0};
        if (Files.isDirectory(folder)) {
            Files.walkFileTree(folder, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult visitFile(final Path file, final BasicFileAttributes attributes) {
                    sum[0] += attributes.size();
                    return FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult visitFileFailed(final Path file, final IOException e) {
                    return FileVisitResult.CONTINUE;
                }
            });
        }
        bytes = sum[0];
    }
}
