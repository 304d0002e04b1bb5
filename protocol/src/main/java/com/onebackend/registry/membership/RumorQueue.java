package com.onebackend.registry.membership;

import com.onebackend.registry.model.Member;
import com.onebackend.registry.model.MemberState;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;

/**
 * What is still to be told. Each rumor is sent a limited number of times, the least sent first and among these the
 * newest; a newer rumor about the same node takes the place of the older one.
 *
 * <p><i>Paper:</i> SWIM, section 4.1.
 */
final class RumorQueue {
    /** Fields of a rumor that are no text: origin, generation, incarnation, state, port, tags and lengths. */
    private static final int FIXED_BYTES = 56;

    /** Rumors kept; with so many to tell members ask each other for whole tables anyway. */
    static final int RUMORS_MAX = 256;

    /** So many of the most told rumors are looked at for one that can go. */
    private static final int LOOKS_MAX = 16;

    /** A rumor that does not fit is passed over for a smaller one, so often per message. */
    private static final int MISFITS_MAX = 4;

    private record Rumor(Member member, int sends, long number) {}

    private static final Comparator<Rumor> LEAST_SENT_NEWEST_FIRST = Comparator.comparingInt(Rumor::sends)
            .thenComparing(Comparator.comparingLong(Rumor::number).reversed());

    private final Map<String, Rumor> byNode = new TreeMap<>();
    private final TreeSet<Rumor> order = new TreeSet<>(LEAST_SENT_NEWEST_FIRST);
    private long lastNumber;

    /** Upper estimate of a rumor's size on the wire. */
    static int estimatedBytes(final Member member) {
        return FIXED_BYTES
                + utf8Bytes(member.id().nodeId())
                + utf8Bytes(member.endpoint().host())
                + utf8Bytes(member.url());
    }

    /** As encoded, without encoding it. */
    static int utf8Bytes(final String text) {
        int bytes = 0;
        for (int i = 0; i < text.length(); i++) {
            final char c = text.charAt(i);
            // Each half of a surrogate pair is half of four bytes; a lone one becomes a question mark.
            bytes += c < 0x80 ? 1 : c < 0x800 ? 2 : Character.isSurrogate(c) ? 2 : 3;
        }
        return bytes;
    }

    /** How often each rumor is sent in a cluster of {@code clusterSize}: multiplier * ceil(log2(N + 1)). */
    static int sendsMax(final int multiplier, final int clusterSize) {
        return multiplier * (Integer.SIZE - Integer.numberOfLeadingZeros(clusterSize));
    }

    boolean isEmpty() {
        return byNode.isEmpty();
    }

    int size() {
        return byNode.size();
    }

    void offer(final Member member) {
        drop(member.id().nodeId());
        final Rumor rumor = new Rumor(member, 0, ++lastNumber);
        byNode.put(member.id().nodeId(), rumor);
        order.add(rumor);
        if (byNode.size() > RUMORS_MAX) {
            dropOne();
        }
    }

    /** Of those told most, one that says that a member is well, if there is one: it is the least urgent. */
    private void dropOne() {
        Rumor chosen = null;
        final Iterator<Rumor> mostTold = order.descendingIterator();
        for (int i = 0; i < LOOKS_MAX && mostTold.hasNext() && chosen == null; i++) {
            final Rumor rumor = mostTold.next();
            chosen = rumor.member().state() == MemberState.ALIVE ? rumor : null;
        }
        drop((chosen == null ? order.last() : chosen).member().id().nodeId());
    }

    void drop(final String nodeId) {
        final Rumor old = byNode.remove(nodeId);
        if (old != null) {
            order.remove(old);
        }
    }

    void clear() {
        byNode.clear();
        order.clear();
    }

    /**
     * Takes rumors for one message and counts them as sent once more.
     *
     * @param sendsMax after so many sends a rumor is forgotten
     * @param unwanted rumors the receiver has no use for
     */
    List<Member> take(final int countMax, final int bytesMax, final int sendsMax, final Predicate<Member> unwanted) {
        final List<Rumor> taken = new ArrayList<>();
        int bytes = 0;
        int misfits = 0;
        for (final Iterator<Rumor> it = order.iterator();
                it.hasNext() && taken.size() < countMax && misfits < MISFITS_MAX; ) {
            final Rumor rumor = it.next();
            if (unwanted.test(rumor.member())) {
                continue;
            }
            final int size = estimatedBytes(rumor.member());
            if (bytes + size > bytesMax) {
                misfits++;
                continue;
            }
            bytes += size;
            taken.add(rumor);
        }
        taken.forEach(rumor -> sent(rumor, sendsMax));
        return taken.stream().map(Rumor::member).toList();
    }

    private void sent(final Rumor rumor, final int sendsMax) {
        final String nodeId = rumor.member().id().nodeId();
        drop(nodeId);
        if (rumor.sends() + 1 < sendsMax) {
            final Rumor next = new Rumor(rumor.member(), rumor.sends() + 1, rumor.number());
            byNode.put(nodeId, next);
            order.add(next);
        }
    }
}
