package com.onebackend.registry.directory;

import java.util.List;

/**
 * All instances of one service at one moment, ordered by id.
 *
 * @param slug the service; empty for instances without one
 * @param rendered slot for the whole answer
 */
public record ServiceView(String slug, List<Entry> entries, Rendered rendered) {
    public ServiceView {
        entries = List.copyOf(entries);
    }

    /** A fresh view, not rendered yet. */
    public ServiceView(final String slug, final List<Entry> entries) {
        this(slug, entries, new Rendered());
    }
}
