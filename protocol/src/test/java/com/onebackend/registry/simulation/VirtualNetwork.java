package com.onebackend.registry.simulation;

import static com.onebackend.registry.simulation.EventQueue.MILLI;

import com.onebackend.registry.gossip.GossipMessage;
import com.onebackend.registry.membership.Lane;
import com.onebackend.registry.model.Endpoint;
import com.onebackend.registry.model.Invariants;
import com.onebackend.registry.wire.WireCodec;
import com.onebackend.registry.wire.WireLimits;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;

/**
 * Carries bytes between nodes. Every message is encoded and decoded. Datagrams are lost, doubled and reordered; streams
 * keep the order of a pair while connected, hold back what meets a cut or a paused node, and may break.
 */
final class VirtualNetwork {
    /** Messages on their way on one stream; one more is dropped, as a full send queue in production does. */
    static final int STREAM_MESSAGES_MAX = 1_024;

    /** A stream that gets nothing through for so long is given up, and with it what it holds. */
    private static final long STREAM_TIMEOUT_NANOS = 15_000 * MILLI;

    private final EventQueue events;
    private final Trace trace;
    private final RandomGenerator random;
    private final Map<Endpoint, Port> ports = new LinkedHashMap<>();
    private final Map<Pair, Stream> streams = new LinkedHashMap<>();
    private final Counters counters = new Counters();
    private NetworkFaults faults = NetworkFaults.NONE;
    private Blocked blocked = (from, to) -> false;
    private DatagramLoss datagramLoss = (from, to, bytes) -> false;
    private Tamper tamper = (from, to, message) -> List.of(message);
    private Packet lastPacket;
    private boolean isCut;
    private long disturbedNanos = Long.MIN_VALUE;

    VirtualNetwork(final EventQueue events, final Trace trace, final RandomGenerator random) {
        this.events = events;
        this.trace = trace;
        this.random = random;
    }

    /** A node's end of the network. */
    interface Port {
        /** False while no process listens: datagrams vanish, streams are refused. */
        boolean isListening();

        /** False while the process is stopped: streams hold back. */
        boolean isReading();

        void deliver(Endpoint from, GossipMessage message, boolean isStream);
    }

    /** Which direction is cut. */
    interface Blocked {
        boolean isBlocked(Endpoint from, Endpoint to);
    }

    /** Loses datagrams by whom they are of, for whom, and how large they are; streams pass. */
    interface DatagramLoss {
        boolean isLost(Endpoint from, Endpoint to, int bytes);
    }

    /** Changes what is sent, to prove that the checkers notice. */
    interface Tamper {
        List<GossipMessage> instead(Endpoint from, Endpoint to, GossipMessage message);
    }

    /** What was carried. */
    static final class Counters {
        long datagrams;
        long streamed;
        long bytes;
        long lost;
        long oversized;
    }

    /** One message as bytes; a push is the same bytes to every peer, encoded and decoded once. */
    private static final class Packet {
        private final GossipMessage message;
        private final byte[] bytes;
        private final int fingerprint;
        private GossipMessage decoded;

        Packet(final GossipMessage message) {
            this.message = message;
            this.bytes = WireCodec.encode(message);
            this.fingerprint = Arrays.hashCode(bytes);
        }

        GossipMessage decoded() {
            if (decoded == null) {
                decoded = WireCodec.decode(bytes);
            }
            return decoded;
        }
    }

    private record Pair(Endpoint from, Endpoint to) {}

    private static final class Stream {
        private final List<Packet> held = new ArrayList<>();
        private long epoch;
        private int onTheWay;
        private long lastArrivalNanos;
        private long heldSinceNanos;
    }

    void attach(final Endpoint at, final Port port) {
        ports.put(at, port);
    }

    void faults(final NetworkFaults next) {
        faults = next;
    }

    NetworkFaults faults() {
        return faults;
    }

    void block(final Blocked cut) {
        blocked = cut;
        isCut = true;
        disturbedNanos = events.nowNanos();
    }

    /** Every cut is gone. What streams held back arrives, or the stream breaks. */
    void unblock() {
        blocked = (from, to) -> false;
        isCut = false;
        disturbedNanos = events.nowNanos();
        List.copyOf(streams.keySet()).forEach(this::release);
    }

    /** When the last cut was mended: now, while there is one. */
    long disturbedNanos() {
        return isCut ? events.nowNanos() : disturbedNanos;
    }

    void loseDatagrams(final DatagramLoss loss) {
        datagramLoss = loss;
    }

    void tamper(final Tamper change) {
        tamper = change;
    }

    Counters counters() {
        return counters;
    }

    boolean isBlockedEitherWay(final Endpoint a, final Endpoint b) {
        return blocked.isBlocked(a, b) || blocked.isBlocked(b, a);
    }

