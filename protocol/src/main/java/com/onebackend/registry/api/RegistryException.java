package com.onebackend.registry.api;

/** A refusal thrown where a validation is easier to write that way; carries no stack trace. */
public final class RegistryException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient RegistryError error;

    public RegistryException(final ErrorCode code, final String message) {
        super(message, null, false, false);
        this.error = new RegistryError(code, message);
    }

    /** The refusal. */
    public RegistryError error() {
        return error;
    }
}
