package com.onebackend.registry.node.catalog;

/**
 * How far a node's catalog was when it was asked.
 *
 * @param applied the last entry it had applied
 * @param lag how many entries that was behind the node that asked
 */
public record NodePosition(String nodeId, long applied, long lag) {}
