package com.onebackend.registry.replication;

import com.onebackend.registry.model.Origin;
import com.onebackend.registry.model.Part;
import com.onebackend.registry.model.Stamp;
import java.util.Arrays;
import java.util.List;

/**
 * Gives entries that are kept their equal texts in common: decoded ones each bring their own copy of what thousands of
 * instances say alike, which is most of what they weigh.
 *
 * <p><i>Thread:</i> the gossip loop.
 *
 * <p><i>Invariants:</i> what comes out equals what went in; a text is remembered only until another one takes its
 * place, so memory is bounded, whatever the texts are.
 */
final class EntryPool {
    private static final int SLOT_BITS = 15;
    private static final int TEXT_CHARS_MAX = 256;

    private final Object[] slots = new Object[1 << SLOT_BITS];

    /**
     * The entry to be kept.
     *
     * @param origin what its log holds as origin
     * @param sibling another entry of its instance; may be null
     */
    LogEntry kept(final LogEntry entry, final Origin origin, final LogEntry sibling) {
        return new LogEntry(
                origin,
                entry.version(),
                entry.stamp(),
                sibling == null ? entry.instanceId() : sibling.instanceId(),
                part(entry.part(), entry.stamp()));
    }

    private Part part(final Part part, final Stamp stamp) {
        if (part instanceof Part.Registration r) {
            return new Part.Registration(
                    text(r.slug()),
                    r.url(),
                    text(r.scheme()),
                    text(r.host()),
                    text(r.ip()),
                    r.port(),
                    text(r.path()),
                    text(r.deploymentId()),
                    text(r.nodeUrl()),
                    tags(r.tags()),
                    r.born().equals(stamp) ? stamp : r.born());
        }
        if (part instanceof Part.Health health) {
            return new Part.Health(health.status(), text(health.details()), health.seenMillis());
        }
        return part instanceof Part.Intent intent ? new Part.Intent(intent.mode(), text(intent.reason())) : part;
    }

    private String text(final String text) {
        return text.isEmpty() ? "" : text.length() > TEXT_CHARS_MAX ? text : pooled(text);
    }

    private List<String> tags(final List<String> tags) {
        if (tags.isEmpty()) {
            return List.of();
        }
        final String[] texts = new String[tags.size()];
        Arrays.setAll(texts, i -> text(tags.get(i)));
        return pooled(List.of(texts));
    }

    /** An equal object seen before, if it is still remembered; else this one. */
    private <T> T pooled(final T value) {
        final int hash = value.hashCode() * 0x9E37_79B9;
        final int slot = hash >>> (Integer.SIZE - SLOT_BITS);
        final Object known = slots[slot];
        if (value.equals(known)) {
            @SuppressWarnings("unchecked")
            final T same = (T) known;
            return same;
        }
        slots[slot] = value;
        return value;
    }
}
