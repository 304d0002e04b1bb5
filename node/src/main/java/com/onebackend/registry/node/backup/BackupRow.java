package com.onebackend.registry.node.backup;

import com.onebackend.registry.wire.WireException;
import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.IOException;

/**
 * A row of the catalog in a backup.
 *
 * @param section the id of its section
 */
// The array is handed on, never compared or changed.
@SuppressWarnings("ArrayRecordComponent")
public record BackupRow(int section, String key, byte[] value) {
    /**
     * Reads a record.
     *
     * @throws WireException it is none
     */
    public static BackupRow decode(final byte[] record) {
        try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(record))) {
            return new BackupRow(in.readUnsignedByte(), in.readUTF(), in.readAllBytes());
        } catch (final IOException e) {
            throw new WireException("a row is cut off", e);
        }
    }
}
