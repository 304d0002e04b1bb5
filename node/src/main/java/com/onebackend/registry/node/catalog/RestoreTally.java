package com.onebackend.registry.node.catalog;

import com.onebackend.registry.node.catalog.DefinitionTrails.Trail;
import com.onebackend.registry.storage.CatalogSection;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * How many rows the store has of each kind while a backup is brought in; readers see none of them yet. A restored
 * catalog obeys the limits of any other.
 *
 * <p><i>Thread:</i> Raft's updater. <i>Invariants:</i> the same on a node that has restarted in the middle, which has
 * counted what is on its disk.
 */
final class RestoreTally {
    /** What a new cluster makes itself: the administrator's account, and a signing key. */
    static final int BORN = 1;

    private final Map<CatalogSection, Set<String>> keys = new EnumMap<>(CatalogSection.class);
    private final DefinitionTrails trails = new DefinitionTrails();

    /** Counts a row. Not for revisions, which are counted by their trails. */
    void count(final CatalogSection section, final String key) {
        of(section).add(key);
    }

    /** Counts a trail. */
    void count(final String id, final Trail trail) {
        trails.put(id, trail);
    }

    /** What one entry would add. */
    Addition addition() {
        return new Addition();
    }

    private Set<String> of(final CatalogSection section) {
        return keys.computeIfAbsent(section, any -> new HashSet<>());
    }

    /** Rows that are not counted yet. */
    final class Addition {
        private final Map<CatalogSection, Set<String>> newKeys = new EnumMap<>(CatalogSection.class);
        private final Map<String, Trail> newTrails = new HashMap<>();

        void count(final CatalogSection section, final String key) {
            if (!of(section).contains(key)) {
                newKeys.computeIfAbsent(section, any -> new HashSet<>()).add(key);
            }
        }

        void count(final String id, final Trail trail) {
            newTrails.put(id, trail);
        }

        /** The revisions of a definition, as far as they are known; or null. */
        Trail trail(final String id) {
            final Trail added = newTrails.get(id);
            return added == null ? trails.get(id) : added;
        }

        /** What there would be too much of, for a person; empty when all fits. */
        String excess() {
            if (size(CatalogSection.DEFINITION) > CatalogEvaluation.ROWS_MAX) {
                return CatalogEvaluation.ROWS_MAX + " definitions";
            }
            if (size(CatalogSection.ACCOUNT) > CatalogEvaluation.ROWS_MAX + BORN) {
                return CatalogEvaluation.ROWS_MAX + " accounts";
            }
            if (size(CatalogSection.SIGNING_KEY) > CatalogEvaluation.SIGNING_KEYS_MAX + BORN) {
                return CatalogEvaluation.SIGNING_KEYS_MAX + " signing keys";
            }
            return newTrails.isEmpty() ? "" : excessOfRevisions();
        }

        private int size(final CatalogSection section) {
            final Set<String> added = newKeys.get(section);
            return of(section).size() + (added == null ? 0 : added.size());
        }

        private String excessOfRevisions() {
            int all = trails.size();
            int deleted = trails.deletedCount();
            long bytes = trails.olderBytes();
            for (final Map.Entry<String, Trail> each : newTrails.entrySet()) {
                final Trail before = trails.get(each.getKey());
                final Trail after = each.getValue();
                all += before == null ? 1 : 0;
                deleted += (after.isDeleted() ? 1 : 0) - (before != null && before.isDeleted() ? 1 : 0);
                bytes += after.olderBytes() - (before == null ? 0 : before.olderBytes());
            }
            if (all - deleted > CatalogEvaluation.ROWS_MAX) {
                return CatalogEvaluation.ROWS_MAX + " definitions";
            }
            if (deleted > DefinitionHistory.DELETED_MAX) {
                return DefinitionHistory.DELETED_MAX + " deleted definitions";
            }
            return bytes > DefinitionHistory.BYTES_MAX
                    ? (DefinitionHistory.BYTES_MAX >> 20) + " MiB of earlier revisions"
                    : "";
        }

        /** Counts them. */
        void commit() {
            newKeys.forEach((section, added) -> of(section).addAll(added));
            newTrails.forEach(trails::put);
        }
    }
}
