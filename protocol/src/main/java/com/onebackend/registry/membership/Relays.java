package com.onebackend.registry.membership;

import com.onebackend.registry.model.Endpoint;
import com.onebackend.registry.model.MemberId;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
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
     * @param nackNanos when the asker wants to know that there was no answer, once; null when it does not
     */
    record Relay(
            MemberId asker,
            Endpoint askerEndpoint,
            long sequence,
            MemberId target,
            Long nackNanos,
            long deadlineNanos) {
        private Relay told() {
            return new Relay(asker, askerEndpoint, sequence, target, null, deadlineNanos);
        }
    }

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
        final Long nackNanos = ping.waitMillis() == 0 ? null : nowNanos + ping.waitMillis() * 1_000_000L;
        final long deadlineNanos = nowNanos + waitNanos;
        waiting.put(
                ownSequence, new Relay(asker, askerEndpoint, ping.sequence(), ping.target(), nackNanos, deadlineNanos));
    }

    /** The asker that this answer is for; null when nobody waits for it. */
    Relay answered(final long ownSequence, final MemberId subject) {
        final Relay relay = waiting.get(ownSequence);
        if (relay == null || !MemberPrecedence.provesLife(subject, relay.target())) {
            return null;
        }
        return waiting.remove(ownSequence);
    }

    /** Those that want to know now that there was no answer, each once. They are still relayed what comes late. */
    List<Relay> unanswered(final long nowNanos) {
        final List<Relay> due = new ArrayList<>();
        waiting.replaceAll((sequence, relay) -> {
            if (relay.nackNanos() == null || nowNanos - relay.nackNanos() < 0) {
                return relay;
            }
            due.add(relay);
            return relay.told();
        });
        return due;
    }

    void expire(final long nowNanos) {
        final Iterator<Relay> oldest = waiting.values().iterator();
        while (oldest.hasNext() && nowNanos - oldest.next().deadlineNanos() >= 0) {
            oldest.remove();
        }
    }
}
