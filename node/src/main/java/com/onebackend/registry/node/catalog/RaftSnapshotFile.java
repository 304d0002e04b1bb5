package com.onebackend.registry.node.catalog;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.ratis.io.MD5Hash;
import org.apache.ratis.util.MD5FileUtil;

/** A snapshot of the catalog in Raft's folder: a file whose name tells how far it goes, and its checksum beside it. */
record RaftSnapshotFile(Path path, long term, long index) {
    private static final Pattern NAME = Pattern.compile("snapshot\\.(\\d{1,18})_(\\d{1,18})");

    /** The one that goes furthest; null when there is none. */
    static RaftSnapshotFile newest(final Path folder) throws IOException {
        RaftSnapshotFile newest = null;
        if (!Files.isDirectory(folder)) {
            return null;
        }
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "snapshot.*")) {
            for (final Path file : files) {
                final Matcher name = NAME.matcher(file.getFileName().toString());
                if (name.matches()) {
                    final RaftSnapshotFile found =
                            new RaftSnapshotFile(file, Long.parseLong(name.group(1)), Long.parseLong(name.group(2)));
                    newest = newest == null || found.index() > newest.index() ? found : newest;
                }
            }
        }
        return newest;
    }

    /** What is wrong with it; empty when nothing is. Reads all of it. */
    String fault() throws IOException {
        final MD5Hash stored;
        try {
            stored = MD5FileUtil.readStoredMd5ForFile(path.toFile());
        } catch (final IOException e) {
            return "the snapshot's checksum cannot be read (" + RatisErrors.reason(e) + ")";
        }
        if (stored == null) {
            return "the snapshot's checksum, " + path.getFileName() + ".md5, is missing";
        }
        return stored.equals(MD5FileUtil.computeMd5ForFile(path.toFile()))
                ? ""
                : "the snapshot does not match its checksum";
    }
}
