package com.onebackend.registry.node;

import com.onebackend.registry.node.catalog.CatalogService;
import com.onebackend.registry.node.gossip.GossipLoop;
import com.onebackend.registry.node.instances.InstanceService;

/** What runs once the node belongs to a cluster. */
record Services(String clusterId, CatalogService catalog, GossipLoop gossip, InstanceService instances) {}
