package com.onebackend.registry.gateway.http;

import com.onebackend.registry.api.ErrorCode;
import com.onebackend.registry.api.RegistryException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** The parameters of a query, decoded, in the order given. */
public final class Query {
    private static final Query NONE = new Query(List.of(), List.of());

    private final List<String> names;
    private final List<String> values;

    private Query(final List<String> names, final List<String> values) {
        this.names = names;
        this.values = values;
    }

    static Query parse(final String raw) {
        if (raw.isEmpty()) {
            return NONE;
        }
        final List<String> names = new ArrayList<>(2);
        final List<String> values = new ArrayList<>(2);
        int from = 0;
        while (from <= raw.length()) {
            final int ampersand = raw.indexOf('&', from);
            final int to = ampersand < 0 ? raw.length() : ampersand;
            if (to > from) {
                final int equals = raw.indexOf('=', from);
                final boolean hasValue = equals >= 0 && equals < to;
                names.add(Percent.decode(raw.substring(from, hasValue ? equals : to), true));
                values.add(hasValue ? Percent.decode(raw.substring(equals + 1, to), true) : "");
            }
            if (names.size() > GatewayLimits.QUERY_PARAMETERS_MAX) {
                throw Refusal.of(400, "More than " + GatewayLimits.QUERY_PARAMETERS_MAX + " query parameters.");
            }
            from = to + 1;
        }
        return new Query(names, values);
    }

    /** Names and values in the order given; the same for the same query only. */
    @Override
    public String toString() {
        return names + "=" + values;
    }

    /** How many parameters there are, repetitions counted. */
    public int size() {
        return names.size();
    }

    /** The value when {@code name} is the only parameter; else null. */
    public String only(final String name) {
        return names.size() == 1 && names.get(0).equals(name) ? values.get(0) : null;
    }

    /** The value of a parameter that may be given once; empty when it is not there. Given twice is INVALID. */
    public String one(final String name) {
        String found = null;
        for (int i = 0; i < names.size(); i++) {
            if (names.get(i).equals(name)) {
                if (found != null) {
                    throw new RegistryException(
                            ErrorCode.INVALID, "The query parameter '" + name + "' was given twice.");
                }
                found = values.get(i);
            }
        }
        return found == null ? "" : found;
    }

    /** All values of a parameter that may be repeated. */
    public List<String> all(final String name) {
        final List<String> found = new ArrayList<>();
        for (int i = 0; i < names.size(); i++) {
            if (names.get(i).equals(name) && !values.get(i).isEmpty()) {
                found.add(values.get(i));
            }
        }
        return found;
    }

    /** Refuses with INVALID, naming it, a parameter that is not {@code known}. */
    public void allowOnly(final Set<String> known) {
        for (final String name : names) {
            if (!known.contains(name)) {
                throw new RegistryException(
                        ErrorCode.INVALID,
                        "Unknown query parameter '" + name + "'"
                                + (known.isEmpty() ? ": none is known here." : "; known are " + sorted(known) + "."));
            }
        }
    }

    private static String sorted(final Set<String> known) {
        return String.join(", ", known.stream().sorted().toList());
    }
}
