package com.onebackend.registry.gateway.rest;

import com.onebackend.registry.api.ErrorCode;
import com.onebackend.registry.api.RegistryException;
import com.onebackend.registry.gateway.http.Exchange;
import java.util.OptionalLong;
import java.util.regex.Pattern;

/** Revisions of definitions in headers, queries and bodies. */
final class Revisions {
    /** The field of a body and the parameter of a query. */
    static final String FIELD = "revision";

    static final String IF_MATCH = "If-Match";
    static final String IF_NONE_MATCH = "If-None-Match";

    /** As many digits as surely fit a long. */
    private static final Pattern NUMBER = Pattern.compile("[0-9]{1,18}");

    private Revisions() {}

    /** The entity tag of a revision. */
    static String tag(final long revision) {
        return "\"" + revision + "\"";
    }

    /** A revision given as digits. */
    static long number(final String text) {
        if (!NUMBER.matcher(text).matches()) {
            throw new RegistryException(ErrorCode.INVALID, "A revision is a number, 0 or more.");
        }
        return Long.parseLong(text);
    }

    /**
     * The revision a request expects, by {@code If-Match: "N"}, {@code If-None-Match: *} or the revision it gives
     * elsewhere. Two that differ are INVALID.
     */
    static OptionalLong expected(final Exchange exchange, final OptionalLong given) {
        final String match = exchange.header(IF_MATCH);
        final String noneMatch = exchange.header(IF_NONE_MATCH);
        OptionalLong expected = given;
        if (match != null) {
            final String inner = match.length() > 2 && match.startsWith("\"") && match.endsWith("\"")
                    ? match.substring(1, match.length() - 1)
                    : "";
            if (!NUMBER.matcher(inner).matches()) {
                throw new RegistryException(
                        ErrorCode.INVALID,
                        "The header '" + IF_MATCH + "' must be one revision in quotes, as the ETag of an answer is.");
            }
            expected = same(expected, Long.parseLong(inner));
        }
        if (noneMatch != null) {
            if (!noneMatch.equals("*")) {
                throw new RegistryException(ErrorCode.INVALID, "The header '" + IF_NONE_MATCH + "' must be *.");
            }
            expected = same(expected, 0);
        }
        return expected;
    }

    private static OptionalLong same(final OptionalLong one, final long other) {
        if (one.isPresent() && one.getAsLong() != other) {
            throw new RegistryException(
                    ErrorCode.INVALID, "The request expects two revisions: " + one.getAsLong() + " and " + other + ".");
        }
        return OptionalLong.of(other);
    }
}
