package com.onebackend.registry.gossip;

import com.onebackend.registry.model.Member;
import com.onebackend.registry.model.MemberId;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;

/**
 * Decides when to ask whom for what we lack: at an interval, at once when a member appears or pushes could not be had,
 * and soon when a member's vector goes on differing from ours while ours stands still.
 *
 * <p><i>Thread:</i> the gossip loop.
 *
 * <p><i>Invariants:</i> at most one own session per member.
 */
final class SyncScheduler {
    /** Among so many members everyone that appears is asked; among more, so many of those that appear. */
    static final int APPEARED_ASKED_MAX = 8;

    /** How many of a crowd are asked. */
    static final int APPEARED_SAMPLE = 3;

    /** Once in so long a session looks at what was collected, too, which no hash of a probe shows. */
    static final long DEEP_NANOS = 60_000_000_000L;

    private final GossipConfig config;
    private final RandomGenerator random;
    /** By node id, in order, so that the same input gives the same output. */
    private final Map<String, Session> sessions = new TreeMap<>();

    private final Map<String, Long> differsSinceNanos = new TreeMap<>();
    /** Asked in this order: who was silent goes to the end, or it would be the next one again, and again. */
    private final Set<String> wanted = new LinkedHashSet<>();

    private final Set<String> appeared = new TreeSet<>();
    /** Not to be asked before another session ended or the interval is over: busy, or nothing more than we load. */
    private final Set<String> resting = new TreeSet<>();
    /** Until settled: who answered, and has itself heard nobody yet who had everything. */
    private final Set<String> loading = new TreeSet<>();
    /** Until settled: who was asked since the interval began. One whose answers do not help is not asked on and on. */
    private final Set<String> asked = new TreeSet<>();
    /** Sessions that ended without their last chunk, to be told on. */
    private final List<Long> ended = new ArrayList<>();

    /** Who broke off what it was to send: for each of them somebody else is to send it. */
    private final Set<String> failing = new TreeSet<>();

    private int timedOut;
    private boolean isStarted;
    private boolean isSettled;
    private boolean isDeepNext;
    private long nextIntervalNanos;
    private long nextDeepNanos;
    private long nextSession;
    private long completed;
    private long ownHash;
    private long nextDifferenceNanos;

    SyncScheduler(final GossipConfig config, final RandomGenerator random) {
        this.config = config;
        this.random = random;
        this.nextSession = random.nextLong();
    }

    /** One own session. */
    private record Session(long id, long deadlineNanos, long startedNanos) {}

    /** A session to be opened now. */
    record Start(Member peer, long session, boolean isDeep) {}

    /** Own sessions that ended without their last chunk, and how many of them because none came in time. */
    record Ended(List<Long> sessions, int timedOut) {}

    /** Ask this member as soon as a place is free. */
    void want(final String nodeId) {
        wanted.add(nodeId);
    }

    /** A member is new, or back: it may have what we lack. */
    void appeared(final String nodeId) {
        // A session with its earlier process will never end.
        aborted(nodeId);
        loading.remove(nodeId);
        asked.remove(nodeId);
        appeared.add(nodeId);
    }

    /**
     * What a member's vector hashes to, as just heard from it. While ours changes, a difference says nothing: what one
     * has and the other not yet is on its way.
     */
    void heard(final MemberId peer, final long theirs, final long ours, final long nowNanos) {
        if (ours != ownHash) {
            ownHash = ours;
            differsSinceNanos.clear();
        }
        if (theirs == ours) {
            differsSinceNanos.remove(peer.nodeId());
        } else if (differsSinceNanos.isEmpty()) {
            differsSinceNanos.put(peer.nodeId(), nowNanos);
            nextDifferenceNanos = nowNanos + config.divergenceNanos();
        } else {
            differsSinceNanos.putIfAbsent(peer.nodeId(), nowNanos);
        }
    }

