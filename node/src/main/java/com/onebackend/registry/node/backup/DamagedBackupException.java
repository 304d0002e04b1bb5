package com.onebackend.registry.node.backup;

import java.io.IOException;

/** The bytes are no backup, or not a whole one. */
public final class DamagedBackupException extends IOException {
    private static final long serialVersionUID = 1L;

    DamagedBackupException(final String message) {
        super(message);
    }
}
