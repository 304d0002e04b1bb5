/**
 * What happens to instances on this node: register, heartbeat, deregister. Decisions are pure, writes go through the
 * gossip
 * loop.
 */
package com.onebackend.registry.node.instances;
