/**
 * The file of a backup: written by the daemon, checked and read by the command line, its records taken by the daemon of
 * another cluster. Knows {@code model}, {@code replication}, {@code wire} and {@code storage}; used by {@code node} and
 * {@code node.cli}.
 */
package com.onebackend.registry.node.backup;
