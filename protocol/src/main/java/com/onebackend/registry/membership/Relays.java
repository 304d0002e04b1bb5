package com.onebackend.registry.membership;

import com.onebackend.registry.model.Endpoint;
import com.onebackend.registry.model.MemberId;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/** The helper's side of an indirect probe: who waits for which answer. Bounded, and each wait ends by itself. */
final class Relays {
    static final int WAITING_MAX = 1_024;

    private final long waitNanos;
    /** By own sequence, in the order of their deadlines. */
    private final Map<Long, Relay> waiting = new LinkedHashMap<>();

    /**
     * One asker.
     *
     * @param sequence the asker's own number, to be used in the answer
     */
    record Relay(MemberId asker, Endpoint askerEndpoint, long sequence, MemberId target, long deadlineNanos) {}

    Relays(final long waitNanos) {
        this.waitNanos = waitNanos;
    }

    boolean isFull() {
        return waiting.size() >= WAITING_MAX;
    }

    int size() {
        return waiting.size();
    }

    void add(
            final long ownSequence,
            final MemberId asker,
            final Endpoint askerEndpoint,
            final SwimMessage.IndirectPing ping,
            final long nowNanos) {
        waiting.put(ownSequence, new Relay(asker, askerEndpoint, ping.sequence(), ping.target(), nowNanos + waitNanos));
    }

    /** The asker that this answer is for; null when nobody waits for it. */
    Relay answered(final long ownSequence, final MemberId subject) {
        final Relay relay = waiting.get(ownSequence);
        if (relay == null || !MemberPrecedence.provesLife(subject, relay.target())) {
            return null;
        }
        return waiting.remove(ownSequence);
    }

    void expire(final long nowNanos) {
        final Iterator<Relay> oldest = waiting.values().iterator();
        while (oldest.hasNext() && nowNanos - oldest.next().deadlineNanos() >= 0) {
            oldest.remove();
        }
    }
}