    void send(final Endpoint from, final Endpoint to, final Lane lane, final GossipMessage message) {
        for (final GossipMessage sent : tamper.instead(from, to, message)) {
            final Packet packet = packet(sent);
            final byte[] bytes = packet.bytes;
            Invariants.check(bytes.length <= WireLimits.FRAME_BYTES_MAX, "message is larger than a frame");
            final boolean isOversized = bytes.length > WireLimits.DATAGRAM_MESSAGE_BYTES_MAX;
            counters.bytes += bytes.length;
            if (lane == Lane.DATAGRAM && !isOversized) {
                counters.datagrams++;
                sendDatagram(from, to, packet);
            } else {
                counters.streamed++;
                counters.oversized += lane == Lane.DATAGRAM ? 1 : 0;
                sendOnStream(from, to, packet);
            }
        }
    }

    /** All streams of a node break: its process ended. */
    void breakStreams(final Endpoint node) {
        streams.forEach((pair, stream) -> {
            if (pair.from().equals(node) || pair.to().equals(node)) {
                breakStream(stream);
            }
        });
    }

    /** All streams break. */
    void breakAllStreams() {
        streams.values().forEach(this::breakStream);
    }

    /** A node reads again: what streams held back for it arrives, or the stream breaks. */
    void release(final Endpoint node) {
        for (final Pair pair : List.copyOf(streams.keySet())) {
            if (pair.to().equals(node)) {
                release(pair);
            }
        }
    }

    private void release(final Pair pair) {
        final Stream stream = streams.get(pair);
        if (stream.held.isEmpty()) {
            return;
        }
        if (events.nowNanos() - stream.heldSinceNanos > STREAM_TIMEOUT_NANOS || random.nextInt(4) == 0) {
            breakStream(stream);
            return;
        }
        final List<Packet> held = List.copyOf(stream.held);
        stream.held.clear();
        held.forEach(packet -> arriveOnStream(stream, pair.from(), pair.to(), packet));
    }

    private void sendDatagram(final Endpoint from, final Endpoint to, final Packet packet) {
        if (random.nextDouble() < faults.loss() || datagramLoss.isLost(from, to, packet.bytes.length)) {
            counters.lost++;
            return;
        }
        final int copies = random.nextDouble() < faults.duplicate() ? 2 : 1;
        for (int i = 0; i < copies; i++) {
            final long extra = random.nextDouble() < faults.late() ? faults.lateNanos() : 0;
            events.after(latency() + extra, () -> arriveDatagram(from, to, packet));
        }
    }

    private void arriveDatagram(final Endpoint from, final Endpoint to, final Packet packet) {
        final Port port = ports.get(to);
        if (port == null || !port.isListening() || blocked.isBlocked(from, to)) {
            counters.lost++;
            return;
        }
        deliver(port, from, to, packet, false);
    }

    private void sendOnStream(final Endpoint from, final Endpoint to, final Packet packet) {
        final Stream stream = streams.computeIfAbsent(new Pair(from, to), pair -> new Stream());
        if (random.nextDouble() < faults.streamBreak()) {
            breakStream(stream);
        }
        if (stream.onTheWay >= STREAM_MESSAGES_MAX) {
            counters.lost++;
            return;
        }
        putOnStream(stream, from, to, packet);
    }

    private void putOnStream(final Stream stream, final Endpoint from, final Endpoint to, final Packet packet) {
        final long epoch = stream.epoch;
        stream.onTheWay++;
        final long arrival = Math.max(stream.lastArrivalNanos, events.nowNanos() + latency());
        stream.lastArrivalNanos = arrival;
        events.at(arrival, () -> {
            if (stream.epoch == epoch) {
                arriveOnStream(stream, from, to, packet);
            }
        });
    }

    private void arriveOnStream(final Stream stream, final Endpoint from, final Endpoint to, final Packet packet) {
        final Port port = ports.get(to);
        if (port == null || !port.isListening()) {
            breakStream(stream);
        } else if (isBlockedEitherWay(from, to) || !port.isReading() || !stream.held.isEmpty()) {
            if (stream.held.isEmpty()) {
                stream.heldSinceNanos = events.nowNanos();
            }
            stream.held.add(packet);
        } else {
            stream.onTheWay--;
            deliver(port, from, to, packet, true);
        }
    }

    private void breakStream(final Stream stream) {
        counters.lost += stream.onTheWay;
        stream.epoch++;
        stream.held.clear();
        stream.onTheWay = 0;
    }

    private void deliver(
            final Port port, final Endpoint from, final Endpoint to, final Packet packet, final boolean isStream) {
        final GossipMessage message = packet.decoded();
        trace.add(
                events.nowNanos(),
                isStream ? "stream" : "datagram",
                from + ">" + to,
                body(message),
                packet.fingerprint);
        port.deliver(from, message, isStream);
    }

    private Packet packet(final GossipMessage message) {
        if (lastPacket == null || lastPacket.message != message) {
            lastPacket = new Packet(message);
        }
        return lastPacket;
    }

    /** Without the sender's identity, which the address shows. */
    private static Object body(final GossipMessage message) {
        return switch (message.type()) {
            case SWIM -> ((GossipMessage.Swim) message).message();
            case LOG -> ((GossipMessage.Log) message).message();
            case REPORT -> ((GossipMessage.Report) message).report();
        };
    }

    private long latency() {
        return Seeds.between(random, faults.latencyMinNanos(), faults.latencyMaxNanos());
    }
}
