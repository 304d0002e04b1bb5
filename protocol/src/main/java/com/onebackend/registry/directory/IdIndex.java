package com.onebackend.registry.directory;

import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Ids by one of their keys.
 *
 * <p><i>Thread:</i> written by one thread, read by any; an empty key is not indexed.
 */
final class IdIndex {
    private final Map<String, Set<String>> idsByKey = new ConcurrentHashMap<>();

    void add(final String key, final String id) {
        if (!key.isEmpty()) {
            idsByKey.computeIfAbsent(key, any -> ConcurrentHashMap.newKeySet()).add(id);
        }
    }

    void remove(final String key, final String id) {
        final Set<String> ids = idsByKey.get(key);
        if (ids != null && ids.remove(id) && ids.isEmpty()) {
            idsByKey.remove(key);
        }
    }

    /** The ids under a key, to be walked once; may change meanwhile. */
    Set<String> of(final String key) {
        return idsByKey.getOrDefault(key, Set.of());
    }

    int keys() {
        return idsByKey.size();
    }
}
