package com.onebackend.registry.node.catalog;

import com.onebackend.registry.api.ErrorCode;
import com.onebackend.registry.api.RegistryException;
import com.onebackend.registry.storage.StorageFullException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A group's folder before Raft starts on it: put right where an interrupted step left it, refused where something is
 * lost.
 *
 * <p><i>Thread:</i> one, while Raft does not run on the folder.
 */
final class RaftFolder {
    private static final Logger LOG = LoggerFactory.getLogger(RaftFolder.class);
    private static final String SNAPSHOTS = "sm";
    private static final String BEFORE_REPAIR = ".before-repair";

    /** More than there can be elections between the last note of the term and the loss of its file. */
    private static final long TERMS_SKIPPED = 1_000;

    private RaftFolder() {}

    /**
     * Makes it ready for Raft; returns how far its log is known to have been on this disk.
     *
     * @throws RegistryException CONFLICT: Raft must not start on it; the message names the file and the way out
     * @throws StorageFullException it can be started when there is space
     * @throws IOException it cannot be read or written
     */
    static RaftLogFloor ready(final CatalogConfig config, final CatalogEpoch epoch) throws IOException {
        refuseFullDisk(config.raftFolder());
        final Path group = config.groupFolder(epoch);
        tidy(group);
        restoreTerm(group);
        RaftLogVerdict verdict = RaftLogCheck.of(group);
        if (verdict.kind() == RaftLogVerdict.Kind.UNFINISHED) {
            LOG.warn(
                    "the process was killed while it wrote to the Raft log; what it had not finished, and nobody was"
                            + " told of, is cut off file={} bytes={} ({})",
                    verdict.file(),
                    verdict.keepBytes(),
                    verdict.what());
            cut(verdict);
            verdict = RaftLogCheck.of(group);
        }
        if (verdict.kind() != RaftLogVerdict.Kind.GOOD) {
            throw new RegistryException(ErrorCode.CONFLICT, verdict.refusal(config.raftFolder()));
        }
        // From here on, the very first entry included, what is written is lost only if the machine ends.
        Files.createDirectories(group);
        final RaftLogFloor floor = RaftLogFloor.read(group).now();
        floor.write(group);
        return floor;
    }

    private static void refuseFullDisk(final Path folder) throws IOException {
        Files.createDirectories(folder);
        // Not what is free: a part of it may be kept for root.
        final long free = folder.toFile().getUsableSpace();
        if (free < RatisSettings.FREE_BYTES_MIN) {
            throw new StorageFullException(folder + ": the disk is full, " + (free >> 20)
                    + " MB are free and a voter needs " + (RatisSettings.FREE_BYTES_MIN >> 20)
                    + " MB to start: free space, then start the node again");
        }
    }

    /** Undoes or removes what installing or taking a snapshot left when the process was killed. */
    private static void tidy(final Path group) throws IOException {
        if (!Files.isDirectory(group)) {
            return;
        }
        final Path snapshots = group.resolve(SNAPSHOTS);
        try (DirectoryStream<Path> replaced = Files.newDirectoryStream(group, SNAPSHOTS + ".tmp*")) {
            for (final Path folder : replaced) {
                if (Files.exists(snapshots)) {
                    Folders.delete(folder);
                } else {
                    LOG.warn("the catalog's snapshots are taken back from {}: others were being installed", folder);
                    Files.move(folder, snapshots, StandardCopyOption.ATOMIC_MOVE);
                }
            }
        }
        Folders.delete(group.resolve("tmp"));
        if (Files.isDirectory(snapshots)) {
            try (DirectoryStream<Path> left = Files.newDirectoryStream(snapshots, "*.{partial,tmp,corrupt}")) {
                for (final Path file : left) {
                    Folders.delete(file);
                }
            }
        }
    }

    /**
     * On a full disk Raft replaces the file of its term and vote by an empty one, and ends. The node may vote again in
     * a term in which it cannot have voted yet: what it knew a second earlier, and many elections more.
     */
    private static void restoreTerm(final Path group) throws IOException {
        final Path meta = group.resolve("current").resolve(RaftLogCheck.META);
        final RaftLogFloor floor = RaftLogFloor.read(group);
        if (!Files.exists(meta) || Files.size(meta) > 0 || floor.term() < 0) {
            return;
        }
        final long term = floor.term() + TERMS_SKIPPED;
        LOG.warn(
                "{} is empty, as a full disk leaves it; this node goes on in term {}, far ahead of {}",
                meta,
                term,
                floor.term());
        final Path next = group.resolve("raft-meta.next");
        Files.writeString(next, "term=" + term + "\nvotedFor=\n", StandardCharsets.US_ASCII);
        try (FileChannel channel = FileChannel.open(next, StandardOpenOption.WRITE)) {
            channel.force(true);
        }
        Files.move(next, meta, StandardCopyOption.ATOMIC_MOVE);
        try (FileChannel folder = FileChannel.open(meta.getParent(), StandardOpenOption.READ)) {
            folder.force(true);
        }
    }

    /** Cuts the end off. The copy that is returned is on disk before the file is touched; only the last one stays. */
    static Path cut(final RaftLogVerdict verdict) throws IOException {
        final Path file = verdict.file();
        // Not among the segments: Raft would take a name that begins like one for one.
        final Path group = file.getParent().getParent();
        try (DirectoryStream<Path> earlier = Files.newDirectoryStream(group, "*" + BEFORE_REPAIR)) {
            for (final Path before : earlier) {
                Files.delete(before);
            }
        }
        final Path copy = group.resolve(file.getFileName() + "." + System.currentTimeMillis() + BEFORE_REPAIR);
        Files.copy(file, copy);
        try (FileChannel channel = FileChannel.open(copy, StandardOpenOption.WRITE)) {
            channel.force(true);
        }
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.truncate(verdict.keepBytes());
            channel.force(true);
        }
        renameToWhatIsInIt(file);
        return copy;
    }

    /** What Raft was about to do with a closed file that it had cut. */
    private static void renameToWhatIsInIt(final Path file) throws IOException {
        for (final RaftSegmentFile segment : RaftSegmentFile.in(file.getParent())) {
            if (segment.path().equals(file) && !segment.isOpen()) {
                final long last = RaftSegmentScan.of(segment).last();
                Files.move(
                        file,
                        file.resolveSibling("log_" + segment.first() + "-" + last),
                        StandardCopyOption.ATOMIC_MOVE);
            }
        }
    }
}
