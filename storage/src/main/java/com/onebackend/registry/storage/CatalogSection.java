package com.onebackend.registry.storage;

/** The kinds of rows in the catalog. The ids are on disk and in snapshots: append only, never reuse one. */
public enum CatalogSection {
    DEFINITION(1),
    NODE(2),
    ACCOUNT(3),
    SIGNING_KEY(4),
    REMOVED_NODE(5),
    META(6),
    DEFINITION_REVISION(7),
    DRAINED_NODE(8);

    private final byte id;

    CatalogSection(final int id) {
        this.id = (byte) id;
    }

    /** What stands for the section on disk, 1 to 127. */
    public byte id() {
        return id;
    }

    /** The section of an id, or null when this version knows none. */
    public static CatalogSection ofId(final byte id) {
        for (final CatalogSection section : values()) {
            if (section.id == id) {
                return section;
            }
        }
        return null;
    }
}
