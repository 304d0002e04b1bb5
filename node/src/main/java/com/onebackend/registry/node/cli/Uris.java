package com.onebackend.registry.node.cli;

import java.nio.charset.StandardCharsets;
import java.util.List;

/** From what a person types to the target of an HTTP request. */
final class Uris {
    private static final String NODE_PATH = "/registry-svc/node/";
    private static final String UNRESERVED = "-._~";
    /** Besides letters and digits, what may stand in a path or a query as it is. */
    private static final String ALLOWED = UNRESERVED + "!$&'()*+,;=:@/?";

    private Uris() {}

    /**
     * The words joined by slashes, with a query as typed. Escapes only what no URI may hold; a node's URL behind
     * {@code /registry-svc/node/} becomes one segment.
     */
    static String target(final List<String> words) {
        final StringBuilder joined = new StringBuilder();
        for (final String word : words) {
            final boolean slash = joined.length() > 0 && joined.charAt(joined.length() - 1) == '/';
            if (!slash && !word.startsWith("/")) {
                joined.append('/');
            }
            joined.append(slash && word.startsWith("/") ? word.substring(1) : word);
        }
        final String typed = joined.toString();
        final int question = typed.indexOf('?');
        final String path = question < 0 ? typed : typed.substring(0, question);
        final String query = question < 0 ? "" : typed.substring(question);
        if (path.startsWith(NODE_PATH) && path.contains("://")) {
            return NODE_PATH + escape(path.substring(NODE_PATH.length()), UNRESERVED) + escape(query, ALLOWED);
        }
        return escape(path, ALLOWED) + escape(query, ALLOWED);
    }

    /** One path segment, or one name or value in a query: all but unreserved characters escaped. */
    static String segment(final String text) {
        final StringBuilder escaped = new StringBuilder();
        append(escaped, text, UNRESERVED, false);
        return escaped.toString();
    }

    /** Escapes what is not allowed; what is an escape already stays. */
    private static String escape(final String text, final String allowed) {
        final StringBuilder escaped = new StringBuilder();
        append(escaped, text, allowed, true);
        return escaped.toString();
    }

    private static void append(
            final StringBuilder to, final String text, final String allowed, final boolean keepEscapes) {
        final byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        for (int i = 0; i < bytes.length; i++) {
            final char c = (char) (bytes[i] & 0xff);
            final boolean plain = isLetterOrDigit(c) || allowed.indexOf(c) >= 0;
            if (plain || (keepEscapes && isEscape(bytes, i))) {
                to.append(c);
            } else {
                to.append('%').append(hex(c >> 4)).append(hex(c & 15));
            }
        }
    }

    private static boolean isEscape(final byte[] bytes, final int at) {
        return bytes[at] == '%'
                && at + 2 < bytes.length
                && Character.digit(bytes[at + 1], 16) >= 0
                && Character.digit(bytes[at + 2], 16) >= 0;
    }

    private static boolean isLetterOrDigit(final char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    }

    private static char hex(final int digit) {
        return Character.toUpperCase(Character.forDigit(digit, 16));
    }
}
