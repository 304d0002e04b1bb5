package com.onebackend.registry.node.gossip;

import com.onebackend.registry.model.Endpoint;
import com.onebackend.registry.wire.SampleMessages;
import com.onebackend.registry.wire.WireLimits;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Valid inputs for every fuzz target of the transports, by name. */
final class TransportInputs {
    private TransportInputs() {}

    /** One end that opens what the other sealed. */
    static PacketSeal seal() {
        return new PacketSeal(ClusterKeys.derive(TestNode.SECRET), TestNode.CLUSTER, new TransportCounters());
    }

    static Map<String, byte[]> datagrams() {
        return Map.of("Sealed", seal().seal(TransportFuzzTest.SEALED));
    }

    static Map<String, byte[]> hellos() {
        return Map.of(
                "Gossip", gossipHello().payload(),
                "Request", Hello.ofRequest(3, "node-2").frame().payload());
    }

    static Map<String, byte[]> streams() {
        final Map<String, byte[]> streams = new TreeMap<>();
        streams.put("Request", stream(Hello.ofRequest(3, "node-2").frame(), new Frame(FrameKind.REQUEST, new byte[9])));
        streams.put("Ping", stream(gossipHello(), Frame.empty(FrameKind.PING), Frame.empty(FrameKind.PING)));
        // The largest length there is, and nothing of it ever comes.
        final byte[] claim = stream(gossipHello(), new Frame(FrameKind.GOSSIP, new byte[WireLimits.FRAME_BYTES_MAX]));
        streams.put("Claim", Arrays.copyOf(claim, claim.length - WireLimits.FRAME_BYTES_MAX));
        SampleMessages.messages()
                .forEach((name, message) ->
                        streams.put(name, stream(gossipHello(), new Frame(FrameKind.GOSSIP, message))));
        return streams;
    }

    private static Frame gossipHello() {
        return new Hello(Hello.Purpose.GOSSIP, TestNode.CLUSTER, 77, "n\u00f8de-1", new Endpoint("peer.example", 7_001))
                .frame();
    }

    /** All frames after the byte that says how they are cut: here into pieces of 25 bytes. */
    private static byte[] stream(final Frame... frames) {
        final ByteBuf out = Unpooled.buffer().writeByte(3);
        for (final Frame frame : List.of(frames)) {
            final ByteBuf encoded = frame.encode(UnpooledByteBufAllocator.DEFAULT);
            out.writeBytes(encoded);
            encoded.release();
        }
        final byte[] bytes = new byte[out.readableBytes()];
        out.readBytes(bytes);
        return bytes;
    }
}
