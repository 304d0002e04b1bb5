package com.onebackend.registry.node.gossip;

import com.onebackend.registry.model.Endpoint;
import com.onebackend.registry.model.MemberId;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * The first frame of a connection, in both directions.
 *
 * <pre>
 * version u8 | purpose u8 | cluster hash u64 | boot id u64 | node id (u16 + UTF-8) | host (u16 + UTF-8) | port u16
 * </pre>
 *
 * @param clusterHash 0 on a request connection: the asking node may not have a cluster yet
 * @param listensAt where the sender's gossip listens; null on a request connection
 */
record Hello(Purpose purpose, long clusterHash, long bootId, String nodeId, Endpoint listensAt) {
    private static final byte VERSION = 1;
    private static final int HOST_BYTES_MAX = 255;
    private static final int NODE_ID_BYTES_MAX = 3 * MemberId.NODE_ID_CHARS_MAX;
    private static final int FIXED_BYTES = 1 + 1 + Long.BYTES + Long.BYTES + Short.BYTES + Short.BYTES + Short.BYTES;

    private static final int GOSSIP_CODE = 0;
    private static final int REQUEST_CODE = 1;

    /** What the connection is for. */
    enum Purpose {
        GOSSIP,
        REQUEST
    }

    /** What a process that only asks says of itself. */
    static Hello ofRequest(final long bootId, final String nodeId) {
        return new Hello(Purpose.REQUEST, 0, bootId, nodeId, null);
    }

    Frame frame() {
        final byte[] id = nodeId.getBytes(StandardCharsets.UTF_8);
        final byte[] host = (listensAt == null ? "" : listensAt.host()).getBytes(StandardCharsets.UTF_8);
        final ByteBuffer out = ByteBuffer.allocate(FIXED_BYTES + id.length + host.length)
                .put(VERSION)
                .put((byte) (purpose == Purpose.GOSSIP ? GOSSIP_CODE : REQUEST_CODE))
                .putLong(clusterHash)
                .putLong(bootId)
                .putShort((short) id.length)
                .put(id)
                .putShort((short) host.length)
                .put(host)
                .putShort((short) (listensAt == null ? 0 : listensAt.port()));
        return new Frame(FrameKind.HELLO, out.array());
    }

    /** What a peer sent; empty when it is not a hello of this version. */
    static Optional<Hello> decode(final byte[] payload) {
        try {
            final ByteBuffer in = ByteBuffer.wrap(payload);
            if (in.get() != VERSION) {
                return Optional.empty();
            }
            final int purposeCode = in.get();
            if (purposeCode != GOSSIP_CODE && purposeCode != REQUEST_CODE) {
                return Optional.empty();
            }
            final Purpose purpose = purposeCode == GOSSIP_CODE ? Purpose.GOSSIP : Purpose.REQUEST;
            final long clusterHash = in.getLong();
            final long bootId = in.getLong();
            final String nodeId = text(in, NODE_ID_BYTES_MAX);
            final String host = text(in, HOST_BYTES_MAX);
            final int port = Short.toUnsignedInt(in.getShort());
            if (purpose == Purpose.REQUEST) {
                return Optional.of(new Hello(purpose, clusterHash, bootId, nodeId, null));
            }
            return nodeId.isEmpty() || host.isEmpty() || port == 0
                    ? Optional.empty()
                    : Optional.of(new Hello(purpose, clusterHash, bootId, nodeId, new Endpoint(host, port)));
        } catch (final BufferUnderflowException | CharacterCodingException e) {
            return Optional.empty();
        }
    }

    /** Strict: what is no text would become another one when it is said again. */
    private static String text(final ByteBuffer in, final int bytesMax) throws CharacterCodingException {
        final int length = Short.toUnsignedInt(in.getShort());
        if (length > bytesMax || length > in.remaining()) {
            throw new BufferUnderflowException();
        }
        final byte[] bytes = new byte[length];
        in.get(bytes);
        return StandardCharsets.UTF_8
                .newDecoder()
                .decode(ByteBuffer.wrap(bytes))
                .toString();
    }
}
