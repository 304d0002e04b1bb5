package com.onebackend.registry.node;

/** The configuration cannot be used. The message says which setting, why, and what to write instead. */
final class ConfigException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    ConfigException(final String message) {
        super(message);
    }
}
