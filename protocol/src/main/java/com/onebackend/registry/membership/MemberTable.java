package com.onebackend.registry.membership;

import com.onebackend.registry.model.Generation;
import com.onebackend.registry.model.Member;
import com.onebackend.registry.model.MemberId;
import com.onebackend.registry.model.MemberState;
import com.onebackend.registry.model.Origin;
import java.util.ArrayList;
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
 * <p><i>Invariants:</i> what was removed never comes back; entries never exceed the configured maximum.
 */
final class MemberTable {
    private final int membersMax;
    private final Map<String, Member> others = new TreeMap<>();
    /** Removed node ids and the last generation the removal covers, oldest first. */
    private final Map<String, Generation> forgotten = new LinkedHashMap<>();
    /** Data folders of removed nodes, oldest first: each start of a node is a new generation of the same folder. */
    private final Set<Origin> forgottenOrigins = new LinkedHashSet<>();

    private Member self;
    private List<Member> all;
    private List<Member> reachable;

    MemberTable(final Member self, final int membersMax) {
        this.self = self;
        this.membersMax = membersMax;
    }

    Member self() {
        return self;
    }

    void self(final Member next) {
        self = next;
        stale();
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

    /** Stores what is now believed of another node; false when there is no room for one more. */
    boolean put(final Member member) {
        final String nodeId = member.id().nodeId();
        if (!others.containsKey(nodeId) && others.size() + 1 >= membersMax && !dropOneRemoved()) {
            return false;
        }
        others.put(nodeId, member);
        stale();
        return true;
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

    /** Everyone, this node included, ordered by node id. */
    List<Member> all() {
        if (all == null) {
            final Map<String, Member> everyone = new TreeMap<>(others);
            everyone.put(self.id().nodeId(), self);
            all = List.copyOf(everyone.values());
        }
        return all;
    }

    /** The others worth sending to, ordered by node id. */
    List<Member> reachable() {
        if (reachable == null) {
            final List<Member> found = new ArrayList<>(others.size());
            for (final Member member : others.values()) {
                if (member.state().isReachable()) {
                    found.add(member);
                }
            }
            reachable = List.copyOf(found);
        }
        return reachable;
    }

    /** Reachable members and this node: the N of every formula. */
    int clusterSize() {
        return reachable().size() + 1;
    }

    private boolean dropOneRemoved() {
        for (final Iterator<Member> it = others.values().iterator(); it.hasNext(); ) {
            if (it.next().state() == MemberState.REMOVED) {
                it.remove();
                return true;
            }
        }
        return false;
    }

    private void stale() {
        all = null;
        reachable = null;
    }
}
