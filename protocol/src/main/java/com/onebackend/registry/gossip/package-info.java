/**
 * The gossip core: composes membership and replication into one value machine without IO. The only entry point for the
 * daemon and for the simulation. Knows {@code membership}, {@code replication}, {@code model}.
 */
package com.onebackend.registry.gossip;
