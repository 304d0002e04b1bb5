package com.onebackend.registry.node.catalog;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.zip.CRC32C;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.thirdparty.com.google.protobuf.InvalidProtocolBufferException;

/**
 * What is in one file of the Raft log, read without Raft: a header, then records of a length (varint), an entry of that
 * length and a CRC-32C of both; zeros after the last one.
 *
 * <p><i>Thread:</i> one. <i>Invariants:</i> reads only.
 */
final class RaftSegmentScan {
    /** Far more than a segment may hold, with the largest entry at its end. */
    private static final long FILE_BYTES_MAX = 256L << 20;

    private static final byte[] HEADER = "RaftLog1".getBytes(StandardCharsets.UTF_8);
    private static final int CRC_BYTES = 4;
    private static final int VARINT_BYTES_MAX = 5;
    /** The first byte of an entry: its term is there always, and first. */
    private static final int TERM_TAG = 0x08;

    private final RaftSegmentFile segment;
    private final byte[] bytes;
    private long last;
    private long term = -1;
    private boolean hasConfiguration;
    private int end;
    private Ending ending = Ending.CLEAN;
    private String fault = "";

    /** How the records of a file end. */
    enum Ending {
        /** After the last one there is nothing. */
        CLEAN,
        /** The last one was written in part: it is right as far as it goes, and after it there is nothing. */
        CUT_SHORT,
        /** The last thing in the file is no record. */
        BAD_TAIL,
        /** Good records follow something that is none: pages that were being synced reach a disk in any order. */
        FOLLOWED,
        /** A closed file ends with a record, but before the one its name tells: Raft cuts it first, then renames it. */
        SHORTENED,
        /** It is no such file, or a closed one that is not whole, or its entries do not follow each other. */
        BROKEN
    }

    private RaftSegmentScan(final RaftSegmentFile segment, final byte[] bytes) {
        this.segment = segment;
        this.bytes = bytes;
        this.last = segment.first() - 1;
    }

    static RaftSegmentScan of(final RaftSegmentFile segment) throws IOException {
        if (Files.size(segment.path()) > FILE_BYTES_MAX) {
            throw new IOException(segment.path() + " is larger than any file of the Raft log");
        }
        final RaftSegmentScan scan = new RaftSegmentScan(segment, Files.readAllBytes(segment.path()));
        scan.read();
        return scan;
    }

    RaftSegmentFile segment() {
        return segment;
    }

    /** Index of the last good record; the one before {@code first} when there is none. */
    long last() {
        return last;
    }

    /** Term of the last good record; -1 when there is none. */
    long term() {
        return term;
    }

    /** Whether one of the entries says who votes. */
    boolean hasConfiguration() {
        return hasConfiguration;
    }

    /** Where the last good record ends. */
    int end() {
        return end;
    }

    Ending ending() {
        return ending;
    }

    /** What is wrong; empty when nothing is. */
    String fault() {
        return fault;
    }

    private void read() {
        final int zeros = zerosFrom(0);
        if (zeros == 0 && segment.isOpen()) {
            // Space was reserved, and nothing written yet.
            return;
        }
        if (bytes.length < HEADER.length || !Arrays.equals(HEADER, 0, HEADER.length, bytes, 0, HEADER.length)) {
            ends(Ending.BROKEN, "it does not begin as a file of the Raft log does");
            return;
        }
        end = HEADER.length;
        while (end < bytes.length && bytes[end] != 0) {
            final int next = recordAt(end);
            if (next < 0) {
                ends(
                        damageAt(end, zeros),
                        "entry " + (last + 1) + ", at byte " + end + ", does not match its checksum");
                return;
            }
            if (!take(end, next)) {
                return;
            }
            end = next;
            if (last == segment.last()) {
                // Raft skips what is behind it.
                return;
            }
        }
        if (!segment.isOpen()) {
            ends(
                    end == bytes.length && last >= segment.first() ? Ending.SHORTENED : Ending.BROKEN,
                    "it ends with entry " + last + " instead of " + segment.last());
        } else if (zeros > end) {
            ends(
                    recordAfter(end) ? Ending.FOLLOWED : Ending.BAD_TAIL,
                    "there is something else than records from byte " + end + " on");
        }
    }