    /**
     * Sessions to start now, out of those wanted and those due.
     *
     * @param peers who can be asked, ordered by node id
     * @param sessionsMax how many there may be at the same time
     * @param ours what our vector hashes to now
     */
    List<Start> due(final List<Member> peers, final int sessionsMax, final LongSupplier ours, final long nowNanos) {
        final List<String> silent = expire(nowNanos);
        chooseAmongAppeared(peers);
        // Compared by difference: a monotonic clock starts anywhere and may run over.
        if (!isStarted || nowNanos - nextIntervalNanos >= 0) {
            onInterval(peers, nowNanos);
        }
        if (!differsSinceNanos.isEmpty() && nowNanos - nextDifferenceNanos >= 0) {
            wantDiffering(ours.getAsLong(), nowNanos);
        }
        if (!failing.isEmpty()) {
            askSomebodyElse(peers);
        }
        if (!silent.isEmpty()) {
            wanted.removeAll(Set.copyOf(silent));
            wanted.addAll(silent);
        }
        if (!isSettled && sessions.isEmpty() && wanted.isEmpty()) {
            lookFurther(peers);
        }
        // Asked after every message: most of the time there is nothing to do, or no place free.
        final List<Start> starts = new ArrayList<>(0);
        for (final Iterator<String> i = wanted.iterator(); i.hasNext() && sessions.size() < sessionsMax; ) {
            final String nodeId = i.next();
            final Member peer = find(peers, nodeId);
            if (peer == null) {
                i.remove();
            } else if (!resting.contains(nodeId) && !sessions.containsKey(nodeId)) {
                i.remove();
                final Session session = new Session(++nextSession, nowNanos + config.sessionTimeoutNanos(), nowNanos);
                sessions.put(nodeId, session);
                if (!isSettled) {
                    asked.add(nodeId);
                }
                starts.add(new Start(peer, session.id(), isDeepNext));
                isDeepNext = false;
            }
        }
        return starts;
    }

    /** True when what came belongs to a session of ours with this member; keeps the session alive. */
    boolean progressed(final String nodeId, final long session, final long nowNanos) {
        final Session known = sessions.get(nodeId);
        if (known == null || known.id() != session) {
            return false;
        }
        if (nowNanos - known.startedNanos() >= config.replica().sessions().durationMaxNanos()) {
            aborted(nodeId);
            return false;
        }
        sessions.put(nodeId, new Session(session, nowNanos + config.sessionTimeoutNanos(), known.startedNanos()));
        return true;
    }

    /** A member answered our probe: whether it has itself not yet heard anybody who had everything. */
    void answered(final String nodeId, final boolean isLoading) {
        if (isLoading && !isSettled) {
            loading.add(nodeId);
        } else {
            loading.remove(nodeId);
        }
    }

    void completed(final String nodeId) {
        sessions.remove(nodeId);
        completed++;
        if (!loading.contains(nodeId)) {
            settle();
        }
        wakeResting();
    }

    void aborted(final String nodeId) {
        final Session session = sessions.remove(nodeId);
        if (session != null) {
            ended.add(session.id());
        }
    }

    /** The session with this member is over because another one brings the same: ask it when that one has ended. */
    void deferred(final String nodeId) {
        aborted(nodeId);
        resting.add(nodeId);
    }

    /** The member has no room for our session. False when it is none of ours. */
    boolean turnedAway(final String nodeId, final long session) {
        final Session known = sessions.get(nodeId);
        if (known == null || known.id() != session) {
            return false;
        }
        deferred(nodeId);
        lookElsewhere(nodeId);
        return true;
    }

    /** What this member was to send, another one shall send. */
    void lookElsewhere(final String nodeId) {
        failing.add(nodeId);
    }

    /** What ended since the last call. */
    Ended takeEnded() {
        if (ended.isEmpty()) {
            return new Ended(List.of(), 0);
        }
        final Ended taken = new Ended(List.copyOf(ended), timedOut);
        ended.clear();
        timedOut = 0;
        return taken;
    }

    /** What was here is gone: gives up every session, and somebody who has everything is to be found again. */
    void startAnew() {
        sessions.clear();
        isSettled = false;
        wakeResting();
    }

    /** True once somebody who had everything answered, or nobody within reach had: then what is here is all. */
    boolean isSettled() {
        return isSettled;
    }

    /** True while a session is under way. */
    boolean isBusy() {
        return !sessions.isEmpty();
    }

    /** True when settled and no session is under way or wanted. */
    boolean isCaughtUp() {
        return isSettled && sessions.isEmpty() && wanted.isEmpty() && appeared.isEmpty() && resting.isEmpty();
    }

    /** Own sessions that ran to their end. */
    long completedCount() {
        return completed;
    }

    /** Who appeared together with many others is asked with a few of them: they, too, ask each other. */
    private void chooseAmongAppeared(final List<Member> peers) {
        if (appeared.isEmpty()) {
            return;
        }
        final List<String> choice = new ArrayList<>(appeared);
        appeared.clear();
        if (peers.size() <= APPEARED_ASKED_MAX) {
            wanted.addAll(choice);
            return;
        }
        if (!isSettled) {
            // This node is new itself. So may be those it asks; then it asks further.
            for (int missing = APPEARED_SAMPLE - wanted.size() - sessions.size(); missing > 0; missing--) {
                wanted.add(choice.get(random.nextInt(choice.size())));
            }
            return;
        }
        for (final String nodeId : choice) {
            if (random.nextInt(peers.size()) < APPEARED_SAMPLE) {
                wanted.add(nodeId);
            }
        }
    }

