package com.onebackend.registry.gateway.http;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import java.util.List;

/** What a request head must fulfil before anything looks at its meaning. */
final class RequestRules {
    private RequestRules() {}

    /** How the decoder's failure is answered. */
    static Refusal refusalOf(final HttpObject message) {
        final Throwable cause = message.decoderResult().cause();
        if (cause instanceof TooLongHttpLineException) {
            return Refusal.closing(
                    414, "The request line is longer than " + GatewayLimits.INITIAL_LINE_BYTES_MAX + " bytes.");
        }
        if (cause instanceof TooLongHttpHeaderException) {
            return Refusal.closing(
                    431, "The header fields are longer than " + GatewayLimits.HEADER_BYTES_MAX + " bytes.");
        }
        return Refusal.closing(400, "This is not a well-formed HTTP/1.1 request.");
    }

    /** Refuses what two readers could frame differently, and what names no host. */
    static void check(final HttpRequest request) {
        final HttpVersion version = request.protocolVersion();
        final boolean is11 = version.equals(HttpVersion.HTTP_1_1);
        if (!is11 && !version.equals(HttpVersion.HTTP_1_0)) {
            throw Refusal.closing(400, "Only HTTP/1.1 and HTTP/1.0 are spoken here.");
        }
        final HttpHeaders headers = request.headers();
        checkTransfer(headers, is11);
        final List<String> hosts = headers.getAll(HttpHeaderNames.HOST);
        if (hosts.size() > 1 || (is11 && hosts.isEmpty())) {
            throw Refusal.closing(400, "Exactly one Host header is needed.");
        }
        if (!hosts.isEmpty() && !isHost(hosts.get(0))) {
            throw Refusal.closing(400, "The Host header is not a host with an optional port.");
        }
        if (request.method().equals(HttpMethod.CONNECT)) {
            throw Refusal.closing(405, "CONNECT is not spoken here.");
        }
    }

    private static void checkTransfer(final HttpHeaders headers, final boolean is11) {
        final List<String> encodings = headers.getAll(HttpHeaderNames.TRANSFER_ENCODING);
        if (!encodings.isEmpty()) {
            if (!is11 || encodings.size() > 1 || !"chunked".equalsIgnoreCase(encodings.get(0))) {
                throw Refusal.closing(400, "The only Transfer-Encoding known is chunked, in HTTP/1.1.");
            }
            if (headers.contains(HttpHeaderNames.CONTENT_LENGTH)) {
                throw Refusal.closing(400, "A request has a Transfer-Encoding or a Content-Length, not both.");
            }
        }
        final List<String> lengths = headers.getAll(HttpHeaderNames.CONTENT_LENGTH);
        if (lengths.size() > 1) {
            throw Refusal.closing(400, "More than one Content-Length.");
        }
        if (lengths.size() == 1) {
            checkLength(lengths.get(0));
        }
    }

    private static void checkLength(final String text) {
        if (text.isEmpty() || !text.chars().allMatch(c -> c >= '0' && c <= '9')) {
            throw Refusal.closing(400, "The Content-Length is not a number.");
        }
        final String digits = text.replaceFirst("^0+", "");
        if (digits.length() > 18 || (!digits.isEmpty() && Long.parseLong(digits) > GatewayLimits.BODY_BYTES_MAX)) {
            throw tooLarge();
        }
    }

    /** The body is over its limit. */
    static Refusal tooLarge() {
        return Refusal.closing(413, "The body is larger than " + GatewayLimits.BODY_BYTES_MAX + " bytes.");
    }

    private static boolean isHost(final String host) {
        if (host.isEmpty() || host.length() > 255 + 6) {
            return false;
        }
        for (int i = 0; i < host.length(); i++) {
            final char c = host.charAt(i);
            final boolean good = (c < 0x80 && Character.isLetterOrDigit(c)) || ".-_:[]%".indexOf(c) >= 0;
            if (!good) {
                return false;
            }
        }
        return true;
    }
}
