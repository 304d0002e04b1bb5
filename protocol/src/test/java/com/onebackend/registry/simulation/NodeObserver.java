package com.onebackend.registry.simulation;

import com.onebackend.registry.gossip.GossipMessage;
import com.onebackend.registry.membership.Lane;
import com.onebackend.registry.model.Endpoint;
import com.onebackend.registry.model.Member;
import com.onebackend.registry.model.MemberId;
import com.onebackend.registry.replication.LogBatch;
import java.util.List;

/** Sees everything a node does, before it has an effect; throws when an invariant does not hold. */
interface NodeObserver {
    /** A process started, its core restored. */
    default void started(VirtualNode node) {}

    /** A process ended without a word; the disk already is what the crash left of it. */
    default void crashed(VirtualNode node, MemberId id) {}

    /** A process said good-bye and ended; all it wrote is on its disk. */
    default void left(VirtualNode node) {}

    /** The node's disk is about to be lost for good. */
    default void losingDisk(VirtualNode node) {}

    /** The core returned from a call; its effects are not yet performed. */
    default void stepped(VirtualNode node) {}

    default void sending(VirtualNode node, Endpoint to, Lane lane, GossipMessage message) {}

    default void persisting(VirtualNode node, LogBatch batch, long ownVersion) {}

    /** The batch is appended; a crash may still lose it. */
    default void persisted(VirtualNode node, LogBatch batch) {}

    default void synced(VirtualNode node, List<VirtualDisk.Stored> batches) {}

    /** Own versions up to here are durable: their writers are told so. */
    default void committing(VirtualNode node, long ownVersion) {}

    default void instanceChanged(VirtualNode node, String instanceId) {}

    default void memberChanged(VirtualNode node, Member before, Member after) {}
}
