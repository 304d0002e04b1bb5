package com.onebackend.registry.node.catalog;

import com.onebackend.registry.api.ErrorCode;
import com.onebackend.registry.api.RegistryException;

/**
 * What applying a command answered; the same on every node.
 *
 * @param message why it was refused, for a person; empty when it was not
 * @param index the Raft index it was applied at
 * @param revision the definition's, the deletion's own for a deletion; 0 for other commands and refusals
 */
public record CatalogResult(Code code, String message, long index, long revision) {
    /** Whether it happened. The numbers are in the log: never reuse one. */
    public enum Code {
        OK(0),
        NOT_FOUND(1),
        CONFLICT(2),
        INVALID(3);

        private final int number;

        Code(final int number) {
            this.number = number;
        }

        /** What stands for it in the log. */
        int number() {
            return number;
        }
    }

    static CatalogResult done(final long index, final long revision) {
        return new CatalogResult(Code.OK, "", index, revision);
    }

    static CatalogResult refused(final Code code, final long index, final String message) {
        return new CatalogResult(code, message, index, 0);
    }

    /** True when the command took effect. */
    public boolean isOk() {
        return code == Code.OK;
    }

    /**
     * This result, if the command took effect.
     *
     * @throws RegistryException NOT_FOUND, CONFLICT or INVALID: it was refused and had none
     */
    public CatalogResult orThrow() {
        return switch (code) {
            case OK -> this;
            case NOT_FOUND -> throw new RegistryException(ErrorCode.NOT_FOUND, message);
            case CONFLICT -> throw new RegistryException(ErrorCode.CONFLICT, message);
            case INVALID -> throw new RegistryException(ErrorCode.INVALID, message);
        };
    }
}
