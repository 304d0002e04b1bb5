package com.onebackend.registry.node.catalog;

import com.onebackend.registry.model.Account;
import com.onebackend.registry.model.NodeRecord;
import com.onebackend.registry.node.catalog.CatalogCodec.KeyRow;
import com.onebackend.registry.storage.CatalogSection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The catalog's rows in memory. Replaced as a whole when a snapshot comes in.
 *
 * <p><i>Thread:</i> written by whoever applies, one at a time; read by any.
 */
final class CatalogTables {
    final DefinitionTable definitions = new DefinitionTable();
    final DefinitionTrails trails = new DefinitionTrails();
    final Map<String, NodeRecord> nodes = new ConcurrentHashMap<>();
    final Map<String, RemovedNode> removed = new ConcurrentHashMap<>();
    final Map<String, DrainedNode> drained = new ConcurrentHashMap<>();
    final Map<String, Account> accounts = new ConcurrentHashMap<>();
    final Map<String, KeyRow> keys = new ConcurrentHashMap<>();
    volatile RestoreMark restore = RestoreMark.NONE;
    /** What is on disk while a restore is under way. Of whoever applies. */
    private RestoreTally tally = new RestoreTally();

    /** What an entry of the restore that is under way would add. */
    RestoreTally tally() {
        return tally;
    }

    /** A restore begins: what is here counts, too. */
    void countRows() {
        final List<String> ids = definitions.list().entries().stream()
                .map(entry -> entry.definition().id())
                .toList();
        countRows(ids, trails);
    }

    /** The same with definitions that are on the disk and not shown. */
    void countRows(final List<String> definitionIds, final DefinitionTrails trailsOfThem) {
        final RestoreTally counted = new RestoreTally();
        definitionIds.forEach(id -> counted.count(CatalogSection.DEFINITION, id));
        accounts.keySet().forEach(slug -> counted.count(CatalogSection.ACCOUNT, slug));
        keys.keySet().forEach(id -> counted.count(CatalogSection.SIGNING_KEY, id));
        trailsOfThem.forEach(counted::count);
        tally = counted;
    }
}
