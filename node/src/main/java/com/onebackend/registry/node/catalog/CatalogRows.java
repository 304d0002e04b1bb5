package com.onebackend.registry.node.catalog;

import com.onebackend.registry.model.SigningKey;
import com.onebackend.registry.storage.CatalogSection;

/** What rows of the catalog mean, for those who copy them. Pure. */
public final class CatalogRows {
    private CatalogRows() {}

    /** True for the sections of a backup that belong into another cluster, too. */
    public static boolean isRestored(final int section, final String key) {
        return RestoreEvaluation.isRestored(section, key);
    }

    /** True for a row that says something of the catalog, and not of this copy of it. */
    public static boolean isContent(final CatalogSection section, final String key) {
        return CatalogState.isContent(section, key);
    }

    /**
     * The signing key in a row; null when the row is of another section.
     *
     * @throws com.onebackend.registry.wire.WireException it cannot be read
     */
    public static SigningKey signingKeyOf(final int section, final byte[] row) {
        return section == CatalogSection.SIGNING_KEY.id()
                ? CatalogCodec.decodeKeyRow(row).key()
                : null;
    }
}
