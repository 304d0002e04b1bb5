package com.onebackend.registry.gateway.http;

import com.onebackend.registry.api.ByteSource;
import io.netty.buffer.ByteBuf;
import java.io.EOFException;
import java.io.IOException;
import java.util.List;

/**
 * The bytes of an answer: pieces that may be shared with other answers and are never changed, or a source that is read
 * while the client takes it.
 *
 * @param length the sum of the pieces, or what the source holds
 * @param source null for pieces; closed by whoever has the body last
 */
public record Body(List<byte[]> pieces, long length, ByteSource source) {
    /** No bytes. */
    public static final Body EMPTY = new Body(List.of(), 0, null);

    /** What a source of this length holds. */
    public static Body of(final ByteSource source, final long length) {
        return new Body(List.of(), length, source);
    }

    /** One piece. */
    public static Body of(final byte[] bytes) {
        return new Body(List.of(bytes), bytes.length, null);
    }

    /** Several pieces, in this order. The list must not be changed any more. */
    public static Body of(final List<byte[]> pieces) {
        long length = 0;
        for (final byte[] piece : pieces) {
            length += piece.length;
        }
        return new Body(pieces, length, null);
    }

    /** Nobody will read it. */
    void discard() {
        if (source != null) {
            source.close();
        }
    }

    /** Where a writer stands inside a body. */
    static final class Cursor {
        private final Body body;
        private long left;
        private int piece;
        private int offset;

        Cursor(final Body body) {
            this.body = body;
            this.left = body.length();
        }

        boolean hasMore() {
            return left > 0;
        }

        /** Nothing more is read. */
        void close() {
            body.discard();
        }

        /**
         * Copies into {@code out} until it holds {@code bytesMax} more, or all is copied.
         *
         * @throws IOException the source failed: the answer cannot be ended
         */
        void copy(final ByteBuf out, final int bytesMax) throws IOException {
            if (body.source() == null) {
                copyPieces(out, bytesMax);
            } else {
                copySource(out, bytesMax);
            }
        }

        private void copyPieces(final ByteBuf out, final int bytesMax) {
            int room = bytesMax;
            while (room > 0 && hasMore()) {
                final byte[] from = body.pieces().get(piece);
                final int length = Math.min(room, from.length - offset);
                out.writeBytes(from, offset, length);
                offset += length;
                room -= length;
                left -= length;
                if (offset == from.length) {
                    piece++;
                    offset = 0;
                }
            }
        }

        /** A file that was just written is in memory still: reading it here waits for no disk. */
        private void copySource(final ByteBuf out, final int bytesMax) throws IOException {
            final byte[] chunk = new byte[(int) Math.min(bytesMax, left)];
            int room = chunk.length;
            while (room > 0) {
                final int length = body.source().read(chunk, room);
                if (length < 0) {
                    throw new EOFException("the answer's source ended too early");
                }
                out.writeBytes(chunk, 0, length);
                room -= length;
                left -= length;
            }
        }
    }
}
