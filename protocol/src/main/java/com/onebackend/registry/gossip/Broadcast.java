package com.onebackend.registry.gossip;

import com.onebackend.registry.membership.Lane;
import com.onebackend.registry.model.Member;
import com.onebackend.registry.model.MemberId;
import com.onebackend.registry.replication.LogMessage;
import java.util.List;

/**
 * Brings a message to every reachable member: from here to each while they are few, by way of a {@link RelayTree} when
 * they are many. What was lost on the way is not sent again: a log's loss is noticed by {@link PushExchange}, and of a
 * node's small state the next one is as good.
 *
 * <p><i>Thread:</i> the gossip loop.
 */
final class Broadcast {
    private final MemberId selfId;
    private final int directMembersMax;
    private final GossipCounters counters;
    private final RelayTree tree;
    private List<Member> peers = List.of();

    Broadcast(final MemberId selfId, final int directMembersMax, final GossipCounters counters) {
        this.selfId = selfId;
        this.directMembersMax = directMembersMax;
        this.counters = counters;
        this.tree = new RelayTree(selfId.nodeId());
    }

    /** Who can be reached, as membership sees it now; before anything is sent. */
    void members(final List<Member> reachable) {
        peers = reachable;
    }

    List<Member> members() {
        return peers;
    }

    /** True while everybody is sent to from here. */
    boolean isDirect() {
        return peers.size() < directMembersMax;
    }

    /** A message of this node to everybody. Returns how many copies left. */
    int toAll(final GossipMessage message, final Effects out) {
        if (isDirect()) {
            peers.forEach(peer -> out.send(peer.endpoint(), Lane.STREAM, message));
            return peers.size();
        }
        tree.members(peers);
        return send(tree.fromAuthor(), message, out);
    }

    /** Hands on what came with {@code until}, once it was taken in here. */
    void onward(final long until, final GossipMessage body, final Effects out) {
        tree.members(peers);
        counters.relayed += send(tree.onward(until), body, out);
    }

    /** A few live members, the same as long as the members stay the same. */
    List<Member> backups(final int count) {
        tree.members(peers);
        return tree.backups(count);
    }

    private int send(final List<RelayTree.Hop> hops, final GossipMessage message, final Effects out) {
        final boolean isPush =
                message instanceof GossipMessage.Log log && log.message().type() == LogMessage.Type.PUSH;
        final GossipMessage body =
                isPush ? new GossipMessage.Log(selfId, ((GossipMessage.Log) message).message()) : message;
        for (final RelayTree.Hop hop : hops) {
            out.send(hop.to().endpoint(), Lane.STREAM, new GossipMessage.Relayed(selfId, hop.until(), body));
        }
        return hops.size();
    }
}
