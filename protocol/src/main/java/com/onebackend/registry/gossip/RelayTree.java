package com.onebackend.registry.gossip;

import com.onebackend.registry.model.Member;
import com.onebackend.registry.model.MemberState;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Who hands what on to whom. All nodes stand in a circle of 64-bit positions, each at the hash of its node id. A
 * message carries the end of the arc its receiver sees to; the receiver cuts that arc at its fingers (the first live
 * member at or after half the circle from here, a quarter, an eighth ...) and hands each piece to the finger it begins
 * at. Every piece is shorter than the arc it was cut from: a message cannot run in a circle, whatever anybody believes
 * of the members, and each live node gets one copy where the views agree.
 *
 * <p>Members that are only suspected hand nothing on: each is sent to by the live member before it.
 *
 * <p><i>Thread:</i> the gossip loop.
 *
 * <p><i>Invariants:</i> no state but the members; a node sends to about {@code log2 N} others, whoever the author is.
 *
 * <p><i>Paper:</i> El-Ansary et al., "Efficient Broadcast in Structured P2P Networks", 2003.
 */
final class RelayTree {
    /** Suspected members sent to by the live one before them; the rest hears of it by {@code Have} and sync. */
    static final int LEAVES_MAX = 32;

    /** So far along the circle, in parts of all live members, stand those who are told what is here. */
    private static final double[] BACKUP_FRACTIONS = {0.382, 0.618, 0.236};

    /** How many can be told. */
    static final int BACKUPS_MAX = BACKUP_FRACTIONS.length;

    private static final long FNV_START = 0xCBF2_9CE4_8422_2325L;
    private static final long FNV_PRIME = 0x100_0000_01B3L;

    private final long selfPosition;
    private List<Member> peers = List.of();
    /** Ascending by distance. */
    private final List<Stand> live = new ArrayList<>();

    private final List<Stand> fingers = new ArrayList<>();
    private final List<Stand> leaves = new ArrayList<>();

    RelayTree(final String selfNodeId) {
        this.selfPosition = position(selfNodeId);
    }

    /** One to send to, and what it sees to. */
    record Hop(Member to, long until) {}

    /** A member's place; the distance, from here clockwise, is unsigned. */
    private record Stand(Member member, long distance) {}

    /** Takes the others worth sending to; cheap while they are the same list. */
    void members(final List<Member> reachable) {
        if (reachable == peers) {
            return;
        }
        peers = reachable;
        live.clear();
        leaves.clear();
        final List<Stand> suspects = new ArrayList<>();
        for (final Member member : reachable) {
            final Stand stand = new Stand(member, position(member.id().nodeId()) - selfPosition);
            (member.state() == MemberState.ALIVE ? live : suspects).add(stand);
        }
        final Comparator<Stand> byDistance = (a, b) -> Long.compareUnsigned(a.distance(), b.distance());
        live.sort(byDistance);
        suspects.sort(byDistance);
        for (final Stand suspect : suspects) {
            final boolean isNext =
                    live.isEmpty() || isNearer(suspect, live.get(0).distance());
            if (isNext && leaves.size() < LEAVES_MAX) {
                leaves.add(suspect);
            }
        }
        findFingers();
    }

    /** Whom the author of a message sends it to, the longest arc first. */
    List<Hop> fromAuthor() {
        return hops(selfPosition, leaves.size(), fingers.size());
    }

    /** Whom this node hands on to what it was sent with {@code until}, the longest arc first. */
    List<Hop> onward(final long until) {
        final long arc = until - selfPosition;
        return hops(until, countNearer(leaves, arc), countNearer(fingers, arc));
    }

    /** A few live members, the same ones as long as the members do not change; each node is a backup of as many. */
    List<Member> backups(final int count) {
        final List<Member> backups = new ArrayList<>(count);
        for (int i = 0; i < BACKUP_FRACTIONS.length && backups.size() < count && !live.isEmpty(); i++) {
            final Member member =
                    live.get((int) (live.size() * BACKUP_FRACTIONS[i])).member();
            if (!backups.contains(member)) {
                backups.add(member);
            }
        }
        return backups;
    }

    private List<Hop> hops(final long until, final int leafCount, final int fingerCount) {
        final List<Hop> hops = new ArrayList<>(leafCount + fingerCount);
        long end = until;
        for (int i = fingerCount - 1; i >= 0; i--) {
            hops.add(new Hop(fingers.get(i).member(), end));
            end = selfPosition + fingers.get(i).distance();
        }
        for (int i = 0; i < leafCount; i++) {
            // An arc that ends where it begins: nobody else is seen to.
            hops.add(
                    new Hop(leaves.get(i).member(), selfPosition + leaves.get(i).distance()));
        }
        return hops;
    }

    private void findFingers() {
        fingers.clear();
        int from = 0;
        int last = -1;
        for (int bit = 0; bit < Long.SIZE && from < live.size(); bit++) {
            final long threshold = 1L << bit;
            while (from < live.size() && isNearer(live.get(from), threshold)) {
                from++;
            }
            if (from < live.size() && from != last) {
                fingers.add(live.get(from));
                last = from;
            }
        }
    }

    private static int countNearer(final List<Stand> ascending, final long arc) {
        int count = 0;
        while (count < ascending.size() && isNearer(ascending.get(count), arc)) {
            count++;
        }
        return count;
    }

    private static boolean isNearer(final Stand stand, final long arc) {
        return Long.compareUnsigned(stand.distance(), arc) < 0;
    }

    /** The same on every node. */
    static long position(final String nodeId) {
        long hash = FNV_START;
        for (int i = 0; i < nodeId.length(); i++) {
            hash = (hash ^ nodeId.charAt(i)) * FNV_PRIME;
        }
        hash = (hash ^ (hash >>> 30)) * 0xBF58_476D_1CE4_E5B9L;
        hash = (hash ^ (hash >>> 27)) * 0x94D0_49BB_1331_11EBL;
        return hash ^ (hash >>> 31);
    }
}
