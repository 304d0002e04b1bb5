package com.onebackend.registry.membership;

import com.onebackend.registry.model.Member;
import com.onebackend.registry.model.MemberId;
import com.onebackend.registry.model.MemberState;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Which dead and departed members are still worth remembering, and which were let go: the table of a cluster that
 * machines join and leave all day must not grow for ever. Who said good-bye goes after a time, or beyond a number, the
 * oldest first. The dead are looked for until the catalog removes them; only half of the table is theirs.
 */
final class Departed {
    private final int leftMax;
    private final int deadMax;
    private final int letGoMax;
    private final long leftKeepNanos;
    /** By node id, when they left; oldest first. */
    private final Map<String, Long> left = new LinkedHashMap<>();
    /** The same for the dead. */
    private final Map<String, Long> dead = new LinkedHashMap<>();
    /** The last process of those let go, oldest first. */
    private final Map<String, MemberId> letGo = new LinkedHashMap<>();

    Departed(final MembershipConfig config) {
        this.leftMax = config.leftMax();
        this.deadMax = config.membersMax() / 2;
        this.letGoMax = config.membersMax();
        this.leftKeepNanos = config.leftKeepNanos();
    }

    /** What is believed of a member changed. */
    void changed(final Member member, final long nowNanos) {
        final String nodeId = member.id().nodeId();
        if (member.state() == MemberState.LEFT) {
            dead.remove(nodeId);
            left.putIfAbsent(nodeId, nowNanos);
        } else if (member.state() == MemberState.DEAD) {
            left.remove(nodeId);
            dead.putIfAbsent(nodeId, nowNanos);
        } else {
            left.remove(nodeId);
            dead.remove(nodeId);
            letGo.remove(nodeId);
        }
    }

    /** The node id of the next one to let go; null when all may stay. */
    String next(final long nowNanos) {
        if (!left.isEmpty()) {
            final Map.Entry<String, Long> oldest = left.entrySet().iterator().next();
            if (left.size() > leftMax || nowNanos - oldest.getValue() >= leftKeepNanos) {
                return oldest.getKey();
            }
        }
        return dead.size() > deadMax ? dead.keySet().iterator().next() : null;
    }

    void letGo(final Member gone) {
        final String nodeId = gone.id().nodeId();
        left.remove(nodeId);
        dead.remove(nodeId);
        letGo.remove(nodeId);
        letGo.put(nodeId, gone.id());
        if (letGo.size() > letGoMax) {
            final Iterator<String> oldest = letGo.keySet().iterator();
            oldest.next();
            oldest.remove();
        }
    }

    boolean wasLetGo(final MemberId id) {
        final MemberId last = letGo.get(id.nodeId());
        return last != null && MemberPrecedence.compareProcess(id, last) <= 0;
    }
}
