package com.onebackend.registry.storage.rocksdb;

import java.nio.charset.StandardCharsets;

/** The column families of format 1. */
enum Family {
    DEFAULT("default"),
    INSTANCES("instances"),
    HEADS("heads"),
    CATALOG("catalog"),
    IDENTITY("identity");

    private final String label;

    Family(final String label) {
        this.label = label;
    }

    String label() {
        return label;
    }

    byte[] nameBytes() {
        return label.getBytes(StandardCharsets.UTF_8);
    }
}
