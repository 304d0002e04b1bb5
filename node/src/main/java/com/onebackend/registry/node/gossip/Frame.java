package com.onebackend.registry.node.gossip;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.codec.CorruptedFrameException;
import java.util.List;

/**
 * One frame of a connection.
 *
 * <pre>
 * kind u8 | payload length u32 | payload
 * </pre>
 */
final class Frame {
    static final int HEADER_BYTES = 5;

    private static final byte[] NOTHING = new byte[0];

    private final FrameKind kind;
    private final byte[] payload;

    /** Keeps the array: it must not be changed any more. */
    Frame(final FrameKind kind, final byte[] payload) {
        this.kind = kind;
        this.payload = payload;
    }

    FrameKind kind() {
        return kind;
    }

    byte[] payload() {
        return payload;
    }

    /** A frame without payload. */
    static Frame empty(final FrameKind kind) {
        return new Frame(kind, NOTHING);
    }

    /** As it is written. */
    ByteBuf encode(final ByteBufAllocator allocator) {
        return allocator
                .buffer(HEADER_BYTES + payload.length)
                .writeByte(kind.code())
                .writeInt(payload.length)
                .writeBytes(payload);
    }

    /** Bytes to frames. A kind or length that cannot be ends the connection before a byte of payload is kept. */
    static final class Decoder extends ByteToMessageDecoder {
        private boolean isBroken;

        @Override
        protected void decode(final ChannelHandlerContext ctx, final ByteBuf in, final List<Object> out) {
            if (isBroken) {
                in.skipBytes(in.readableBytes());
                return;
            }
            if (in.readableBytes() < HEADER_BYTES) {
                return;
            }
            final FrameKind kind = FrameKind.of(in.getUnsignedByte(in.readerIndex()));
            final long length = in.getUnsignedInt(in.readerIndex() + 1);
            if (kind == null || length > kind.payloadBytesMax()) {
                isBroken = true;
                in.skipBytes(in.readableBytes());
                throw new CorruptedFrameException("impossible frame kind=" + kind + " bytes=" + length);
            }
            if (in.readableBytes() < HEADER_BYTES + length) {
                return;
            }
            in.skipBytes(HEADER_BYTES);
            final byte[] payload = new byte[(int) length];
            in.readBytes(payload);
            out.add(new Frame(kind, payload));
        }
    }
}
