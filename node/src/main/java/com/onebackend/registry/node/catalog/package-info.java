/**
 * The authoritative catalog: definitions, node records, accounts, signing keys and removals, kept by a Raft group of a
 * few voters over the store. Every write goes through {@link
 * com.onebackend.registry.node.catalog.CatalogService}, every read is local. How a node finds or founds its
 * cluster stands in {@link com.onebackend.registry.node.catalog.Bootstrap}. The only package that knows Apache Ratis.
 */
package com.onebackend.registry.node.catalog;
