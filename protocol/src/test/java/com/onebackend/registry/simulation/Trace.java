package com.onebackend.registry.simulation;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;

/** What happened: a hash over all of it, and the last events as text for whoever has to find out why. */
final class Trace {
    private static final int EVENTS_KEPT = 50;
    private static final int EVENT_CHARS_MAX = 240;
    private static final long HASH_START = 0xCBF29CE484222325L;

    /** A ring of places that are used again: an event costs no memory. */
    private final Event[] last = new Event[EVENTS_KEPT];

    private final Consumer<String> listener;
    private long hash = HASH_START;
    private long events;

    /** @param listener told each event as text; null for speed */
    Trace(final Consumer<String> listener) {
        this.listener = listener;
        for (int i = 0; i < EVENTS_KEPT; i++) {
            last[i] = new Event();
        }
    }

    /** The parts are turned into text only when somebody reads it. */
    private static final class Event {
        private long nanos;
        private String what;
        private Object where;
        private Object to;
        private Object detail;

        String text() {
            final String place = to == null ? String.valueOf(where) : where + ">" + to;
            final String text = String.format(Locale.ROOT, "%10.3f ms  %-9s %s  %s", nanos / 1e6, what, place, detail);
            return text.length() <= EVENT_CHARS_MAX ? text : text.substring(0, EVENT_CHARS_MAX) + "...";
        }
    }

    /** @param fingerprint equal for equal details, in every JVM */
    void add(final long nanos, final String what, final Object where, final Object detail, final long fingerprint) {
        add(nanos, what, where, null, detail, fingerprint);
    }

    /** Something went from somewhere to {@code to}. */
    void add(
            final long nanos,
            final String what,
            final Object from,
            final Object to,
            final Object detail,
            final long fingerprint) {
        hash = mix(mix(mix(hash, nanos), what.hashCode()), fingerprint);
        final Event event = last[(int) (events % EVENTS_KEPT)];
        events++;
        event.nanos = nanos;
        event.what = what;
        event.where = from;
        event.to = to;
        event.detail = detail;
        if (listener != null) {
            listener.accept(event.text());
        }
    }

    long hash() {
        return hash;
    }

    long events() {
        return events;
    }

    /** Oldest first. */
    List<String> last() {
        final List<String> texts = new ArrayList<>();
        for (long number = Math.max(0, events - EVENTS_KEPT); number < events; number++) {
            texts.add(last[(int) (number % EVENTS_KEPT)].text());
        }
        return texts;
    }

    private static long mix(final long hash, final long value) {
        long mixed = (hash ^ value) * 0x9E3779B97F4A7C15L;
        mixed ^= mixed >>> 32;
        return mixed;
    }
}
