package com.onebackend.registry.simulation;

import static com.onebackend.registry.simulation.EventQueue.MILLI;
import static com.onebackend.registry.simulation.EventQueue.SECOND;

import com.onebackend.registry.gossip.GossipMessage;
import com.onebackend.registry.membership.Lane;
import com.onebackend.registry.membership.SwimMessage;
import com.onebackend.registry.model.Endpoint;
import com.onebackend.registry.model.Invariants;
import com.onebackend.registry.wire.WireCodec;
import com.onebackend.registry.wire.WireLimits;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
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
    private final Map<Endpoint, Site> sites = new LinkedHashMap<>();
    /** Streams that hold something back, in the order in which they began to. */
    private final Set<Stream> holding = new LinkedHashSet<>();

    private final Counters counters = new Counters();
    private NetworkFaults faults = NetworkFaults.NONE;
    private Blocked blocked = (from, to) -> false;
    private DatagramLoss datagramLoss = (from, to, bytes) -> false;
    private StreamRate streamRate = (from, to) -> Long.MAX_VALUE;
    private Tamper tamper = (from, to, message) -> List.of(message);
    private Packet lastPacket;
    private boolean isCut;
    private boolean carriesLogs = true;
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

    /** How many bytes a second streams carry in one direction. */
    interface StreamRate {
        long bytesPerSecond(Endpoint from, Endpoint to);
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
        /** Members told of in passing, whole tables not counted: no news is left where this stands still. */
        long rumors;

        Counters copy() {
            final Counters copy = new Counters();
            copy.datagrams = datagrams;
            copy.streamed = streamed;
            copy.bytes = bytes;
            copy.rumors = rumors;
            return copy;
        }

        private void count(final GossipMessage message, final int length) {
            bytes += length;
            if (message instanceof GossipMessage.Swim swim && swim.message().type() != SwimMessage.Type.JOIN_REPLY) {
                rumors += swim.message().rumors().size();
            }
        }
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

    /** One address: who listens there, and the streams that begin and end there, in the order of their making. */
    private static final class Site {
        private final Endpoint endpoint;
        private final int index;
        private final List<Stream> outgoing = new ArrayList<>();
        private final List<Stream> incoming = new ArrayList<>();
        private Port port;
        /** By the index of the other end. */
        private Stream[] streams = new Stream[0];

        Site(final Endpoint endpoint, final int index) {
            this.endpoint = endpoint;
            this.index = index;
        }
    }

    private static final class Stream {
        private final Site from;
        private final Site to;
        private final List<Packet> held = new ArrayList<>(0);
        private long epoch;
        private int onTheWay;
        private long lastArrivalNanos;
        private long heldSinceNanos;

        Stream(final Site from, final Site to) {
            this.from = from;
            this.to = to;
        }
    }

    void attach(final Endpoint at, final Port port) {
        site(at).port = port;
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
        List.copyOf(holding).forEach(this::release);
    }

    /** When the last cut was mended: now, while there is one. */
    long disturbedNanos() {
        return isCut ? events.nowNanos() : disturbedNanos;
    }

    /** False: messages about instances go nowhere. */
    void carriesLogs(final boolean carries) {
        carriesLogs = carries;
    }

    void loseDatagrams(final DatagramLoss loss) {
        datagramLoss = loss;
    }

    /** From now on; all streams begin anew. */
    void limitStreams(final StreamRate rate) {
        streamRate = rate;
        breakAllStreams();
        // What was sent at the rate before is lost, and with it the time it would have taken.
        sites.values().forEach(site -> site.outgoing.forEach(stream -> stream.lastArrivalNanos = events.nowNanos()));
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
        if (!carriesLogs && message.type() == GossipMessage.Type.LOG) {
            return;
        }
        for (final GossipMessage sent : tamper.instead(from, to, message)) {
            final Packet packet = packet(sent);
            final byte[] bytes = packet.bytes;
            Invariants.check(bytes.length <= WireLimits.FRAME_BYTES_MAX, "message is larger than a frame");
            final boolean isOversized = bytes.length > WireLimits.DATAGRAM_MESSAGE_BYTES_MAX;
            counters.count(sent, bytes.length);
            if (lane == Lane.DATAGRAM && !isOversized) {
                counters.datagrams++;
                sendDatagram(site(from), site(to), packet);
            } else {
                counters.streamed++;
                sendOnStream(site(from), site(to), packet);
            }
        }
    }

    /** All streams of a node break: its process ended. */
    void breakStreams(final Endpoint node) {
        final Site site = site(node);
        site.outgoing.forEach(this::breakStream);
        site.incoming.forEach(this::breakStream);
    }

    /** All streams break. */
    void breakAllStreams() {
        sites.values().forEach(site -> site.outgoing.forEach(this::breakStream));
    }

    /** A node reads again: what streams held back for it arrives, or the stream breaks. */
    void release(final Endpoint node) {
        List.copyOf(site(node).incoming).forEach(this::release);
    }

    private void release(final Stream stream) {
        if (stream.held.isEmpty()) {
            return;
        }
        if (events.nowNanos() - stream.heldSinceNanos > STREAM_TIMEOUT_NANOS || random.nextInt(4) == 0) {
            breakStream(stream);
            return;
        }
        final List<Packet> held = List.copyOf(stream.held);
        empty(stream);
        held.forEach(packet -> arriveOnStream(stream, packet));
    }

    private Site site(final Endpoint endpoint) {
        final Site known = sites.get(endpoint);
        if (known != null) {
            return known;
        }
        final Site site = new Site(endpoint, sites.size());
        sites.put(endpoint, site);
        return site;
    }

    private static Stream stream(final Site from, final Site to) {
        if (to.index >= from.streams.length) {
            from.streams = Arrays.copyOf(from.streams, to.index + 1 + to.index / 2);
        }
        final Stream known = from.streams[to.index];
        if (known != null) {
            return known;
        }
        final Stream stream = new Stream(from, to);
        from.streams[to.index] = stream;
        from.outgoing.add(stream);
        to.incoming.add(stream);
        return stream;
    }

    private void sendDatagram(final Site from, final Site to, final Packet packet) {
        if (random.nextDouble() < faults.loss()
                || datagramLoss.isLost(from.endpoint, to.endpoint, packet.bytes.length)) {
            return;
        }
        final int copies = random.nextDouble() < faults.duplicate() ? 2 : 1;
        for (int i = 0; i < copies; i++) {
            final long extra = random.nextDouble() < faults.late() ? faults.lateNanos() : 0;
            events.after(latency() + extra, () -> arriveDatagram(from, to, packet));
        }
    }

    private void arriveDatagram(final Site from, final Site to, final Packet packet) {
        final Port port = to.port;
        if (port == null || !port.isListening() || blocked.isBlocked(from.endpoint, to.endpoint)) {
            return;
        }
        deliver(from, to, packet, false);
    }

    private void sendOnStream(final Site from, final Site to, final Packet packet) {
        final Stream stream = stream(from, to);
        if (random.nextDouble() < faults.streamBreak()) {
            breakStream(stream);
        }
        if (stream.onTheWay >= STREAM_MESSAGES_MAX) {
            return;
        }
        final long epoch = stream.epoch;
        stream.onTheWay++;
        final long rate = streamRate.bytesPerSecond(from.endpoint, to.endpoint);
        final long arrival = Math.max(stream.lastArrivalNanos, events.nowNanos() + latency())
                + (rate == Long.MAX_VALUE ? 0 : packet.bytes.length * SECOND / rate);
        stream.lastArrivalNanos = arrival;
        events.at(arrival, () -> {
            if (stream.epoch == epoch) {
                arriveOnStream(stream, packet);
            }
        });
    }

    private void arriveOnStream(final Stream stream, final Packet packet) {
        final Port port = stream.to.port;
        if (port == null || !port.isListening()) {
            breakStream(stream);
        } else if (isBlockedEitherWay(stream.from.endpoint, stream.to.endpoint)
                || !port.isReading()
                || !stream.held.isEmpty()) {
            if (stream.held.isEmpty()) {
                stream.heldSinceNanos = events.nowNanos();
                holding.add(stream);
            }
            stream.held.add(packet);
        } else {
            stream.onTheWay--;
            deliver(stream.from, stream.to, packet, true);
        }
    }

    private void breakStream(final Stream stream) {
        stream.epoch++;
        empty(stream);
        stream.onTheWay = 0;
    }

    private void empty(final Stream stream) {
        if (!stream.held.isEmpty()) {
            stream.held.clear();
            holding.remove(stream);
        }
    }

    private void deliver(final Site from, final Site to, final Packet packet, final boolean isStream) {
        final GossipMessage message = packet.decoded();
        trace.add(
                events.nowNanos(),
                isStream ? "stream" : "datagram",
                from.endpoint,
                to.endpoint,
                body(message),
                packet.fingerprint);
        to.port.deliver(from.endpoint, message, isStream);
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
            case REPORTS_ASKED, REPORT_BATCH -> message.type();
            case RELAYED -> body(((GossipMessage.Relayed) message).body());
            case HEARTBEATS, HEARTBEAT_ACK, PULSE -> message;
        };
    }

    private long latency() {
        return Seeds.between(random, faults.latencyMinNanos(), faults.latencyMaxNanos());
    }
}
