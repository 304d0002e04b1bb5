package com.onebackend.registry.directory;

import java.util.Collection;
import java.util.List;

/**
 * All definitions at one moment, ordered by id.
 *
 * <p><i>Thread:</i> any; immutable. Compared by identity: a change makes another list.
 */
public final class DefinitionList {
    /** None. */
    public static final DefinitionList EMPTY = new DefinitionList(List.of());

    private final List<DefinitionEntry> entries;

    /** @param entries ordered by id; copied */
    public DefinitionList(final Collection<DefinitionEntry> entries) {
        this.entries = List.copyOf(entries);
    }

    /** What is in it. */
    public List<DefinitionEntry> entries() {
        return entries;
    }
}
