package com.onebackend.registry.node.backup;

import com.onebackend.registry.wire.WireException;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** Some records of one kind, as they travel into another cluster: framed as in the file. */
public final class BackupRecords {
    /** So many bytes travel together; a larger record goes alone. */
    public static final int BATCH_BYTES_MAX = 256 << 10;

    private final ByteArrayOutputStream batch = new ByteArrayOutputStream();

    /** True when there is nothing to send. */
    public boolean isEmpty() {
        return batch.size() == 0;
    }

    /** True when a record of this length must wait for the next batch. */
    public boolean isFullFor(final int length) {
        return !isEmpty() && batch.size() + BackupFormat.RECORD_HEAD_BYTES + length > BATCH_BYTES_MAX;
    }

    /** Adds a record. */
    public void add(final byte kind, final byte[] body) {
        batch.writeBytes(ByteBuffer.allocate(BackupFormat.RECORD_HEAD_BYTES)
                .put(kind)
                .putInt(body.length)
                .array());
        batch.writeBytes(body);
    }

    /** What was added; from here on it is empty again. */
    public byte[] take() {
        final byte[] taken = batch.toByteArray();
        batch.reset();
        return taken;
    }

    /**
     * The records of a batch.
     *
     * @throws WireException it is cut off, or one is of another kind
     */
    public static List<byte[]> read(final byte[] batch, final byte kind) {
        final List<byte[]> records = new ArrayList<>();
        final ByteBuffer in = ByteBuffer.wrap(batch);
        while (in.hasRemaining()) {
            if (in.remaining() < BackupFormat.RECORD_HEAD_BYTES || in.get() != kind) {
                throw new WireException("a record of the backup is cut off or of another kind");
            }
            final int length = in.getInt();
            if (length < 0 || length > in.remaining()) {
                throw new WireException("a record of the backup is cut off");
            }
            final byte[] record = new byte[length];
            in.get(record);
            records.add(record);
        }
        return records;
    }
}
