package com.onebackend.registry.gateway.http;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.nio.charset.StandardCharsets;

/**
 * Writes the heads of answers. What is the same in every answer of a status is encoded once, at start.
 *
 * <p><i>Thread:</i> any; immutable.
 */
final class Heads {
    /** Room for everything in a head but the header lines an answer adds itself. */
    static final int BYTES = 512;

    private static final int STATUS_MAX = 600;
    private static final byte[] JSON = ascii("Content-Type: application/json\r\n");
    private static final byte[] ANY_ORIGIN = ascii("Access-Control-Allow-Origin: *\r\n");
    private static final byte[] ORIGIN = ascii("Access-Control-Allow-Origin: ");
    private static final byte[] CLOSE = ascii("Connection: close\r\n");
    private static final byte[] KEEP_ALIVE = ascii("Connection: keep-alive\r\n");
    private static final byte[] LENGTH = ascii("Content-Length: ");
    private static final byte[] LINE_END = ascii("\r\n");

    private final byte[][] byStatus = new byte[STATUS_MAX][];

    Heads(final String nodeId) {
        final String node = isHeaderValue(nodeId) ? "X-Registry-Node: " + nodeId + "\r\n" : "";
        final String fixed = node + "Vary: Origin\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n";
        for (int status = 200; status < STATUS_MAX; status++) {
            final String reason = HttpResponseStatus.valueOf(status).reasonPhrase();
            byStatus[status] = ascii("HTTP/1.1 " + status + " " + reason + "\r\n" + fixed);
        }
    }

    /**
     * Writes the head of {@code answer}.
     *
     * @param origin what the request said in its Origin header, or null
     * @param keepAlive10 the peer speaks HTTP/1.0 and must be told that the connection stays
     */
    void write(
            final ByteBuf out,
            final Answer answer,
            final String origin,
            final boolean close,
            final boolean keepAlive10) {
        out.writeBytes(byStatus[answer.status()]);
        if (answer.contentType() == null) {
            out.writeBytes(JSON);
        } else {
            line(out, "Content-Type", answer.contentType());
        }
        if (origin == null || origin.length() > GatewayLimits.ORIGIN_CHARS_MAX || !isHeaderValue(origin)) {
            out.writeBytes(ANY_ORIGIN);
        } else {
            out.writeBytes(ORIGIN);
            out.writeCharSequence(origin, StandardCharsets.US_ASCII);
            out.writeBytes(LINE_END);
        }
        for (int i = 0; i < answer.headers().size(); i += 2) {
            line(out, answer.headers().get(i), answer.headers().get(i + 1));
        }
        if (close) {
            out.writeBytes(CLOSE);
        } else if (keepAlive10) {
            out.writeBytes(KEEP_ALIVE);
        }
        if (answer.status() != 204) {
            out.writeBytes(LENGTH);
            decimal(out, answer.body().length());
            out.writeBytes(LINE_END);
        }
        out.writeBytes(LINE_END);
    }

    private static void line(final ByteBuf out, final String name, final String value) {
        out.writeCharSequence(name, StandardCharsets.US_ASCII);
        out.writeByte(':').writeByte(' ');
        out.writeCharSequence(value, StandardCharsets.US_ASCII);
        out.writeBytes(LINE_END);
    }

    private static void decimal(final ByteBuf out, final long value) {
        if (value >= 10) {
            decimal(out, value / 10);
        }
        out.writeByte('0' + (int) (value % 10));
    }

    private static boolean isHeaderValue(final String value) {
        return !value.isEmpty() && value.chars().allMatch(c -> c > ' ' && c < 0x7f);
    }

    private static byte[] ascii(final String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
