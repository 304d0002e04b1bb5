package com.onebackend.registry.gateway.http;

import io.netty.buffer.ByteBuf;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.zip.GZIPInputStream;

/**
 * Collects a body up to its limit.
 *
 * <p><i>Thread:</i> the connection's event loop.
 */
final class RequestBody {
    private static final int FIRST_BYTES = 1024;
    static final byte[] NONE = new byte[0];

    private byte[] bytes = NONE;
    private int length;

    /** Takes one piece; refuses with 413 beyond the limit. */
    void add(final ByteBuf piece) {
        final int more = piece.readableBytes();
        if (more == 0) {
            return;
        }
        if (length + more > GatewayLimits.BODY_BYTES_MAX) {
            throw RequestRules.tooLarge();
        }
        if (length + more > bytes.length) {
            bytes = Arrays.copyOf(bytes, Math.max(FIRST_BYTES, Math.max(length + more, 2 * bytes.length)));
        }
        piece.readBytes(bytes, length, more);
        length += more;
    }

    /**
     * The body as the client meant it.
     *
     * @param encoding its Content-Encoding; null or empty for none
     */
    byte[] decoded(final String encoding) {
        if (length == 0 || encoding == null || encoding.isEmpty() || encoding.equalsIgnoreCase("identity")) {
            return length == bytes.length ? bytes : Arrays.copyOf(bytes, length);
        }
        if (!encoding.equalsIgnoreCase("gzip")) {
            throw Refusal.of(415, "The only Content-Encoding known is gzip.");
        }
        final long most = Math.min(
                GatewayLimits.BODY_BYTES_MAX,
                Math.max(GatewayLimits.INFLATE_FREE_BYTES, (long) length * GatewayLimits.INFLATE_RATIO_MAX));
        try (GZIPInputStream in = new GZIPInputStream(new ByteArrayInputStream(bytes, 0, length))) {
            final byte[] inflated = in.readNBytes((int) most + 1);
            if (inflated.length > most) {
                throw Refusal.of(413, "The body inflates to more than its limit.");
            }
            return inflated;
        } catch (IOException e) {
            throw Refusal.of(400, "The body is not well-formed gzip.");
        }
    }
}
