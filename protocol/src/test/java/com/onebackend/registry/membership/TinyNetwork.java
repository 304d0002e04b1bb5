package com.onebackend.registry.membership;

import com.onebackend.registry.model.Endpoint;
import com.onebackend.registry.model.Generation;
import com.onebackend.registry.model.Incarnation;
import com.onebackend.registry.model.Member;
import com.onebackend.registry.model.MemberId;
import com.onebackend.registry.model.MemberState;
import com.onebackend.registry.model.Origin;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;

/** A few members under virtual time, over a network that delays, loses, cuts and blocks. One seed, one run. */
final class TinyNetwork {
    static final long MILLI = 1_000_000L;
    static final long TICK_NANOS = 20 * MILLI;

    /** May this message pass. */
    interface Filter {
        boolean passes(String fromNode, String toNode, Lane lane);
    }

    /** One transition that one node saw. */
    record Change(long atNanos, String observer, Member before, Member after) {}

    /** One process. */
    final class Node implements SwimOutput {
        final String name;
        final Membership membership;
        boolean running = true;
        boolean paused;
        final List<Runnable> inbox = new ArrayList<>();

        Node(final String name, final Membership membership) {
            this.name = name;
            this.membership = membership;
        }

        @Override
        public void send(final Endpoint to, final Lane lane, final SwimMessage message) {
            checkSize(message);
            sent++;
            final Node sender = this;
            final String target = to.host();
            final double loss = lane == Lane.DATAGRAM ? datagramLoss : streamLoss;
            if (chance.nextDouble() < loss || !filter.passes(name, target, lane)) {
                return;
            }
            at(now + MILLI / 2 + chance.nextLong(5 * MILLI), () -> deliver(sender, target, message));
        }

        @Override
        public void changed(final Member before, final Member after) {
            changes.add(new Change(now, name, before, after));
        }

        @Override
        public void refused(final Member incumbent) {
            throw new AssertionError(name + " is refused for " + incumbent);
        }

        MemberState sees(final String other) {
            final Member member = membership.member(other);
            return member == null ? null : member.state();
        }
    }

    private record Event(long atNanos, long number, Runnable action) implements Comparable<Event> {
        @Override
        public int compareTo(final Event other) {
            final int time = Long.compare(atNanos, other.atNanos);
            return time != 0 ? time : Long.compare(number, other.number);
        }
    }

    final Map<String, Node> nodes = new TreeMap<>();
    final List<Change> changes = new ArrayList<>();
    double datagramLoss;
    double streamLoss;
    Filter filter = (from, to, lane) -> true;
    long now = -5_000 * MILLI;
    long sent;

    private final MembershipConfig config;
    private final SplittableRandom chance;
    private final PriorityQueue<Event> events = new PriorityQueue<>();
    private long eventNumber;

    TinyNetwork(final long seed, final MembershipConfig config) {
        this.chance = new SplittableRandom(seed);
        this.config = config;
    }

    /** {@code size} nodes n0, n1, ... that found each other through n0. */
    static TinyNetwork joined(final long seed, final int size) {
        final TinyNetwork network = new TinyNetwork(seed, MembershipConfig.LAN);
        for (int i = 0; i < size; i++) {
            network.start("n" + i, 1, "n0");
        }
        network.runUntil(network::isComplete, 5_000 * MILLI);
        network.run(network.chance.nextLong(3_000) * MILLI);
        network.changes.clear();
        return network;
    }

    static MemberId id(final String name, final long generation) {
        return new MemberId(name, new Origin(name.hashCode()), new Generation(generation));
    }

    static Member alive(final String name, final long generation) {
        return member(name, generation, 0, MemberState.ALIVE);
    }

    static Member member(final String name, final long generation, final long incarnation, final MemberState state) {
        return new Member(
                id(name, generation),
                new Incarnation(incarnation),
                state,
                new Endpoint(name, 7946),
                "http://" + name + ":8080");
    }

    Node start(final String name, final long generation, final String... seeds) {
        final Node node = new Node(name, new Membership(config, alive(name, generation), chance.split()));
        nodes.put(name, node);
        final List<Endpoint> addresses = new ArrayList<>();
        for (final String seed : seeds) {
            addresses.add(new Endpoint(seed, 7946));
        }
        node.membership.join(addresses, now, node);
        tickLater(node, chance.nextLong(TICK_NANOS));
        return node;
    }

    Node node(final String name) {
        return nodes.get(name);
    }

    void kill(final String name) {
        nodes.remove(name).running = false;
    }

    void pause(final String name) {
        node(name).paused = true;
    }

    void resume(final String name) {
        final Node node = node(name);
        node.paused = false;
        final List<Runnable> waiting = List.copyOf(node.inbox);
        node.inbox.clear();
        waiting.forEach(Runnable::run);
    }

    void leave(final String name) {
        node(name).membership.leave(now, node(name));
    }

    void forget(final String name, final long upTo) {
        nodes.values().forEach(node -> node.membership.forget(name, new Generation(upTo), now, node));
    }

    /** Every running node sees every running node alive, in its present generation. */
    boolean isComplete() {
        for (final Node observer : nodes.values()) {
            for (final Node other : nodes.values()) {
                final Member seen = observer.membership.member(other.name);
                if (seen == null
                        || seen.state() != MemberState.ALIVE
                        || !seen.id().equals(other.membership.self().id())) {
                    return false;
                }
            }
        }
        return true;
    }

    boolean allOthersSee(final String name, final MemberState state) {
        return nodes.values().stream()
                .filter(node -> !node.name.equals(name))
                .allMatch(node -> node.sees(name) == state);
    }

    boolean anyoneDeclared(final MemberState state) {
        return changes.stream().anyMatch(change -> change.after().state() == state);
    }

    void run(final long nanos) {
        final long end = now + nanos;
        while (!events.isEmpty() && events.peek().atNanos() <= end) {
            step();
        }
        now = end;
    }

    /** Runs until the condition holds; the time it took, or -1 when it did not hold within {@code nanosMax}. */
    long runUntil(final BooleanSupplier condition, final long nanosMax) {
        final long start = now;
        while (!condition.getAsBoolean()) {
            if (now - start > nanosMax) {
                return -1;
            }
            step();
        }
        return now - start;
    }

    private void step() {
        final Event event = events.poll();
        now = event.atNanos();
        event.action().run();
    }

    private void at(final long nanos, final Runnable action) {
        events.add(new Event(nanos, eventNumber++, action));
    }

    private void tickLater(final Node node, final long delayNanos) {
        at(now + delayNanos, () -> {
            if (!node.running) {
                return;
            }
            if (!node.paused) {
                node.membership.tick(now, node);
            }
            tickLater(node, TICK_NANOS);
        });
    }

    private void deliver(final Node sender, final String target, final SwimMessage message) {
        final Node receiver = nodes.get(target);
        if (receiver == null) {
            return;
        }
        final Runnable arrival = () -> receiver.membership.receive(
                new Endpoint(sender.name, 7946), sender.membership.self().id(), message, now, receiver);
        if (receiver.paused) {
            receiver.inbox.add(arrival);
        } else {
            arrival.run();
        }
    }

    private void checkSize(final SwimMessage message) {
        if (message.type() == SwimMessage.Type.JOIN_REPLY) {
            return;
        }
        final int bytes =
                message.rumors().stream().mapToInt(RumorQueue::estimatedBytes).sum();
        if (message.rumors().size() > config.rumorsPerMessageMax() || bytes > Courier.RUMOR_BYTES_MAX) {
            throw new AssertionError("too much in one message: " + message);
        }
    }
}
