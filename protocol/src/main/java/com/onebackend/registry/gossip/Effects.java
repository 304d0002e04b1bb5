package com.onebackend.registry.gossip;

import com.onebackend.registry.membership.Lane;
import com.onebackend.registry.model.Endpoint;
import com.onebackend.registry.model.Member;
import com.onebackend.registry.model.NodeReport;
import com.onebackend.registry.replication.LogBatch;

/**
 * What the core wants done, in order. The shell performs it after the call returned; nothing re-enters the core.
 *
 * <p><i>Thread:</i> the gossip loop.
 */
public interface Effects {
    /** Send, best effort: a message may be dropped for any reason. */
    void send(Endpoint to, Lane lane, GossipMessage message);

    /**
     * Write to storage, in the order of the calls. When the batch holds own versions, the shell calls
     * {@link GossipCore#committed} once they are on disk; only then are they pushed and may be acknowledged.
     *
     * @param ownVersion the highest own version in the batch; 0 when it has none
     */
    void persist(LogBatch batch, long ownVersion);

    /**
     * Make everything safe that was written so far, then call {@link GossipCore#synced} with this token. May take
     * seconds; nothing waits for it.
     */
    void sync(long token);

    /** The instance's parts changed: the read model must be told. */
    void instanceChanged(String instanceId);

    /** A sign of life of this instance was heard: readers may be told a later last heartbeat, at leisure. */
    default void heartbeatSeen(final String instanceId) {}

    /**
     * A member appeared or changed.
     *
     * @param before what was believed; null when it was unknown
     */
    void memberChanged(Member before, Member after);

    /** A newer report of a node arrived. */
    void reported(NodeReport report);

    /**
     * This process came second: another one with its node id lives and keeps it. Said once. The process should end,
     * because nothing it acknowledges will be seen by others.
     */
    default void refused(final Member incumbent) {}
}
