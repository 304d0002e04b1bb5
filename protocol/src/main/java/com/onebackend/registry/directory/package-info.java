/**
 * The read model of instances: immutable views per service, rendered once per change. One writer (the gossip loop), any
 * number of readers that never block. Knows {@code model}.
 */
package com.onebackend.registry.directory;
