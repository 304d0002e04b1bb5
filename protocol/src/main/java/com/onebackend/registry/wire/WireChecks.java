package com.onebackend.registry.wire;

/** Checks on what came in: a failed one drops the message. */
final class WireChecks {
    private WireChecks() {}

    static void require(final boolean condition, final String problem) {
        if (!condition) {
            throw new WireException(problem);
        }
    }

    static String id(final String text, final String what) {
        require(!text.isEmpty() && text.length() <= WireLimits.ID_CHARS_MAX, what + " is empty or too long");
        return text;
    }

    static void texts(final String... texts) {
        for (final String text : texts) {
            require(text.length() <= WireLimits.TEXT_CHARS_MAX, "text is too long");
        }
    }
}
