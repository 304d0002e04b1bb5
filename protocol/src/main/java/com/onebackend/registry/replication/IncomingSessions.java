package com.onebackend.registry.replication;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/** The sync sessions this node asked for: which chunk each expects next. */
final class IncomingSessions {
    private final int sessionsMax;
    private final Map<Long, Integer> nextIndex = new LinkedHashMap<>();

    IncomingSessions(final int sessionsMax) {
        this.sessionsMax = sessionsMax;
    }

    /** A new session; the oldest one makes room. */
    void open(final long session) {
        nextIndex.remove(session);
        nextIndex.put(session, 0);
        if (nextIndex.size() > sessionsMax) {
            final Iterator<Long> oldest = nextIndex.keySet().iterator();
            oldest.next();
            oldest.remove();
        }
    }

    /** True when this chunk is the next one; another one ends its session. */
    boolean advance(final long session, final int index) {
        final Integer expected = nextIndex.remove(session);
        if (expected == null || expected != index) {
            return false;
        }
        nextIndex.put(session, index + 1);
        return true;
    }

    /** The session is over. True when it was the only one, so that nothing half received lies in the table. */
    boolean close(final long session) {
        nextIndex.remove(session);
        return nextIndex.isEmpty();
    }

    /** Forgets all of them. */
    void clear() {
        nextIndex.clear();
    }
}
