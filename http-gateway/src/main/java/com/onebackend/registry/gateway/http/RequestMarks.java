package com.onebackend.registry.gateway.http;

import com.onebackend.registry.api.Caller;
import com.onebackend.registry.api.ErrorCode;
import com.onebackend.registry.api.RegistryException;
import com.onebackend.registry.api.RequestMark;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;
import java.util.UUID;

/**
 * Marks a request by its Idempotency-Key: the same caller, method, path and key are the same request, at whichever node
 * it arrives; a body, query or condition that differs makes it another content.
 *
 * <p><i>Thread:</i> any.
 */
final class RequestMarks {
    /** The header. */
    static final String HEADER = "Idempotency-Key";

    private static final List<String> CONDITIONS = List.of("If-Match", "If-None-Match");

    private RequestMarks() {}

    /** The mark; null when the request has no key. A key that is none is INVALID. */
    static RequestMark of(final Exchange exchange, final Caller caller) {
        final String key = exchange.header(HEADER);
        if (key == null) {
            return null;
        }
        if (key.isEmpty()
                || key.length() > GatewayLimits.IDEMPOTENCY_KEY_CHARS_MAX
                || !key.chars().allMatch(c -> c > ' ' && c < 0x7f)) {
            throw new RegistryException(
                    ErrorCode.INVALID,
                    "The header '" + HEADER + "' must be 1 to " + GatewayLimits.IDEMPOTENCY_KEY_CHARS_MAX
                            + " visible ASCII characters, without blanks.");
        }
        final MessageDigest request = sha256();
        add(request, caller.slug());
        add(request, exchange.route().method().name());
        add(request, exchange.route().pattern());
        add(request, exchange.parameter());
        add(request, key);
        final MessageDigest content = sha256();
        add(content, exchange.query().toString());
        for (final String condition : CONDITIONS) {
            final String value = exchange.header(condition);
            add(content, value == null ? "" : value);
        }
        content.update(exchange.body());
        final ByteBuffer id = ByteBuffer.wrap(request.digest());
        return new RequestMark(
                new UUID(id.getLong(), id.getLong()),
                ByteBuffer.wrap(content.digest()).getLong());
    }

    /** With its length before it, so that no two lists of texts are the same bytes. */
    private static void add(final MessageDigest digest, final String text) {
        final byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(bytes.length).flip());
        digest.update(bytes);
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
