package com.onebackend.registry.simulation;

import static com.onebackend.registry.simulation.EventQueue.MILLI;
import static com.onebackend.registry.simulation.EventQueue.SECOND;

import com.onebackend.registry.gossip.Effects;
import com.onebackend.registry.gossip.GossipConfig;
import com.onebackend.registry.gossip.GossipCore;
import com.onebackend.registry.gossip.GossipMessage;
import com.onebackend.registry.gossip.Now;
import com.onebackend.registry.membership.Lane;
import com.onebackend.registry.model.Endpoint;
import com.onebackend.registry.model.Generation;
import com.onebackend.registry.model.Incarnation;
import com.onebackend.registry.model.Member;
import com.onebackend.registry.model.MemberId;
import com.onebackend.registry.model.MemberState;
import com.onebackend.registry.model.NodeReport;
import com.onebackend.registry.model.Origin;
import com.onebackend.registry.replication.LogBatch;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.random.RandomGenerator;

/**
 * Processes without disks and instances: for what happens to members only. Unlike in a {@link Simulation}, a node id,
 * an address and a data folder can be combined at will, also wrongly.
 */
final class MemberCluster {
    /** What arrives for a stopped process beyond this is lost. */
    private static final int INBOX_MAX = 512;

    final EventQueue events = new EventQueue();
    final VirtualNetwork network;
    /** Verdicts on processes that ran, and were connected as far as the test says. */
    final List<String> falseDeaths = new ArrayList<>();

    private final Seeds seeds;
    private final GossipConfig config;
    private final RandomGenerator random;
    private final Map<MemberId, Peer> processes = new LinkedHashMap<>();

    MemberCluster(final long seed) {
        this(seed, GossipConfig.LAN);
    }

    MemberCluster(final long seed, final GossipConfig config) {
        this.seeds = new Seeds(seed);
        this.config = config;
        this.random = seeds.forPurpose("cluster");
        this.network = new VirtualNetwork(events, new Trace(null), seeds.forPurpose("network"));
        network.faults(NetworkFaults.NONE);
    }

    /** So many members that know each other. */
    static MemberCluster joined(final long seed, final int size) {
        final MemberCluster cluster = new MemberCluster(seed);
        cluster.startAll(size);
        cluster.require("all meet", 20 * SECOND, cluster::isComplete);
        cluster.run(Seeds.between(cluster.random, SECOND, 3 * SECOND));
        return cluster;
    }

    void startAll(final int size) {
        for (int i = 0; i < size; i++) {
            start("n" + i, endpoint(i), i + 1, 1);
        }
    }

    static Endpoint endpoint(final int index) {
        return new Endpoint("10.0." + index / 250 + "." + (1 + index % 250), 7_001);
    }

    /** A process starts and asks the first three addresses. */
    Peer start(final String nodeId, final Endpoint at, final long origin, final long generation) {
        final Peer process = new Peer(new MemberId(nodeId, new Origin(origin), new Generation(generation)), at);
        processes.put(process.id, process);
        network.attach(at, process);
        final List<Endpoint> addresses = new ArrayList<>(List.of(endpoint(0), endpoint(1), endpoint(2)));
        addresses.remove(at);
        process.act(() -> process.core.join(addresses, process.now(), process));
        process.tickLater();
        return process;
    }

    /** The running process of this node, the one that started last. */
    Peer process(final String nodeId) {
        Peer found = null;
        for (final Peer process : running()) {
            found = process.id.nodeId().equals(nodeId) ? process : found;
        }
        return found;
    }

    /** The data folder of this node's last process. */
    long originOf(final String nodeId) {
        long origin = 0;
        for (final MemberId id : processes.keySet()) {
            origin = id.nodeId().equals(nodeId) ? id.origin().value() : origin;
        }
        return origin;
    }

    Collection<Peer> running() {
        return processes.values().stream().filter(process -> process.isRunning).toList();
    }

    /** Every running process sees every running process alive. */
    boolean isComplete() {
        final Collection<Peer> running = running();
        for (final Peer observer : running) {
            for (final Peer other : running) {
                if (observer != other && !observer.sees(other.id, MemberState.ALIVE)) {
                    return false;
                }
            }
        }
        return true;
    }

    /** Everybody else believes this process to be in this state. */
    boolean allSee(final MemberId id, final MemberState state) {
        return running().stream().allMatch(observer -> observer.id.equals(id) || observer.sees(id, state));
    }

    void run(final long nanos) {
        events.runUntil(events.nowNanos() + nanos);
    }

