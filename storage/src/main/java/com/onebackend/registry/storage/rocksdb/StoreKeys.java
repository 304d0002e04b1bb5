package com.onebackend.registry.storage.rocksdb;

import com.onebackend.registry.model.Origin;
import com.onebackend.registry.model.PartKind;
import com.onebackend.registry.replication.LogEntry;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** How things are named in the database. Part of the format: a change needs a new format version. */
final class StoreKeys {
    private static final byte[] BEFORE_ALL = {};
    /** Above every key we write: UTF-8 never contains 0xFF, epochs are positive, and a head has 8 bytes. */
    private static final byte[] AFTER_ALL = {-1, -1, -1, -1, -1, -1, -1, -1, -1};

    private StoreKeys() {}

    static byte[] beforeAll() {
        return BEFORE_ALL.clone();
    }

    static byte[] afterAll() {
        return AFTER_ALL.clone();
    }

    /** The instance id, then one byte of part kind. */
    static byte[] part(final LogEntry.PartKey key) {
        final byte[] id = utf8(key.instanceId());
        return ByteBuffer.allocate(id.length + 1).put(id).put(kind(key.kind())).array();
    }

    private static byte kind(final PartKind kind) {
        return switch (kind) {
            case REGISTRATION -> 0;
            case HEALTH -> 1;
            case INTENT -> 2;
            case TOMBSTONE -> 3;
            case LEASE -> 4;
        };
    }

    /** Eight bytes, big-endian, so that rows are in the origin's unsigned order. */
    static byte[] head(final Origin origin) {
        return ByteBuffer.allocate(Long.BYTES).putLong(origin.value()).array();
    }

    /** Half a surrogate pair becomes a question mark, as it does on the wire: bad input must not stop a node here. */
    static byte[] utf8(final String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
