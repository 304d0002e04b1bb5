package com.onebackend.registry.membership;

import com.onebackend.registry.model.Generation;
import com.onebackend.registry.model.Member;
import com.onebackend.registry.model.MemberId;
import com.onebackend.registry.model.MemberState;
import com.onebackend.registry.model.Origin;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Who is known: this node, one entry per other node id, and what the catalog removed.
 *
 * <p><i>Invariants:</i> what was removed never comes back; entries never exceed the configured maximum; the cost of a
 * change does not grow with the number of members.
 */
final class MemberTable {
    private final int membersMax;
    private final Map<String, Member> others = new TreeMap<>();
    /** The others worth sending to, in no particular order; {@link #places} says where each one is. */
    private final List<Member> reachable = new ArrayList<>();

    private final Map<String, Integer> places = new HashMap<>();
    private final List<Member> reachableView = Collections.unmodifiableList(reachable);
    private final Departed departed;
    /** Node ids whose entry says so, the oldest first: their room may be needed. */
    private final Set<String> removed = new LinkedHashSet<>();
    /** Removed node ids and the last generation the removal covers, oldest first. */
    private final Map<String, Generation> forgotten = new LinkedHashMap<>();
    /** Data folders of removed nodes, oldest first: each start of a node is a new generation of the same folder. */
    private final Set<Origin> forgottenOrigins = new LinkedHashSet<>();

    private Member self;
    private List<Member> all;
    private long hash;

    MemberTable(final Member self, final MembershipConfig config) {
        this.self = self;
        this.membersMax = config.membersMax();
        this.departed = new Departed(config);
        this.hash = hashOf(self);
    }

    Member self() {
        return self;
    }

    void self(final Member next) {
        hash += hashOf(next) - hashOf(self);
        self = next;
        all = null;
    }

    boolean isSelf(final String nodeId) {
        return self.id().nodeId().equals(nodeId);
    }

    /** What is believed of a node; null when unknown. */
    Member get(final String nodeId) {
        return isSelf(nodeId) ? self : others.get(nodeId);
    }

    /** True when exactly this process is known, in whatever state. */
    boolean knows(final MemberId id) {
        final Member known = get(id.nodeId());
        return known != null && known.id().equals(id);
    }

    /** True when exactly this process is believed to be reachable. */
    boolean isReachable(final MemberId id) {
        final Member known = get(id.nodeId());
        return known != null && known.id().equals(id) && known.state().isReachable();
    }

    /** Stores what is now believed of another node; false when there is no room for one more. */
    boolean put(final Member member, final long nowNanos) {
        final String nodeId = member.id().nodeId();
        if (!others.containsKey(nodeId) && others.size() + 1 >= membersMax && !dropOneRemoved()) {
            return false;
        }
        final Member before = others.put(nodeId, member);
        hash += hashOf(member) - (before == null ? 0 : hashOf(before));
        all = null;
        if (member.state().isReachable()) {
            place(nodeId, member);
        } else {
            displace(nodeId);
        }
        if (member.state() == MemberState.REMOVED) {
            removed.add(nodeId);
        } else {
            removed.remove(nodeId);
        }
        departed.changed(member, nowNanos);
        return true;
    }

    /** Members that were gone for too long, or are too many: each call lets one go; null when there is none. */
    Member letOneGo(final long nowNanos) {
        final String nodeId = departed.next(nowNanos);
        if (nodeId == null) {
            return null;
        }
        final Member gone = others.remove(nodeId);
        hash -= hashOf(gone);
        all = null;
        departed.letGo(gone);
        return gone;
    }

    /** True when this process, or a later one of its node, was let go: hearsay does not bring it back. */
    boolean wasLetGo(final MemberId id) {
        return departed.wasLetGo(id);
    }

    /** The catalog removed every process of the node up to this generation. */
    void forget(final String nodeId, final Generation upTo) {
        final Generation before = forgotten.remove(nodeId);
        forgotten.put(nodeId, before != null && before.compareTo(upTo) > 0 ? before : upTo);
        if (forgotten.size() > membersMax) {
            final Iterator<String> oldest = forgotten.keySet().iterator();
            oldest.next();
            oldest.remove();
        }
    }

    /** The catalog removed the node with this data folder. Returns the last generation that this covers. */
    Generation forget(final String nodeId, final Origin origin, final Generation upTo) {
        if (!origin.equals(self.id().origin())) {
            forget(origin);
        }
        final Member known = get(nodeId);
        final boolean isLater = known != null
                && known.id().origin().equals(origin)
                && known.id().generation().compareTo(upTo) > 0;
        return isLater ? known.id().generation() : upTo;
    }

    private void forget(final Origin origin) {
        forgottenOrigins.remove(origin);
        forgottenOrigins.add(origin);
        if (forgottenOrigins.size() > membersMax) {
            final Iterator<Origin> oldest = forgottenOrigins.iterator();
            oldest.next();
            oldest.remove();
        }
    }

    boolean isForgotten(final MemberId id) {
        final Generation upTo = forgotten.get(id.nodeId());
        return forgottenOrigins.contains(id.origin())
                || (upTo != null && id.generation().compareTo(upTo) <= 0);
    }

    /** Everyone, this node included, ordered by node id. A snapshot, made when asked for after a change. */
    List<Member> all() {
        if (all == null) {
            final List<Member> everyone = new ArrayList<>(others.size() + 1);
            boolean isSelfIn = false;
            for (final Map.Entry<String, Member> other : others.entrySet()) {
                if (!isSelfIn && self.id().nodeId().compareTo(other.getKey()) < 0) {
                    everyone.add(self);
                    isSelfIn = true;
                }
                everyone.add(other.getValue());
            }
            if (!isSelfIn) {
                everyone.add(self);
            }
            all = Collections.unmodifiableList(everyone);
        }
        return all;
    }

    /** The others worth sending to, in no particular order. A view: it changes with the table. */
    List<Member> reachable() {
        return reachableView;
    }

    /** Reachable members and this node: the N of every formula. */
    int clusterSize() {
        return reachable.size() + 1;
    }

    /** One number over all entries that were not removed: equal tables have equal numbers, whatever their history. */
    long hash() {
        return hash;
    }

    private void place(final String nodeId, final Member member) {
        final Integer place = places.get(nodeId);
        if (place == null) {
            places.put(nodeId, reachable.size());
            reachable.add(member);
        } else {
            reachable.set(place, member);
        }
    }

    /** The last one takes the place of the one that goes. */
    private void displace(final String nodeId) {
        final Integer place = places.remove(nodeId);
        if (place == null) {
            return;
        }
        final Member last = reachable.remove(reachable.size() - 1);
        if (place < reachable.size()) {
            reachable.set(place, last);
            places.put(last.id().nodeId(), place);
        }
    }

    private boolean dropOneRemoved() {
        final Iterator<String> oldest = removed.iterator();
        if (!oldest.hasNext()) {
            return false;
        }
        others.remove(oldest.next());
        oldest.remove();
        all = null;
        return true;
    }

    /** Only functions that are the same in every process. */
    private static long hashOf(final Member member) {
        if (member.state() == MemberState.REMOVED) {
            return 0;
        }
        long hash = member.id().nodeId().hashCode();
        hash = mix(hash ^ member.id().origin().value());
        hash = mix(hash ^ member.id().generation().value());
        hash = mix(hash ^ member.incarnation().value());
        return mix(hash ^ member.state().name().hashCode());
    }

    private static long mix(final long value) {
        final long mixed = (value ^ (value >>> 32)) * 0x9E3779B97F4A7C15L;
        return mixed ^ (mixed >>> 29);
    }
}
