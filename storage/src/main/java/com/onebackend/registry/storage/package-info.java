/**
 * What a node keeps on its own disk, as ports: the instance log, the catalog, the node's identity, and the group commit
 * that makes instance writes durable. Knows the protocol's records and nothing of the database behind it; used by
 * {@code node}. The database is in {@code storage.rocksdb}.
 */
package com.onebackend.registry.storage;