    /** Runs until it holds; returns how long that took, or fails. */
    long require(final String what, final long nanosMax, final BooleanSupplier condition) {
        final long start = events.nowNanos();
        while (!condition.getAsBoolean()) {
            if (events.nowNanos() - start >= nanosMax) {
                throw new AssertionError("not within " + nanosMax / 1e9 + " s: " + what);
            }
            run(10 * MILLI);
        }
        return events.nowNanos() - start;
    }

    /** One process, as the daemon's loop drives it. */
    final class Peer implements VirtualNetwork.Port, Effects {
        final MemberId id;
        final Endpoint at;
        final GossipCore core;
        /** What it believes of each node id but its own. */
        final Map<String, Member> beliefs = new HashMap<>();

        Member refusedFor;
        int verdicts;
        boolean isRunning = true;
        private boolean isPaused;
        private final long nanosBase = random.nextLong() >> 1;
        private final Deque<Runnable> inbox = new ArrayDeque<>();
        private final List<Runnable> outbox = new ArrayList<>();

        Peer(final MemberId id, final Endpoint at) {
            this.id = id;
            this.at = at;
            final Member self =
                    new Member(id, Incarnation.FIRST, MemberState.ALIVE, at, "http://" + at.host() + ":58231");
            this.core = new GossipCore(config, self, seeds.forPurpose("core " + id + at));
        }

        boolean sees(final MemberId other, final MemberState state) {
            final Member seen = beliefs.get(other.nodeId());
            return seen != null && seen.id().equals(other) && seen.state() == state;
        }

        void kill() {
            isRunning = false;
            network.breakStreams(at);
        }

        void leave() {
            act(() -> core.leave(now(), this));
            isRunning = false;
        }

        void pause() {
            isPaused = true;
        }

        void resume() {
            isPaused = false;
            while (!inbox.isEmpty()) {
                inbox.removeFirst().run();
            }
            network.release(at);
        }

        void receive(final Peer sender, final GossipMessage message) {
            act(() -> core.receive(sender.at, message, now(), this));
        }

        Now now() {
            return new Now(nanosBase + events.nowNanos(), 1_700_000_000_000L + events.nowNanos() / MILLI);
        }

        /** Whatever it wanted sent is not. */
        void forgetOutput() {
            outbox.clear();
        }

        void act(final Runnable step) {
            step.run();
            final List<Runnable> actions = List.copyOf(outbox);
            outbox.clear();
            actions.forEach(Runnable::run);
        }

        private void tickLater() {
            events.after(Seeds.between(random, 20 * MILLI, 50 * MILLI), () -> {
                if (isRunning && !isPaused) {
                    act(() -> core.tick(now(), this));
                }
                if (isRunning) {
                    tickLater();
                }
            });
        }

        @Override
        public boolean isListening() {
            return isRunning;
        }

        @Override
        public boolean isReading() {
            return isRunning && !isPaused;
        }

        @Override
        public void deliver(final Endpoint from, final GossipMessage message, final boolean isStream) {
            final Runnable arrival = () -> act(() -> core.receive(from, message, now(), this));
            if (!isPaused) {
                arrival.run();
            } else if (inbox.size() < INBOX_MAX) {
                inbox.addLast(arrival);
            }
        }

        @Override
        public void send(final Endpoint to, final Lane lane, final GossipMessage message) {
            outbox.add(() -> network.send(at, to, lane, message));
        }

        @Override
        public void persist(final LogBatch batch, final long ownVersion) {
            // Nothing here has a disk.
        }

        @Override
        public void sync(final long token) {}

        @Override
        public void instanceChanged(final String instanceId) {
            throw new AssertionError("nobody registers anything");
        }

        @Override
        public void memberChanged(final Member before, final Member after) {
            if (before != null
                    && before.id().equals(after.id())
                    && before.incarnation().compareTo(after.incarnation()) > 0) {
                throw new AssertionError(
                        id.nodeId() + " believes an earlier incarnation: " + after + " after " + before);
            }
            beliefs.put(after.id().nodeId(), after);
            final boolean isVerdict = before != null
                    && before.state().isReachable()
                    && before.id().equals(after.id())
                    && after.state() == MemberState.DEAD;
            if (isVerdict) {
                verdicts++;
                final Peer subject = processes.get(after.id());
                if (subject != null && subject.isReading()) {
                    falseDeaths.add(id.nodeId() + " on " + after);
                }
            }
        }

        @Override
        public void reported(final NodeReport report) {
            throw new AssertionError("nobody reports anything");
        }

        @Override
        public void refused(final Member incumbent) {
            refusedFor = incumbent;
            kill();
        }

        @Override
        public String toString() {
            return id.toString();
        }
    }
}
