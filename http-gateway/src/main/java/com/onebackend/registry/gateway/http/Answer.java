package com.onebackend.registry.gateway.http;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import com.onebackend.registry.api.ErrorCode;
import com.onebackend.registry.api.RegistryError;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * What is sent back.
 *
 * @param contentType null for JSON
 * @param headers further header lines, names and values in turn
 */
public record Answer(int status, String contentType, Body body, List<String> headers) {
    private static final String MAY_HAVE_HAPPENED = " It may have happened: read before you try again.";
    private static final Answer NO_CONTENT = new Answer(204, null, Body.EMPTY, List.of());

    /** 200 with JSON. */
    public static Answer ok(final Body body) {
        return new Answer(200, null, body, List.of());
    }

    /** JSON with this status. */
    public static Answer json(final int status, final byte[] body) {
        return new Answer(status, null, Body.of(body), List.of());
    }

    /** 204. */
    public static Answer noContent() {
        return NO_CONTENT;
    }

    /** The one mapping from a refusal of the registry to HTTP. */
    public static Answer of(final RegistryError error) {
        final String message =
                error.code() == ErrorCode.INDETERMINATE && !error.message().contains("may have happened")
                        ? error.message() + MAY_HAVE_HAPPENED
                        : error.message();
        return error(error.code().httpStatus(), message);
    }

    /** <code>{"error": message}</code> with the header lines its status asks for. */
    public static Answer error(final int status, final String message) {
        final byte[] json = ("{\"error\":\""
                        + new String(JsonStringEncoder.getInstance().quoteAsString(message)) + "\"}")
                .getBytes(StandardCharsets.UTF_8);
        final Answer answer = json(status, json);
        return switch (status) {
            case 401 -> answer.with("WWW-Authenticate", "Bearer");
            case 429, 503 -> answer.with("Retry-After", "1");
            default -> answer;
        };
    }

    /** The same answer with one more header line. The caller vouches for the value: no line breaks. */
    public Answer with(final String name, final String value) {
        final List<String> more = new ArrayList<>(headers);
        more.add(name);
        more.add(value);
        return new Answer(status, contentType, body, List.copyOf(more));
    }
}
