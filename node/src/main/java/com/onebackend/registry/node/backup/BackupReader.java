package com.onebackend.registry.node.backup;

import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * Reads a backup, record by record. Nothing of it is certain before {@link #next} has answered false: only then is the
 * checksum known to be right.
 *
 * <p><i>Thread:</i> one. The stream is read to its end, and not closed.
 */
public final class BackupReader {
    private static final int BUFFER_BYTES = 64 << 10;

    private final DigestInputStream digested;
    private final DataInputStream in;
    private final BackupHeader header;
    private byte kind;
    private byte[] body;
    private long rows;
    private long instances;
    private BackupSummary summary;

    /** Reads the header. Throws {@link DamagedBackupException} when it is none. */
    public BackupReader(final InputStream source) throws IOException {
        digested = new DigestInputStream(new BufferedInputStream(source, BUFFER_BYTES), BackupFormat.sha256());
        in = new DataInputStream(digested);
        if (!Arrays.equals(in.readNBytes(BackupFormat.MAGIC.length), BackupFormat.MAGIC)) {
            throw new DamagedBackupException("this is no backup: it does not begin like one");
        }
        try {
            final int version = in.readInt();
            if (version != BackupFormat.VERSION) {
                throw new DamagedBackupException("the backup has format " + version + ", and this version reads format "
                        + BackupFormat.VERSION + ": use a version that knows it");
            }
            record();
            if (kind != BackupFormat.HEADER) {
                throw damaged("it has no header");
            }
            final DataInputStream fields = new DataInputStream(new ByteArrayInputStream(body));
            header = new BackupHeader(
                    fields.readUTF(),
                    fields.readUTF(),
                    fields.readInt(),
                    fields.readLong(),
                    fields.readBoolean(),
                    fields.readLong());
        } catch (final EOFException e) {
            throw truncated(e);
        }
    }

    /** Where it comes from. */
    public BackupHeader header() {
        return header;
    }

    /** Goes to the next row or instance; false when all was read and the checksum is right. */
    public boolean next() throws IOException {
        try {
            record();
            if (kind == BackupFormat.ROW) {
                rows++;
            } else if (kind == BackupFormat.INSTANCE) {
                instances++;
            } else if (kind == BackupFormat.END) {
                finish();
                return false;
            } else {
                throw damaged("a record of kind " + kind);
            }
            return true;
        } catch (final EOFException e) {
            throw truncated(e);
        }
    }

    private void record() throws IOException {
        kind = in.readByte();
        final int length = in.readInt();
        if (length < 0 || length > BackupFormat.RECORD_BYTES_MAX) {
            throw damaged("a length is " + length);
        }
        body = in.readNBytes(length);
        if (body.length < length) {
            throw new EOFException("record");
        }
    }

    private void finish() throws IOException {
        final DataInputStream fields = new DataInputStream(new ByteArrayInputStream(body));
        final long index = fields.readLong();
        final long term = fields.readLong();
        if (fields.readLong() != rows || fields.readLong() != instances) {
            throw damaged("it does not have as many records as it says");
        }
        digested.on(false);
        final byte[] stored = in.readNBytes(BackupFormat.CHECKSUM_BYTES);
        if (stored.length < BackupFormat.CHECKSUM_BYTES) {
            throw new EOFException("checksum");
        }
        if (!MessageDigest.isEqual(stored, digested.getMessageDigest().digest())) {
            throw damaged("its checksum is wrong");
        }
        if (in.read() >= 0) {
            throw damaged("something follows its end");
        }
        summary = new BackupSummary(index, term, rows, instances, HexFormat.of().formatHex(stored));
    }

    /** {@link BackupFormat#ROW} or {@link BackupFormat#INSTANCE}. */
    public byte kind() {
        return kind;
    }

    /** The record, as {@link BackupRow} or {@link BackedUpInstance} reads it. */
    public byte[] body() {
        return body;
    }

    /** What it held; null before the end. */
    public BackupSummary summary() {
        return summary;
    }

    private DamagedBackupException truncated(final EOFException e) {
        final DamagedBackupException truncated = damaged("it ends too early");
        truncated.initCause(e);
        return truncated;
    }

    private DamagedBackupException damaged(final String detail) {
        return new DamagedBackupException("the backup is cut off or damaged (" + detail + ", after " + rows
                + " rows and " + instances + " instances): take another one");
    }
}
