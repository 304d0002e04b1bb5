package com.onebackend.registry.storage.rocksdb;

import com.onebackend.registry.storage.CatalogSection;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Keys of the catalog's column family: epoch (4 bytes), section id (1 byte), key (UTF-8).
 *
 * <p>One epoch is current; the row under {@link #current} names it. Another one is a catalog that was being brought in
 * and is invisible. Section id 0 is the epoch's applied index.
 */
final class CatalogKeys {
    static final int EPOCH_FIRST = 1;
    static final byte APPLIED = 0;

    private static final int SECTION_AT = Integer.BYTES;
    private static final int KEY_AT = SECTION_AT + 1;

    private CatalogKeys() {}

    static byte[] current() {
        return epoch(0);
    }

    /** Before every row of the epoch. */
    static byte[] epoch(final int epoch) {
        return ByteBuffer.allocate(Integer.BYTES).putInt(epoch).array();
    }

    /** Before every row of the section. */
    static byte[] section(final int epoch, final int section) {
        return ByteBuffer.allocate(KEY_AT).putInt(epoch).put((byte) section).array();
    }

    static byte[] row(final int epoch, final CatalogSection section, final String key) {
        return row(epoch, section.id(), StoreKeys.utf8(key));
    }

    static byte[] row(final int epoch, final byte section, final byte[] key) {
        return ByteBuffer.allocate(KEY_AT + key.length)
                .putInt(epoch)
                .put(section)
                .put(key)
                .array();
    }

    static byte[] applied(final int epoch) {
        return section(epoch, APPLIED);
    }

    static byte sectionOf(final byte[] row) {
        return row[SECTION_AT];
    }

    static byte[] keyOf(final byte[] row) {
        return Arrays.copyOfRange(row, KEY_AT, row.length);
    }

    static String textOf(final byte[] row) {
        return new String(row, KEY_AT, row.length - KEY_AT, StandardCharsets.UTF_8);
    }
}
