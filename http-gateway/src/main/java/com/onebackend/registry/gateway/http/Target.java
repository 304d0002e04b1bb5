package com.onebackend.registry.gateway.http;

import java.util.ArrayList;
import java.util.List;

/**
 * Where a request goes: the path, checked character by character, and the query, both still encoded.
 *
 * @param path without a trailing slash
 * @param isPlain the path has no escape and no empty segment, so that it is its own decoded form
 * @param query empty when there is none
 */
record Target(String path, boolean isPlain, String query) {
    private static final String NOT_IN_PATH = "\"#<>\\^`{|}";

    /** Takes a request target in origin form apart; anything else is refused with 400. */
    static Target parse(final String uri) {
        if (uri.isEmpty() || uri.charAt(0) != '/') {
            throw Refusal.of(400, "The request target must be a path that starts with a slash.");
        }
        final int question = uri.indexOf('?');
        final int end = question < 0 ? uri.length() : question;
        boolean plain = true;
        char previous = 0;
        for (int at = 0; at < end; at++) {
            final char c = uri.charAt(at);
            if (c <= ' ' || c >= 0x7f || NOT_IN_PATH.indexOf(c) >= 0) {
                throw Refusal.of(400, "The path holds a character that must be percent-encoded.");
            }
            plain &= c != '%' && !(previous == '/' && (c == '/' || c == '.'));
            previous = c;
        }
        for (int at = end + 1; at < uri.length(); at++) {
            final char c = uri.charAt(at);
            if (c <= ' ' || c >= 0x7f || c == '#') {
                throw Refusal.of(400, "The query holds a character that must be percent-encoded.");
            }
        }
        final int pathEnd = end > 1 && uri.charAt(end - 1) == '/' ? end - 1 : end;
        return new Target(uri.substring(0, pathEnd), plain, question < 0 ? "" : uri.substring(question + 1));
    }

    /** The decoded segments. A dot segment is refused with 400, however it was spelt. */
    List<String> segments() {
        final List<String> segments = new ArrayList<>();
        int from = 1;
        while (from <= path.length()) {
            final int slash = path.indexOf('/', from);
            final int to = slash < 0 ? path.length() : slash;
            final String segment = Percent.decode(path.substring(from, to), false);
            refuseDots(segment);
            segments.add(segment);
            from = to + 1;
        }
        return segments;
    }

    /** Everything after the first {@code segments} segments, decoded. */
    String rest(final int segments) {
        int at = 0;
        for (int i = 0; i < segments; i++) {
            at = path.indexOf('/', at + 1);
        }
        return Percent.decode(path.substring(at + 1), false);
    }

    private static void refuseDots(final String segment) {
        for (final String part : segment.replace('\\', '/').split("/", -1)) {
            if (part.equals(".") || part.equals("..")) {
                throw Refusal.of(400, "The path holds a dot segment.");
            }
        }
    }
}
