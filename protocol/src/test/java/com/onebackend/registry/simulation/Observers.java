package com.onebackend.registry.simulation;

import com.onebackend.registry.gossip.GossipMessage;
import com.onebackend.registry.membership.Lane;
import com.onebackend.registry.model.Endpoint;
import com.onebackend.registry.model.Member;
import com.onebackend.registry.model.MemberId;
import com.onebackend.registry.replication.LogBatch;
import java.util.List;

/** Tells several observers, in order. */
record Observers(List<NodeObserver> all) implements NodeObserver {
    @Override
    public void started(final VirtualNode node) {
        for (final NodeObserver observer : all) {
            observer.started(node);
        }
    }

    @Override
    public void crashed(final VirtualNode node, final MemberId id) {
        for (final NodeObserver observer : all) {
            observer.crashed(node, id);
        }
    }

    @Override
    public void left(final VirtualNode node) {
        for (final NodeObserver observer : all) {
            observer.left(node);
        }
    }

    @Override
    public void losingDisk(final VirtualNode node) {
        for (final NodeObserver observer : all) {
            observer.losingDisk(node);
        }
    }

    @Override
    public void stepped(final VirtualNode node) {
        for (final NodeObserver observer : all) {
            observer.stepped(node);
        }
    }

    @Override
    public void sending(final VirtualNode node, final Endpoint to, final Lane lane, final GossipMessage message) {
        for (final NodeObserver observer : all) {
            observer.sending(node, to, lane, message);
        }
    }

    @Override
    public void persisting(final VirtualNode node, final LogBatch batch, final long ownVersion) {
        for (final NodeObserver observer : all) {
            observer.persisting(node, batch, ownVersion);
        }
    }

    @Override
    public void persisted(final VirtualNode node, final LogBatch batch) {
        for (final NodeObserver observer : all) {
            observer.persisted(node, batch);
        }
    }

    @Override
    public void synced(final VirtualNode node, final List<VirtualDisk.Stored> batches) {
        for (final NodeObserver observer : all) {
            observer.synced(node, batches);
        }
    }

    @Override
    public void committing(final VirtualNode node, final long ownVersion) {
        for (final NodeObserver observer : all) {
            observer.committing(node, ownVersion);
        }
    }

    @Override
    public void instanceChanged(final VirtualNode node, final String instanceId) {
        for (final NodeObserver observer : all) {
            observer.instanceChanged(node, instanceId);
        }
    }

    @Override
    public void memberChanged(final VirtualNode node, final Member before, final Member after) {
        for (final NodeObserver observer : all) {
            observer.memberChanged(node, before, after);
        }
    }
}
