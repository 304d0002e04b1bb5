package com.onebackend.registry.replication;

import com.onebackend.registry.model.Part;

/** How many bytes an entry takes on the wire at most, roughly: good enough to keep messages inside a frame. */
final class EntrySize {
    /** Numbers, tags and lengths of an entry without texts. */
    private static final int FIXED_BYTES = 96;

    /** Tag and length of a text. */
    private static final int TEXT_BYTES = 4;

    private EntrySize() {}

    static int of(final LogEntry entry) {
        return FIXED_BYTES + text(entry.instanceId()) + ofPart(entry.part());
    }

    private static int ofPart(final Part part) {
        if (part instanceof Part.Registration r) {
            int bytes = text(r.slug()) + text(r.url()) + text(r.scheme()) + text(r.host()) + text(r.ip());
            bytes += text(r.path()) + text(r.deploymentId()) + text(r.nodeUrl());
            for (final String tag : r.tags()) {
                bytes += text(tag);
            }
            return bytes;
        }
        if (part instanceof Part.Health health) {
            return text(health.details());
        }
        return part instanceof Part.Intent intent ? text(intent.reason()) : 0;
    }

    private static int text(final String text) {
        int bytes = TEXT_BYTES + text.length();
        for (int i = 0; i < text.length(); i++) {
            final char c = text.charAt(i);
            bytes += c < 0x80 ? 0 : c < 0x800 ? 1 : 2;
        }
        return bytes;
    }
}