    private void onInterval(final List<Member> peers, final long nowNanos) {
        if (!isStarted) {
            nextDeepNanos = nowNanos + DEEP_NANOS;
        } else if (!peers.isEmpty()) {
            want(anyOf(peers));
            if (nowNanos - nextDeepNanos >= 0) {
                isDeepNext = true;
                nextDeepNanos = nowNanos + DEEP_NANOS;
            }
        }
        isStarted = true;
        wakeResting();
        final Set<String> reachable = new HashSet<>();
        peers.forEach(peer -> reachable.add(peer.id().nodeId()));
        differsSinceNanos.keySet().retainAll(reachable);
        wanted.retainAll(reachable);
        resting.retainAll(reachable);
        loading.retainAll(reachable);
        asked.clear();
        final long fifth = config.syncIntervalNanos() / 5;
        nextIntervalNanos = nowNanos + config.syncIntervalNanos() - fifth + random.nextLong(2 * fifth + 1);
    }

    private void wantDiffering(final long ours, final long nowNanos) {
        if (ours != ownHash) {
            ownHash = ours;
            differsSinceNanos.clear();
            return;
        }
        nextDifferenceNanos = nowNanos + config.divergenceNanos();
        for (final Iterator<Map.Entry<String, Long>> i =
                        differsSinceNanos.entrySet().iterator();
                i.hasNext(); ) {
            final Map.Entry<String, Long> entry = i.next();
            final long dueNanos = entry.getValue() + config.divergenceNanos();
            if (nowNanos - dueNanos >= 0) {
                want(entry.getKey());
                i.remove();
            } else if (dueNanos - nextDifferenceNanos < 0) {
                nextDifferenceNanos = dueNanos;
            }
        }
    }

    /** Gives up the sessions that got no answer in time; returns with whom. */
    private List<String> expire(final long nowNanos) {
        final List<String> silent = new ArrayList<>(0);
        for (final Iterator<Map.Entry<String, Session>> i = sessions.entrySet().iterator(); i.hasNext(); ) {
            // Read first: the entry is not to be used any more once it was removed.
            final Map.Entry<String, Session> entry = i.next();
            final String nodeId = entry.getKey();
            final Session session = entry.getValue();
            if (nowNanos - session.deadlineNanos() >= 0) {
                i.remove();
                ended.add(session.id());
                timedOut++;
                silent.add(nodeId);
                lookElsewhere(nodeId);
                wakeResting();
            }
        }
        return silent;
    }

    private void wakeResting() {
        wanted.addAll(resting);
        resting.clear();
    }

    /** For each member that failed, wants a random one with which there is nothing yet, and which did not fail. */
    private void askSomebodyElse(final List<Member> peers) {
        final List<String> others = new ArrayList<>();
        for (final Member peer : peers) {
            final String nodeId = peer.id().nodeId();
            if (!failing.contains(nodeId)
                    && !wanted.contains(nodeId)
                    && !resting.contains(nodeId)
                    && !sessions.containsKey(nodeId)) {
                others.add(nodeId);
            }
        }
        for (int missing = failing.size(); missing > 0 && !others.isEmpty(); missing--) {
            wanted.add(others.remove(random.nextInt(others.size())));
        }
        failing.clear();
    }

    /** Nobody asked so far had everything: wants one more, as long as there is one. */
    private void lookFurther(final List<Member> peers) {
        final List<String> others = new ArrayList<>();
        boolean areAllLoading = !peers.isEmpty();
        for (final Member peer : peers) {
            final String nodeId = peer.id().nodeId();
            if (!loading.contains(nodeId)) {
                areAllLoading = false;
                if (!asked.contains(nodeId) && !resting.contains(nodeId)) {
                    others.add(nodeId);
                }
            }
        }
        if (areAllLoading && resting.isEmpty()) {
            settle();
        } else if (!others.isEmpty()) {
            wanted.add(others.get(random.nextInt(others.size())));
        }
    }

    private void settle() {
        isSettled = true;
        loading.clear();
        asked.clear();
    }

    private String anyOf(final List<Member> peers) {
        return peers.get(random.nextInt(peers.size())).id().nodeId();
    }

    /** One of many wanted costs no look at all peers; null when it is none of them. */
    private static Member find(final List<Member> peers, final String nodeId) {
        int from = 0;
        int to = peers.size() - 1;
        while (from <= to) {
            final int middle = (from + to) >>> 1;
            final int order = peers.get(middle).id().nodeId().compareTo(nodeId);
            if (order == 0) {
                return peers.get(middle);
            }
            if (order < 0) {
                from = middle + 1;
            } else {
                to = middle - 1;
            }
        }
        return null;
    }
}
