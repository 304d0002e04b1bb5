package com.onebackend.registry.node.catalog;

import java.io.IOException;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.thirdparty.com.google.protobuf.InvalidProtocolBufferException;

/**
 * Looks at a group's folder before Raft does. Raft refuses much of what is wrong in it, in its own words, but deletes a
 * segment that was zeroed, takes a closed one that was cut for a shorter one, and formats a folder without its term.
 *
 * <p><i>Thread:</i> one, while Raft does not run on the folder. <i>Invariants:</i> changes nothing.
 */
final class RaftLogCheck {
    static final String META = "raft-meta";
    private static final String META_CONF = "raft-meta.conf";

    private final Path groupFolder;
    private final Path current;
    private final RaftLogFloor floor;
    private final RaftSnapshotFile snapshot;

    private RaftLogCheck(final Path groupFolder, final RaftLogFloor floor, final RaftSnapshotFile snapshot) {
        this.groupFolder = groupFolder;
        this.current = groupFolder.resolve("current");
        this.floor = floor;
        this.snapshot = snapshot;
    }

    /** @throws IOException the folder cannot be read */
    static RaftLogVerdict of(final Path groupFolder) throws IOException {
        if (!Files.isDirectory(groupFolder)) {
            return RaftLogVerdict.GOOD;
        }
        return new RaftLogCheck(
                        groupFolder, RaftLogFloor.read(groupFolder), RaftSnapshotFile.newest(groupFolder.resolve("sm")))
                .check();
    }

    private RaftLogVerdict check() throws IOException {
        if (snapshot != null) {
            final String fault = snapshot.fault();
            if (!fault.isEmpty()) {
                return RaftLogVerdict.damaged(snapshot.path(), fault);
            }
        }
        final List<RaftSegmentFile> segments =
                Files.isDirectory(current) ? RaftSegmentFile.in(current) : List.<RaftSegmentFile>of();
        final Path meta = current.resolve(META);
        if (!Files.exists(meta)) {
            return snapshot == null && segments.isEmpty() && floor.index() < 0
                    ? RaftLogVerdict.GOOD
                    : RaftLogVerdict.damaged(meta, "it is missing, and with it for whom this node has voted");
        }
        final List<RaftSegmentScan> scans = new ArrayList<>();
        for (final RaftSegmentFile segment : segments) {
            scans.add(RaftSegmentScan.of(segment));
        }
        final RaftLogVerdict log = checkLog(scans);
        return log.kind() == RaftLogVerdict.Kind.GOOD ? checkMeta(meta, scans) : log;
    }

    private RaftLogVerdict checkLog(final List<RaftSegmentScan> scans) {
        long end = snapshot == null ? -1 : snapshot.index();
        long previous = -1;
        for (int i = 0; i < scans.size(); i++) {
            final RaftSegmentScan scan = scans.get(i);
            final RaftSegmentFile segment = scan.segment();
            // A gap below the snapshot is harmless: those entries are in it.
            if (segment.first() > previous + 1 && segment.first() > end + 1) {
                return RaftLogVerdict.damaged(
                        segment.path(),
                        "it begins with entry " + segment.first() + ", but the entries before it, from "
                                + (Math.max(end, previous) + 1) + " on, are in no file: a segment or the snapshot in "
                                + groupFolder.resolve("sm") + " is missing");
            }
            if (scan.ending() != RaftSegmentScan.Ending.CLEAN) {
                return fault(scan, i == scans.size() - 1);
            }
            previous = scan.last();
            end = Math.max(end, previous);
        }
        return end < floor.index()
                ? RaftLogVerdict.damaged(
                        current,
                        "the log in it ends with entry " + end + ", but has been on this disk up to entry "
                                + floor.index() + ": its last file is missing or was emptied")
                : RaftLogVerdict.GOOD;
    }

    private RaftLogVerdict fault(final RaftSegmentScan scan, final boolean isLast) {
        final Path file = scan.segment().path();
        final boolean isEnd = switch (scan.ending()) {
            case CUT_SHORT, BAD_TAIL -> true;
            // What was committed is in front of it, which must be known.
            case FOLLOWED -> floor.index() >= 0;
            case SHORTENED -> floor.index() >= 0 && floor.isOfThisBoot();
            case BROKEN, CLEAN -> false;
        };
        if (!isLast || !isEnd || scan.last() < floor.index()) {
            return RaftLogVerdict.damaged(file, scan.fault());
        }
        final boolean isUnfinished = scan.ending() == RaftSegmentScan.Ending.SHORTENED
                || (scan.ending() == RaftSegmentScan.Ending.CUT_SHORT && floor.isOfThisBoot());
        return new RaftLogVerdict(
                isUnfinished ? RaftLogVerdict.Kind.UNFINISHED : RaftLogVerdict.Kind.TORN,
                file,
                scan.fault()
                        + (scan.ending() == RaftSegmentScan.Ending.FOLLOWED
                                ? ", and entries that do are behind it"
                                : ", at the end of the log"),
                scan.end());
    }

    /** The term must not be an earlier one than the log's: this node could vote twice. */
    private RaftLogVerdict checkMeta(final Path meta, final List<RaftSegmentScan> scans) throws IOException {
        long logTerm = snapshot == null ? 0 : snapshot.term();
        boolean hasConfiguration = false;
        for (final RaftSegmentScan scan : scans) {
            logTerm = Math.max(logTerm, scan.term());
            hasConfiguration |= scan.hasConfiguration();
        }
        final long term = term(meta);
        if (term < 0) {
            return RaftLogVerdict.damaged(meta, "it does not tell the term and for whom this node has voted");
        }
        if (term < logTerm) {
            return RaftLogVerdict.damaged(
                    meta, "it tells term " + term + ", but the log has entries of term " + logTerm);
        }
        final Path voters = current.resolve(META_CONF);
        // Raft takes an empty one, which a full disk leaves, for none: then the log has to tell.
        final boolean isThere = Files.exists(voters) && Files.size(voters) > 0;
        if (isThere ? !isConfiguration(voters) : snapshot != null && !hasConfiguration) {
            return RaftLogVerdict.damaged(voters, "it does not tell who votes");
        }
        return RaftLogVerdict.GOOD;
    }

    /** -1 = it cannot be read. */
    private static long term(final Path meta) throws IOException {
        final Properties properties = new Properties();
        try (Reader in = Files.newBufferedReader(meta, StandardCharsets.ISO_8859_1)) {
            properties.load(in);
            return properties.getProperty("votedFor") == null
                    ? -1
                    : Long.parseLong(properties.getProperty("term", "-1"));
        } catch (final IllegalArgumentException e) {
            return -1;
        }
    }

    private static boolean isConfiguration(final Path file) throws IOException {
        try {
            return LogEntryProto.parseFrom(Files.readAllBytes(file)).hasConfigurationEntry();
        } catch (final InvalidProtocolBufferException e) {
            return false;
        }
    }
}
