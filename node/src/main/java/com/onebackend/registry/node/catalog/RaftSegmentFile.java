package com.onebackend.registry.node.catalog;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A file of the Raft log, as its name tells.
 *
 * @param first index of its first entry
 * @param last index of its last entry; {@link #OPEN} while it is written to
 */
record RaftSegmentFile(Path path, long first, long last) {
    static final long OPEN = -1;

    private static final Pattern CLOSED_NAME = Pattern.compile("log_(\\d{1,18})-(\\d{1,18})");
    private static final Pattern OPEN_NAME = Pattern.compile("log_inprogress_(\\d{1,18})");

    boolean isOpen() {
        return last == OPEN;
    }

    /** Those of a folder, in the order of the log. */
    static List<RaftSegmentFile> in(final Path folder) throws IOException {
        final List<RaftSegmentFile> segments = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "log_*")) {
            for (final Path file : files) {
                final String name = file.getFileName().toString();
                final Matcher closed = CLOSED_NAME.matcher(name);
                final Matcher open = OPEN_NAME.matcher(name);
                if (closed.matches()) {
                    segments.add(new RaftSegmentFile(
                            file, Long.parseLong(closed.group(1)), Long.parseLong(closed.group(2))));
                } else if (open.matches()) {
                    segments.add(new RaftSegmentFile(file, Long.parseLong(open.group(1)), OPEN));
                }
            }
        }
        segments.sort(Comparator.comparingLong(RaftSegmentFile::first));
        return segments;
    }
}
