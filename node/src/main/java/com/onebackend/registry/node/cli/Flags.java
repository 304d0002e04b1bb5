package com.onebackend.registry.node.cli;

import com.fasterxml.jackson.core.JsonParseException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The free flags of {@code get}, {@code put}, {@code post} and {@code delete}, in the order they were typed, turned
 * into a JSON object or into query parameters.
 */
final class Flags {
    /** What is text in every record, even when it looks like a number, a boolean or JSON. */
    private static final Set<String> TEXT_KEYS = Set.of(
            "id",
            "slug",
            "url",
            "host",
            "ip",
            "path",
            "scheme",
            "deploymentId",
            "nodeUrl",
            "status",
            "details",
            "name",
            "password",
            "token",
            "appHost",
            "device",
            "version",
            "key",
            "value",
            "region",
            "availabilityZone");
    /** What is text, or JSON when it parses as such: a tag {@code 8} is not the number 8. */
    private static final Set<String> TEXT_LIST_KEYS = Set.of("tag", "tags");
    /** Up to 15 digits, which every JSON reader keeps exactly. */
    private static final Pattern INTEGER = Pattern.compile("0|-?[1-9][0-9]{0,14}");

    /** One flag; {@code value} is null when it had none. */
    private record Flag(String key, String value) {}

    private final List<Flag> flags = new ArrayList<>();

    /** Takes {@code --key} with its value; null means that it had none. */
    void add(final String key, final String value) {
        flags.add(new Flag(key, value));
    }

    boolean isEmpty() {
        return flags.isEmpty();
    }

    /**
     * The flags as {@code key=value&...}, keys as typed; empty when there are none. A flag without a value means true.
     */
    String query() {
        final StringBuilder query = new StringBuilder();
        for (final Flag flag : flags) {
            query.append(query.length() == 0 ? "" : "&")
                    .append(Uris.segment(flag.key))
                    .append('=')
                    .append(Uris.segment(flag.value == null ? "true" : flag.value));
        }
        return query.toString();
    }

    /** The flags as an object: dots, or dashes in a key without dots, nest; a repeated key makes a list. */
    Map<String, Object> object() {
        final Map<String, Object> root = new LinkedHashMap<>();
        for (final Flag flag : flags) {
            final String[] names = names(flag.key);
            final String leaf = names[names.length - 1];
            final Map<String, Object> parent = parent(root, names, flag.key);
            final Object value = value(flag, leaf);
            if (!parent.containsKey(leaf)) {
                parent.put(leaf, value);
            } else {
                parent.put(leaf, joined(parent.get(leaf), value, flag.key));
            }
        }
        return root;
    }

    private static String[] names(final String key) {
        final String[] names = key.split(key.indexOf('.') >= 0 ? "\\." : "-", -1);
        for (final String name : names) {
            if (name.isEmpty()) {
                throw CliException.usage("--" + key + " has an empty part; nest like this: --image.name=nginx");
            }
        }
        return names;
    }

    @SuppressWarnings("unchecked") // the maps below the root are ours or Json's
    private static Map<String, Object> parent(final Map<String, Object> root, final String[] names, final String key) {
        Map<String, Object> parent = root;
        for (int i = 0; i < names.length - 1; i++) {
            final Object child = parent.computeIfAbsent(names[i], name -> new LinkedHashMap<String, Object>());
            if (!(child instanceof Map)) {
                throw CliException.usage("--" + key + ": " + names[i] + " has a value of its own already");
            }
            parent = (Map<String, Object>) child;
        }
        return parent;
    }

    /**
     * A second value for a key: lists are continued, single values become a list, objects cannot be repeated in part.
     */
    private static Object joined(final Object before, final Object value, final String key) {
        if (before instanceof Map != value instanceof Map) {
            throw CliException.usage("--" + key + " is given both as an object and as a value");
        }
        final List<Object> list = new ArrayList<>();
        for (final Object part : new Object[] {before, value}) {
            if (part instanceof List<?> elements) {
                list.addAll(elements);
            } else {
                list.add(part);
            }
        }
        return list;
    }

    private static Object value(final Flag flag, final String leaf) {
        final String text = flag.value;
        if (TEXT_KEYS.contains(leaf)) {
            if (text == null) {
                throw CliException.usage("--" + flag.key + " needs a value: --" + flag.key + "=...");
            }
            return text;
        }
        if (text == null) {
            return true;
        }
        if (text.startsWith("{") || text.startsWith("[")) {
            try {
                return Json.parse(text);
            } catch (JsonParseException e) {
                return text; // a text that happens to begin like JSON
            }
        }
        if (TEXT_LIST_KEYS.contains(leaf)) {
            return text;
        }
        if (INTEGER.matcher(text).matches()) {
            return Long.valueOf(text);
        }
        return switch (text) {
            case "true" -> true;
            case "false" -> false;
            default -> text;
        };
    }
}
