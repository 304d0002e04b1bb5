package com.onebackend.registry.node.gossip;

import com.onebackend.registry.membership.Lane;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Counts what happens at the transports, and tells the operator, at most once a minute for each event, what wants his
 * attention.
 *
 * <p><i>Thread:</i> any.
 */
public final class TransportCounters {
    private static final Logger LOG = LoggerFactory.getLogger(TransportCounters.class);
    private static final long WARNING_INTERVAL_NANOS = 60_000_000_000L;

    private static final int WHY_CHARS_MAX = 160;

    private final Map<Lane, Bytes> bytes = new EnumMap<>(Lane.class);
    private final Map<TransportEvent, Counter> counters = new EnumMap<>(TransportEvent.class);

    /** All zero. */
    public TransportCounters() {
        for (final Lane lane : Lane.values()) {
            bytes.put(lane, new Bytes());
        }
        for (final TransportEvent event : TransportEvent.values()) {
            counters.put(event, new Counter());
        }
    }

    /** How often {@code event} happened since the process started. */
    public long count(final TransportEvent event) {
        return counters.get(event).total.sum();
    }

    /** Bytes of gossip that went out this way, without what TLS, UDP and IP add. */
    public long bytesOut(final Lane lane) {
        return bytes.get(lane).out.sum();
    }

    /** Bytes of gossip that came in this way, without what TLS, UDP and IP add. */
    public long bytesIn(final Lane lane) {
        return bytes.get(lane).in.sum();
    }

    /** So many bytes went out. */
    void sent(final Lane lane, final int size) {
        bytes.get(lane).out.add(size);
    }

    /** So many bytes came in. */
    void received(final Lane lane, final int size) {
        bytes.get(lane).in.add(size);
    }

    /** It happened. */
    void add(final TransportEvent event) {
        counters.get(event).total.increment();
    }

    /**
     * It happened, and somebody may want to know with whom.
     *
     * @param who the address or endpoint on the other side
     * @param why one line; may be empty
     */
    void add(final TransportEvent event, final Object who, final String why) {
        final Counter counter = counters.get(event);
        counter.total.increment();
        final long now = System.nanoTime();
        final long next = counter.nextWarningNanos.get();
        if (!event.hint().isEmpty()
                && now - next >= 0
                && counter.nextWarningNanos.compareAndSet(next, now + WARNING_INTERVAL_NANOS)) {
            LOG.warn(
                    "transport event={} peer={} count={} why=\"{}\": {}",
                    event,
                    who,
                    counter.total,
                    printable(why),
                    event.hint());
        } else {
            LOG.debug("transport event={} peer={} why=\"{}\"", event, who, why);
        }
    }

    /** The other side may have chosen the text: one short line, whatever it is. */
    private static String printable(final String text) {
        final String shortened = text.length() > WHY_CHARS_MAX ? text.substring(0, WHY_CHARS_MAX) + "..." : text;
        return shortened.replaceAll("\\p{Cntrl}", "?");
    }

    private static final class Bytes {
        private final LongAdder in = new LongAdder();
        private final LongAdder out = new LongAdder();
    }

    private static final class Counter {
        private final LongAdder total = new LongAdder();
        private final AtomicLong nextWarningNanos = new AtomicLong(System.nanoTime());
    }
}
