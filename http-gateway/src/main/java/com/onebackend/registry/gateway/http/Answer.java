package com.onebackend.registry.gateway.http;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
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

    /**
     * The one mapping from a refusal of the registry to HTTP. Both kinds of 503 say in {@code happened} whether a write
     * may have taken effect: {@code no} may be sent again as it is, {@code unknown} wants a look first.
     */
    public static Answer of(final RegistryError error) {
        final int status = error.code().httpStatus();
        return switch (error.code()) {
            case INDETERMINATE -> json(status, body(indeterminate(error.message()), ",\"happened\":\"unknown\""));
            case UNAVAILABLE ->
                json(status, body(error.message(), ",\"happened\":\"no\"")).with("Retry-After", "1");
            default -> error(status, error.message());
        };
    }

    /** <code>{"error": message}</code> with the header lines its status asks for. */
    public static Answer error(final int status, final String message) {
        final Answer answer = json(status, body(message, ""));
        return switch (status) {
            case 401 -> answer.with("WWW-Authenticate", "Bearer");
            case 429, 503 -> answer.with("Retry-After", "1");
            default -> answer;
        };
    }

    private static String indeterminate(final String message) {
        return message.contains("may have happened") ? message : message + MAY_HAVE_HAPPENED;
    }

    private static byte[] body(final String message, final String more) {
        return ("{\"error\":\"" + new String(JsonStringEncoder.getInstance().quoteAsString(message)) + "\"" + more
                        + "}")
                .getBytes(StandardCharsets.UTF_8);
    }

    /** The same answer with one more header line. The caller vouches for the value: no line breaks. */
    public Answer with(final String name, final String value) {
        final List<String> more = new ArrayList<>(headers);
        more.add(name);
        more.add(value);
        return new Answer(status, contentType, body, List.copyOf(more));
    }
}
