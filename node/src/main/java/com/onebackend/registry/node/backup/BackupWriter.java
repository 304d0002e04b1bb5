package com.onebackend.registry.node.backup;

import com.onebackend.registry.storage.Applied;
import com.onebackend.registry.storage.CatalogSection;
import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.security.DigestOutputStream;

/** Writes a backup: header, rows, instances, end. <i>Thread:</i> one. The stream is flushed, not closed. */
public final class BackupWriter {
    private static final int BUFFER_BYTES = 64 << 10;

    private final DigestOutputStream digested;
    private final DataOutputStream out;
    private long rows;
    private long instances;

    public BackupWriter(final OutputStream target, final BackupHeader header) throws IOException {
        digested = new DigestOutputStream(new BufferedOutputStream(target, BUFFER_BYTES), BackupFormat.sha256());
        out = new DataOutputStream(digested);
        out.write(BackupFormat.MAGIC);
        out.writeInt(BackupFormat.VERSION);
        record(BackupFormat.HEADER, body -> {
            body.writeUTF(header.clusterId());
            body.writeUTF(header.nodeId());
            body.writeInt(header.epoch());
            body.writeLong(header.createdMillis());
            body.writeBoolean(header.isCurrent());
            body.writeLong(header.ageMillis());
        });
    }

    /** What goes into one record. */
    private interface Content {
        void write(DataOutputStream body) throws IOException;
    }

    private void record(final byte kind, final Content content) throws IOException {
        final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        content.write(new DataOutputStream(bytes));
        if (bytes.size() > BackupFormat.RECORD_BYTES_MAX) {
            throw new IOException("a record of " + bytes.size() + " bytes does not fit a backup");
        }
        out.writeByte(kind);
        out.writeInt(bytes.size());
        bytes.writeTo(out);
    }

    /** A row of the catalog. */
    public void row(final CatalogSection section, final String key, final byte[] value) throws IOException {
        record(BackupFormat.ROW, body -> {
            body.writeByte(section.id());
            body.writeUTF(key);
            body.write(value);
        });
        rows++;
    }

    /** An instance. */
    public void instance(final BackedUpInstance instance) throws IOException {
        record(BackupFormat.INSTANCE, body -> body.write(instance.encode()));
        instances++;
    }

    /** Writes the end and flushes. */
    public void finish(final Applied applied) throws IOException {
        record(BackupFormat.END, body -> {
            body.writeLong(applied.index());
            body.writeLong(applied.term());
            body.writeLong(rows);
            body.writeLong(instances);
        });
        digested.on(false);
        out.write(digested.getMessageDigest().digest());
        out.flush();
    }
}
