package com.onebackend.registry.gateway.http;

import io.netty.buffer.ByteBuf;
import java.util.List;

/**
 * The bytes of an answer: pieces that may be shared with other answers and are never changed.
 *
 * @param length the sum of the pieces
 */
public record Body(List<byte[]> pieces, long length) {
    /** No bytes. */
    public static final Body EMPTY = new Body(List.of(), 0);

    /** One piece. */
    public static Body of(final byte[] bytes) {
        return new Body(List.of(bytes), bytes.length);
    }

    /** Several pieces, in this order. The list must not be changed any more. */
    public static Body of(final List<byte[]> pieces) {
        long length = 0;
        for (final byte[] piece : pieces) {
            length += piece.length;
        }
        return new Body(pieces, length);
    }

    /** Where a writer stands inside a body. */
    static final class Cursor {
        private final List<byte[]> pieces;
        private int piece;
        private int offset;

        Cursor(final Body body) {
            this.pieces = body.pieces();
        }

        boolean hasMore() {
            return piece < pieces.size();
        }

        /** Copies into {@code out} until it holds {@code bytesMax} more, or all is copied. */
        void copy(final ByteBuf out, final int bytesMax) {
            int room = bytesMax;
            while (room > 0 && hasMore()) {
                final byte[] from = pieces.get(piece);
                final int length = Math.min(room, from.length - offset);
                out.writeBytes(from, offset, length);
                offset += length;
                room -= length;
                if (offset == from.length) {
                    piece++;
                    offset = 0;
                }
            }
        }
    }
}