    private void ends(final Ending how, final String what) {
        ending = how;
        fault = what;
    }

    /** Where the zeros begin that last to the end of the file. */
    private int zerosFrom(final int from) {
        int at = bytes.length;
        while (at > from && bytes[at - 1] == 0) {
            at--;
        }
        return at;
    }

    private Ending damageAt(final int at, final int zeros) {
        if (!segment.isOpen()) {
            return Ending.BROKEN;
        }
        if (recordAfter(at)) {
            return Ending.FOLLOWED;
        }
        return isUnfinished(at, zeros) ? Ending.CUT_SHORT : Ending.BAD_TAIL;
    }

    /** Whether the record at {@code at} is right up to where the zeros begin, and not complete. */
    private boolean isUnfinished(final int at, final int zeros) {
        final long length = lengthAt(at);
        if (length < 0) {
            return at + VARINT_BYTES_MAX > bytes.length;
        }
        final long crcAt = at + varintBytes(length) + length;
        if (zeros <= crcAt) {
            return true;
        }
        if (zeros > crcAt + CRC_BYTES) {
            return false;
        }
        // The end is within the checksum: then all that it is of is there.
        final byte[] checksum =
                ByteBuffer.allocate(CRC_BYTES).putInt(checksum(at, (int) crcAt)).array();
        return Arrays.equals(checksum, 0, zeros - (int) crcAt, bytes, (int) crcAt, zeros);
    }

    /** Whether a good record begins anywhere behind {@code at}. */
    private boolean recordAfter(final int at) {
        for (int next = at + 1; next < bytes.length; next++) {
            if (bytes[next] != 0 && recordAt(next) >= 0) {
                return true;
            }
        }
        return false;
    }

    /** The length that the record at {@code at} gives for its entry; -1 when it is none. */
    private long lengthAt(final int at) {
        long length = 0;
        for (int i = 0; i < VARINT_BYTES_MAX && at + i < bytes.length; i++) {
            length |= (long) (bytes[at + i] & 0x7f) << (7 * i);
            if (bytes[at + i] >= 0) {
                return length;
            }
        }
        return -1;
    }

    private static int varintBytes(final long value) {
        return Math.max(1, (Long.SIZE - Long.numberOfLeadingZeros(value) + 6) / 7);
    }

    /** Where the record at {@code at} ends; -1 when there is none. */
    private int recordAt(final int at) {
        final long length = lengthAt(at);
        if (length <= 0) {
            return -1;
        }
        final int begin = at + varintBytes(length);
        final long crcAt = begin + length;
        if (crcAt + CRC_BYTES > bytes.length || bytes[begin] != TERM_TAG) {
            return -1;
        }
        return checksum(at, (int) crcAt) == ByteBuffer.wrap(bytes).getInt((int) crcAt) ? (int) crcAt + CRC_BYTES : -1;
    }

    private int checksum(final int from, final int to) {
        final CRC32C crc = new CRC32C();
        crc.update(bytes, from, to - from);
        return (int) crc.getValue();
    }

    /** Takes the record between two offsets; false when it does not belong there. */
    private boolean take(final int from, final int to) {
        final int begin = from + varintBytes(lengthAt(from));
        final LogEntryProto entry;
        try {
            entry = LogEntryProto.parser().parseFrom(bytes, begin, to - CRC_BYTES - begin);
        } catch (final InvalidProtocolBufferException e) {
            ends(Ending.BROKEN, "the record at byte " + from + " is no entry");
            return false;
        }
        if (entry.getIndex() != last + 1 || entry.getTerm() < term) {
            ends(
                    Ending.BROKEN,
                    "entry " + entry.getIndex() + " of term " + entry.getTerm() + " follows entry " + last + " of term "
                            + term);
            return false;
        }
        last = entry.getIndex();
        term = entry.getTerm();
        hasConfiguration |= entry.hasConfigurationEntry();
        return true;
    }
}
