package com.onebackend.registry.storage.rocksdb;

import com.onebackend.registry.storage.Applied;
import java.io.BufferedOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * Writes an exported catalog. Format 1, big-endian:
 *
 * <pre>
 * 8 bytes "OBCATLOG", int version, long applied index, long applied term
 * per row: byte section id (not 0), int key length, key (UTF-8), int value length, value
 * byte 0, long number of rows, 32 bytes SHA-256 of everything before, end of stream
 * </pre>
 */
final class CatalogSnapshotWriter {
    static final byte[] MAGIC = "OBCATLOG".getBytes(StandardCharsets.US_ASCII);
    static final int VERSION = 1;
    static final byte END = 0;

    private final DigestOutputStream digested;
    private final DataOutputStream out;
    private long rows;

    CatalogSnapshotWriter(final OutputStream target, final Applied applied) throws IOException {
        digested = new DigestOutputStream(new BufferedOutputStream(target), sha256());
        out = new DataOutputStream(digested);
        out.write(MAGIC);
        out.writeInt(VERSION);
        out.writeLong(applied.index());
        out.writeLong(applied.term());
    }

    static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    void row(final byte section, final byte[] key, final byte[] value) throws IOException {
        out.writeByte(section);
        out.writeInt(key.length);
        out.write(key);
        out.writeInt(value.length);
        out.write(value);
        rows++;
    }

    /** Writes the trailer and flushes; the stream stays open. */
    void finish() throws IOException {
        out.writeByte(END);
        out.writeLong(rows);
        digested.on(false);
        out.write(digested.getMessageDigest().digest());
        out.flush();
    }
}
