package com.onebackend.registry.node.catalog;

/** A committed entry of the catalog's log as it travels to nodes without a vote. */
@SuppressWarnings("ArrayRecordComponent") // entries are never compared, and nobody changes their bytes
record FeedEntry(long index, long term, byte[] bytes) {}
