package com.onebackend.registry.node.catalog;

/**
 * How one try of a request ended.
 *
 * @param result the state machine's answer; null unless DONE
 * @param reason what went wrong, for a person; empty when DONE
 */
record Attempt(Kind kind, CatalogResult result, String reason) {
    enum Kind {
        /** Applied; the answer is here. */
        DONE,
        /** It never reached the log: whether it happens is up to the next try. */
        NOT_DONE,
        /** It may be in the log. */
        UNKNOWN,
        /** Refused at the door, because too much is under way. */
        OVERLOADED,
        /** A bug, here or in Raft. */
        BROKEN
    }

    static Attempt done(final CatalogResult result) {
        return new Attempt(Kind.DONE, result, "");
    }

    static Attempt notDone(final String reason) {
        return new Attempt(Kind.NOT_DONE, null, reason);
    }

    static Attempt unknown(final String reason) {
        return new Attempt(Kind.UNKNOWN, null, reason);
    }
}
