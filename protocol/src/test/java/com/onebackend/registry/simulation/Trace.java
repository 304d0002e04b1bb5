package com.onebackend.registry.simulation;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;

/** What happened: a hash over all of it, and the last events as text for whoever has to find out why. */
final class Trace {
    private static final int EVENTS_KEPT = 50;
    private static final int EVENT_CHARS_MAX = 240;
    private static final long HASH_START = 0xCBF29CE484222325L;

    private final Deque<Event> last = new ArrayDeque<>();
    private final Consumer<String> listener;
    private long hash = HASH_START;
    private long events;

    /** @param listener told each event as text; null for speed */
    Trace(final Consumer<String> listener) {
        this.listener = listener;
    }

    /** The parts are turned into text only when somebody reads it. */
    private record Event(long nanos, String what, Object where, Object detail) {
        String text() {
            final String text = String.format(Locale.ROOT, "%10.3f ms  %-9s %s  %s", nanos / 1e6, what, where, detail);
            return text.length() <= EVENT_CHARS_MAX ? text : text.substring(0, EVENT_CHARS_MAX) + "...";
        }
    }

    /** @param fingerprint equal for equal details, in every JVM */
    void add(final long nanos, final String what, final Object where, final Object detail, final long fingerprint) {
        events++;
        hash = mix(mix(mix(hash, nanos), what.hashCode()), fingerprint);
        final Event event = new Event(nanos, what, where, detail);
        if (last.size() == EVENTS_KEPT) {
            last.removeFirst();
        }
        last.addLast(event);
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

    List<String> last() {
        final List<String> texts = new ArrayList<>();
        last.forEach(event -> texts.add(event.text()));
        return texts;
    }

    private static long mix(final long hash, final long value) {
        long mixed = (hash ^ value) * 0x9E3779B97F4A7C15L;
        mixed ^= mixed >>> 32;
        return mixed;
    }
}
