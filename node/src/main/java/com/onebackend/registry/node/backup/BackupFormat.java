package com.onebackend.registry.node.backup;

import com.onebackend.registry.wire.WireLimits;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * A backup's file. Format 1, big-endian:
 *
 * <pre>
 * 8 bytes "OBBACKUP", int version
 * per record: byte kind, int length, so many bytes
 *   1 header     text cluster id, text node id, int epoch, long millis since 1970, bool current, long age in millis
 *   2 row        byte section id, text key, value                    (the catalog, but for its own bookkeeping)
 *   3 instance   per part: int length, log entry as {@code RecordCodec} writes it
 *   4 end        long applied index, long term, long number of rows, long number of instances
 * 32 bytes SHA-256 of everything before, end of file
 * </pre>
 *
 * <p>Text is as {@link java.io.DataOutputStream#writeUTF} writes it. The header is the first record, the end the last.
 */
public final class BackupFormat {
    /** The kind of the header. */
    public static final byte HEADER = 1;
    /** The kind of a row of the catalog. */
    public static final byte ROW = 2;
    /** The kind of an instance. */
    public static final byte INSTANCE = 3;
    /** The kind of the last record. */
    public static final byte END = 4;

    /** One record: the largest row of a catalog, and what names it. */
    public static final int RECORD_BYTES_MAX = WireLimits.RECORD_BYTES_MAX + (64 << 10);
    /** Kind and length before a record. */
    public static final int RECORD_HEAD_BYTES = 1 + Integer.BYTES;

    static final byte[] MAGIC = "OBBACKUP".getBytes(StandardCharsets.US_ASCII);
    static final int VERSION = 1;
    static final int CHECKSUM_BYTES = 32;

    private BackupFormat() {}

    static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (final NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
