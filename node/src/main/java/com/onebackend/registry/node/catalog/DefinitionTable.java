package com.onebackend.registry.node.catalog;

import com.onebackend.registry.directory.DefinitionEntry;
import com.onebackend.registry.directory.DefinitionList;
import com.onebackend.registry.model.Definition;
import java.util.concurrent.ConcurrentSkipListMap;

/**
 * The definitions in memory, ordered by id, and the list of them all, made at the first read after a change.
 *
 * <p><i>Thread:</i> changes from whoever applies, one at a time; reads from any. <i>Invariants:</i> a list holds every
 * change that was made before it was asked for.
 */
final class DefinitionTable {
    private final ConcurrentSkipListMap<String, DefinitionEntry> rows = new ConcurrentSkipListMap<>();
    private volatile int size;
    private volatile Made made = new Made(0, DefinitionList.EMPTY);
    /** Counts changes, each after it was made: a list of an older count may lack one. */
    private volatile long changes;

    private record Made(long atChanges, DefinitionList list) {}

    void put(final Definition definition) {
        final boolean isNew = rows.put(definition.id(), new DefinitionEntry(definition)) == null;
        changed(isNew ? 1 : 0);
    }

    void remove(final String id) {
        changed(rows.remove(id) == null ? 0 : -1);
    }

    private synchronized void changed(final int more) {
        size += more;
        changes++;
    }

    /** The definition, or null. */
    Definition get(final String id) {
        final DefinitionEntry entry = rows.get(id);
        return entry == null ? null : entry.definition();
    }

    /** The definition with its rendered form, or null. */
    DefinitionEntry entry(final String id) {
        return rows.get(id);
    }

    int size() {
        return size;
    }

    DefinitionList list() {
        final Made known = made;
        // Before the rows: a change that comes in while they are copied counts as one that the list lacks.
        final long at = changes;
        if (known.atChanges == at) {
            return known.list;
        }
        final DefinitionList list = new DefinitionList(rows.values());
        made = new Made(at, list);
        return list;
    }
}
