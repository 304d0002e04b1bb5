package com.onebackend.registry.storage.rocksdb;

import com.onebackend.registry.model.Invariants;
import com.onebackend.registry.storage.Applied;
import com.onebackend.registry.storage.CatalogBatch;
import com.onebackend.registry.storage.CatalogSection;
import com.onebackend.registry.storage.SnapshotException;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.util.Arrays;

/**
 * Reads what {@link CatalogSnapshotWriter} wrote. Nothing that was read may be used before {@link #next} has returned
 * false: only then has the checksum been compared.
 */
final class CatalogSnapshotReader {
    private static final int SHA256_BYTES = 32;

    private final DigestInputStream digested;
    private final DataInputStream in;
    private final Applied applied;
    private long rows;
    private byte section;
    private byte[] key;
    private byte[] value;

    CatalogSnapshotReader(final InputStream source) throws IOException {
        digested = new DigestInputStream(new BufferedInputStream(source), CatalogSnapshotWriter.sha256());
        in = new DataInputStream(digested);
        try {
            final byte[] magic = in.readNBytes(CatalogSnapshotWriter.MAGIC.length);
            if (!Arrays.equals(magic, CatalogSnapshotWriter.MAGIC)) {
                throw new SnapshotException("this is not an exported catalog");
            }
            final int version = in.readInt();
            if (version != CatalogSnapshotWriter.VERSION) {
                throw new SnapshotException("the exported catalog has format " + version
                        + ", this version knows format " + CatalogSnapshotWriter.VERSION + ": upgrade this node");
            }
            final long index = in.readLong();
            final long term = in.readLong();
            if (index < 0 || term < 0) {
                throw damaged("its applied index or term is negative");
            }
            applied = new Applied(index, term);
        } catch (EOFException e) {
            throw truncated(e);
        }
    }

    /** The Raft position of the catalog. */
    Applied applied() {
        return applied;
    }

    /** Goes to the next row; false when the end was reached and is right. */
    boolean next() throws IOException {
        try {
            section = in.readByte();
            if (section == CatalogSnapshotWriter.END) {
                finish();
                return false;
            }
            if (CatalogSection.ofId(section) == null) {
                throw new SnapshotException("the exported catalog has rows of section " + section
                        + ", which this version does not know, or is damaged: upgrade this node, or export it again");
            }
            key = bytes(CatalogBatch.KEY_BYTES_MAX);
            value = bytes(CatalogBatch.VALUE_BYTES_MAX);
            rows++;
            return true;
        } catch (EOFException e) {
            throw truncated(e);
        }
    }

    private byte[] bytes(final int lengthMax) throws IOException {
        final int length = in.readInt();
        if (length < 0 || length > lengthMax) {
            throw damaged("a length is " + length);
        }
        final byte[] bytes = in.readNBytes(length);
        if (bytes.length < length) {
            throw new EOFException("row " + rows);
        }
        return bytes;
    }

    private void finish() throws IOException {
        final long expectedRows = in.readLong();
        digested.on(false);
        final byte[] expected = in.readNBytes(SHA256_BYTES);
        if (expected.length < SHA256_BYTES) {
            throw new EOFException("checksum");
        }
        if (expectedRows != rows) {
            throw damaged("it has " + rows + " rows instead of " + expectedRows);
        }
        if (!MessageDigest.isEqual(expected, digested.getMessageDigest().digest())) {
            throw damaged("its checksum is wrong");
        }
        if (in.read() != -1) {
            throw damaged("something follows its end");
        }
    }

    byte section() {
        return section;
    }

    byte[] key() {
        Invariants.check(key != null, "no row has been read");
        return key;
    }

    byte[] value() {
        Invariants.check(value != null, "no row has been read");
        return value;
    }

    private SnapshotException truncated(final EOFException e) {
        final SnapshotException truncated = damaged("it ends within or after row " + rows);
        truncated.initCause(e);
        return truncated;
    }

    private static SnapshotException damaged(final String detail) {
        return new SnapshotException("the exported catalog is truncated or damaged (" + detail + "): export it again");
    }
}
