package com.onebackend.registry.membership;

import java.util.Map;
import java.util.TreeMap;

/**
 * What gets through to others: small datagrams, full-sized ones, streams. Judges only where one kind fails while
 * another succeeds in the same probe; a member that answers nothing is the probe's business, not the path's.
 */
final class Paths {
    /** Every so manieth probe is accompanied by one of full datagram size. */
    static final int PADDED_EVERY = 32;

    /** The same while large datagrams are known to fail: to see soon that they work again. */
    static final int PADDED_EVERY_DEGRADED = 4;

    /** So many large ones in a row that fail, with one member or with whichever: fewer are plain loss. */
    static final int MISSES_LARGE = 8;

    /** So many probes in a row, of whichever members, answered by stream only mean that datagrams fail with all. */
    static final int MISSES_ALL = 5;

    /** So many of one member mean that they fail with that one. */
    static final int MISSES_MEMBER = 3;

    /** So many successes in a row end what holds for all. */
    static final int SUCCESSES_ALL = 2;

    private final Map<String, Path> paths = new TreeMap<>();
    private final Trend large = new Trend(MISSES_LARGE);
    private final Trend datagrams = new Trend(MISSES_ALL);
    private int probes;
    private int largeFailing;
    private int datagramsFailing;

    /** One member that lately missed something; clean ones have no entry. */
    private static final class Path {
        int largeMisses;
        int datagramMisses;

        boolean isLargeFailing() {
            return largeMisses >= MISSES_LARGE;
        }

        boolean isDatagramFailing() {
            return datagramMisses >= MISSES_MEMBER;
        }
    }

    /** Misses and successes in a row, over all members. */
    private static final class Trend {
        int misses;
        int successes;
        boolean isDegraded;
        private final int missesMax;

        Trend(final int missesMax) {
            this.missesMax = missesMax;
        }

        void missed() {
            successes = 0;
            misses = Math.min(missesMax, misses + 1);
            isDegraded |= misses >= missesMax;
        }

        void succeeded() {
            misses = 0;
            successes = Math.min(SUCCESSES_ALL, successes + 1);
            isDegraded &= successes < SUCCESSES_ALL;
        }
    }

    /**
     * How one probe was answered.
     *
     * @param isDirect the member itself answered the small datagram
     * @param isRelayed a helper's datagram brought the answer
     * @param isStreamed the member answered by stream
     * @param wasPadded a datagram of full size was sent along
     * @param isPadded the member answered that one
     */
    record Answers(boolean isDirect, boolean isRelayed, boolean isStreamed, boolean wasPadded, boolean isPadded) {
        boolean isOnlyStreamed() {
            return isStreamed && !isDirect && !isRelayed && !isPadded;
        }
    }

    /** True when the next probe, of this member, is to be accompanied by one of full size. */
    boolean wantsPadding(final String nodeId) {
        probes++;
        final Path path = paths.get(nodeId);
        final boolean isInDoubt = (path != null && path.largeMisses > 0) || (!large.isDegraded && large.misses > 0);
        return isInDoubt || probes % (large.isDegraded ? PADDED_EVERY_DEGRADED : PADDED_EVERY) == 0;
    }

    /** A probe has ended. */
    void ended(final String nodeId, final Answers answers) {
        final Path before = paths.remove(nodeId);
        final Path path = before == null ? new Path() : before;
        count(path, -1);
        if (answers.isOnlyStreamed()) {
            path.datagramMisses = Math.min(MISSES_MEMBER, path.datagramMisses + 1);
            datagrams.missed();
        } else if (answers.isDirect() || answers.isPadded()) {
            path.datagramMisses = 0;
            datagrams.succeeded();
        }
        if (answers.isPadded()) {
            path.largeMisses = 0;
            large.succeeded();
        } else if (answers.wasPadded() && answers.isDirect()) {
            path.largeMisses = Math.min(MISSES_LARGE, path.largeMisses + 1);
            large.missed();
        }
        if (path.datagramMisses > 0 || path.largeMisses > 0) {
            paths.put(nodeId, path);
            count(path, 1);
        }
    }

    /** The member is not there any more. */
    void lost(final String nodeId) {
        final Path path = paths.remove(nodeId);
        if (path != null) {
            count(path, -1);
        }
    }

    /** True when only small datagrams get through to this member, or to anyone. */
    boolean isMtuDegraded(final String nodeId) {
        final Path path = paths.get(nodeId);
        return large.isDegraded || (path != null && path.isLargeFailing());
    }

    /** True when only streams get through to this member, or to anyone. */
    boolean isUdpDegraded(final String nodeId) {
        final Path path = paths.get(nodeId);
        return datagrams.isDegraded || (path != null && path.isDatagramFailing());
    }

    /** True when large datagrams get through to nobody. */
    boolean isMtuDegraded() {
        return large.isDegraded;
    }

    /** True when datagrams get through to nobody. */
    boolean isUdpDegraded() {
        return datagrams.isDegraded;
    }

    /** Members that only small datagrams get through to. */
    int mtuDegradedMembers() {
        return largeFailing;
    }

    /** Members that only streams get through to. */
    int udpDegradedMembers() {
        return datagramsFailing;
    }

    private void count(final Path path, final int by) {
        largeFailing += path.isLargeFailing() ? by : 0;
        datagramsFailing += path.isDatagramFailing() ? by : 0;
    }
}
