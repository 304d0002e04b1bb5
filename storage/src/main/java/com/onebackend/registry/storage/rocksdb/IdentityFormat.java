package com.onebackend.registry.storage.rocksdb;

import com.onebackend.registry.model.Generation;
import com.onebackend.registry.model.Origin;
import com.onebackend.registry.storage.NodeIdentity;
import com.onebackend.registry.storage.StorageException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.zip.CRC32C;

/**
 * The identity record on disk: version byte, fields, CRC-32C of all of it. It has a checksum of its own, beyond
 * RocksDB's, because acting under a wrong identity is the one mistake that peers cannot repair.
 */
final class IdentityFormat {
    private static final int VERSION = 1;

    private IdentityFormat() {}

    static byte[] encode(final NodeIdentity identity) {
        final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            out.writeByte(VERSION);
            out.writeUTF(identity.nodeId());
            out.writeLong(identity.origin().value());
            out.writeLong(identity.generation().value());
            out.writeUTF(identity.clusterId());
            out.writeBoolean(identity.everVoter());
            out.writeUTF(identity.promise());
            out.writeUTF(identity.selfUrl());
            out.writeInt(checksum(bytes.toByteArray(), bytes.size()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    static NodeIdentity decode(final byte[] bytes, final Path store) {
        if (bytes.length == 0 || bytes[0] != VERSION) {
            throw new StorageException(store + ": the node's identity is of a format this version does not know: start"
                    + " the version that wrote it, or a newer one");
        }
        final int end = bytes.length - Integer.BYTES;
        if (end < 1 || ByteBuffer.wrap(bytes).getInt(end) != checksum(bytes, end)) {
            throw RocksFailures.damaged(store, "the checksum of the node's identity is wrong", null);
        }
        try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes, 1, end - 1))) {
            final NodeIdentity identity = new NodeIdentity(
                    in.readUTF(),
                    new Origin(in.readLong()),
                    new Generation(in.readLong()),
                    in.readUTF(),
                    in.readBoolean(),
                    in.readUTF(),
                    in.readUTF());
            if (in.read() != -1) {
                throw RocksFailures.damaged(store, "the node's identity is too long", null);
            }
            return identity;
        } catch (IOException | IllegalStateException e) {
            throw RocksFailures.damaged(store, "the node's identity cannot be read: " + e, e);
        }
    }

    private static int checksum(final byte[] bytes, final int length) {
        final CRC32C crc = new CRC32C();
        crc.update(bytes, 0, length);
        return (int) crc.getValue();
    }
}
