/**
 * Owned logs: each node numbers the versions it writes, everybody merges them by last-writer-wins per part. Knows
 * {@code model}; used by {@code gossip}, and by storage and wire for its records. Pure.
 */
package com.onebackend.registry.replication;
