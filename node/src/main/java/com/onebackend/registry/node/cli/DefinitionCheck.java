package com.onebackend.registry.node.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Checks one definition and gives its scalars the types of the API: ports are integers, everything else is text, so
 * that {@code value: 80} in YAML need not be quoted.
 */
final class DefinitionCheck {
    private static final int PORT_MAX = 65535;

    private final List<String> problems = new ArrayList<>();

    List<String> problems() {
        return problems;
    }

    /** The definition as it is sent. */
    Map<String, Object> definition(final Map<String, Object> raw) {
        final Map<String, Object> checked = new LinkedHashMap<>();
        raw.forEach((name, value) -> {
            if (value != null) {
                checked.put(name, field(name, value));
            }
        });
        final String id = checked.get("id") instanceof String text ? text : "";
        if (id.isBlank()) {
            problems.add("id is required, for example: id: my-svc");
        } else if (id.chars().anyMatch(c -> Character.isWhitespace(c) || c == '/')) {
            problems.add("id must have no blanks and no slashes: '" + id + "'");
        }
        final boolean image = required(checked, "image", "name");
        final boolean repository = required(checked, "repository", "url");
        if (!image && !repository) {
            problems.add("image.name or repository.url is required");
        }
        return checked;
    }

    private Object field(final String name, final Object value) {
        return switch (name) {
            case "id" -> text(name, value);
            case "revision" -> revision(value);
            case "image" -> object(name, value, Set.of("name", "internalPorts"));
            case "repository" ->
                object(name, value, Set.of("url", "version", "buildContext", "containerFile", "internalPorts"));
            case "ports" -> objects(name, value, Set.of("internal", "host"));
            case "envars" -> objects(name, value, Set.of("key", "value"));
            case "apiSpecs" -> objects(name, value, Set.of("url", "protocolType", "version", "metadata"));
            case "clients" -> objects(name, value, Set.of("language", "url"));
            default -> {
                problems.add("unknown field " + name);
                yield value;
            }
        };
    }

    private Object revision(final Object value) {
        final String text = value.toString();
        if (text.matches("[0-9]{1,18}")) {
            return Long.valueOf(text);
        }
        problems.add("revision must be a whole number, 0 for a definition that must not be there yet");
        return value;
    }

    private static boolean required(final Map<String, Object> definition, final String part, final String field) {
        return !Json.text(Json.object(definition.get(part)), field).isBlank();
    }

    private Object objects(final String name, final Object value, final Set<String> known) {
        if (!(value instanceof List<?> list)) {
            problems.add(name + " must be a list; begin each entry with a dash");
            return value;
        }
        final List<Object> checked = new ArrayList<>();
        for (int i = 0; i < list.size(); i++) {
            checked.add(object(name + "[" + i + "]", list.get(i), known));
        }
        return checked;
    }

    private Object object(final String place, final Object value, final Set<String> known) {
        if (!(value instanceof Map)) {
            problems.add(place + " must be an object with "
                    + String.join(", ", known.stream().sorted().toList()));
            return value;
        }
        final Map<String, Object> checked = new LinkedHashMap<>();
        Json.object(value).forEach((name, content) -> {
            final String inner = place + "." + name;
            if (!known.contains(name)) {
                problems.add("unknown field " + inner);
            }
            if (content != null) {
                checked.put(name, scalar(place, name, inner, content));
            }
        });
        if (place.startsWith("envars[") && Json.text(checked, "key").isBlank()) {
            problems.add(place + ".key is required");
        }
        if (place.startsWith("ports[") && !checked.containsKey("internal")) {
            problems.add(place + ".internal is required");
        }
        return checked;
    }

    private Object scalar(final String place, final String name, final String inner, final Object content) {
        return switch (name) {
            case "internalPorts" -> ports(inner, content);
            case "internal" -> port(inner, content);
            // The host of a port mapping is a port; there is no other host in a definition.
            case "host" -> place.startsWith("ports[") ? hostPort(inner, content) : text(inner, content);
            case "metadata" -> texts(inner, content);
            default -> text(inner, content);
        };
    }

    private Object texts(final String place, final Object value) {
        if (!(value instanceof Map)) {
            problems.add(place + " must be an object of texts");
            return value;
        }
        final Map<String, Object> checked = new LinkedHashMap<>();
        Json.object(value).forEach((name, content) -> {
            if (content != null) {
                checked.put(name, text(place + "." + name, content));
            }
        });
        return checked;
    }

    private Object text(final String place, final Object value) {
        if (value instanceof Map
                || value instanceof Iterable
                || value.getClass().isArray()) {
            problems.add(place + " must be a text");
            return value;
        }
        return value.toString();
    }

    private Object ports(final String place, final Object value) {
        if (!(value instanceof List<?> list)) {
            problems.add(place + " must be a list of ports, for example: [8080]");
            return value;
        }
        final List<Object> checked = new ArrayList<>();
        for (int i = 0; i < list.size(); i++) {
            checked.add(port(place + "[" + i + "]", list.get(i)));
        }
        return checked;
    }

    /** The server writes 0 for a port that is not published. */
    private Object hostPort(final String place, final Object value) {
        return value.toString().equals("0") ? Integer.valueOf(0) : port(place, value);
    }

    private Object port(final String place, final Object value) {
        final String text = String.valueOf(value);
        if (text.matches("[1-9][0-9]{0,4}") && Integer.parseInt(text) <= PORT_MAX) {
            return Integer.valueOf(text);
        }
        problems.add(place + " must be a port, 1 to " + PORT_MAX + ", not '" + text + "'");
        return value;
    }
}
