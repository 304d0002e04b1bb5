package com.onebackend.registry.gateway.rest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.onebackend.registry.api.ErrorCode;
import com.onebackend.registry.api.RegistryException;
import com.onebackend.registry.gateway.http.GatewayLimits;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;

/**
 * Reads the fields of one JSON object. Absent, null and empty are the same; anything of a wrong type is INVALID
 * and named with its place.
 */
final class Fields {
    private static final int PORT_MAX = 65_535;

    private final ObjectNode object;
    private final String place;

    /** @param place where the object stands, for messages; empty at the top */
    Fields(final ObjectNode object, final String place) {
        this.object = object;
        this.place = place;
    }

    /** Refuses fields that are not known: a misspelt one must not be lost without a word. */
    Fields allowOnly(final Set<String> known) {
        final Iterator<String> names = object.fieldNames();
        while (names.hasNext()) {
            final String name = names.next();
            if (!known.contains(name)) {
                throw invalid(
                        name,
                        "is not known; known are "
                                + String.join(", ", known.stream().sorted().toList()));
            }
        }
        return this;
    }

    /** A text; a number is taken as its digits. Empty when absent. */
    String text(final String name, final int charsMax) {
        final JsonNode node = object.path(name);
        if (isAbsent(node)) {
            return "";
        }
        if (!node.isTextual() && !node.isNumber()) {
            throw invalid(name, "must be a string");
        }
        return checked(name, node.asText(), charsMax);
    }

    /** A text; numbers and booleans are taken as they are written. */
    String scalar(final String name, final int charsMax) {
        final JsonNode node = object.path(name);
        return node.isBoolean() ? node.asText() : text(name, charsMax);
    }

    /** True or false; false when absent. */
    boolean flag(final String name) {
        final JsonNode node = object.path(name);
        if (!isAbsent(node) && !node.isBoolean()) {
            throw invalid(name, "must be true or false");
        }
        return node.asBoolean(false);
    }

    /** A port as a number or as digits; 0 when absent. */
    int port(final String name) {
        return port(object.path(name), name);
    }

    private int port(final JsonNode node, final String name) {
        if (isAbsent(node) || (node.isTextual() && node.asText().isEmpty())) {
            return 0;
        }
        final boolean isNumber = node.isIntegralNumber() && node.canConvertToInt();
        final boolean isDigits = node.isTextual() && node.asText().matches("[0-9]{1,5}");
        final int port = isNumber ? node.intValue() : isDigits ? Integer.parseInt(node.asText()) : -1;
        if (port < 0 || port > PORT_MAX) {
            throw invalid(name, "must be a port, 1 to " + PORT_MAX);
        }
        return port;
    }

    /** A whole number, 0 or more, as a number or as digits; empty when absent. */
    OptionalLong count(final String name) {
        final JsonNode node = object.path(name);
        if (isAbsent(node)) {
            return OptionalLong.empty();
        }
        final String digits = node.isIntegralNumber() || node.isTextual() ? node.asText() : "";
        if (!digits.matches("[0-9]{1,18}")) {
            throw invalid(name, "must be a whole number, 0 or more");
        }
        return OptionalLong.of(Long.parseLong(digits));
    }

    /** A list of ports. */
    List<Integer> ports(final String name) {
        final List<Integer> ports = new ArrayList<>();
        for (final JsonNode element : elements(name)) {
            ports.add(port(element, name));
        }
        return ports;
    }

    /** A list of strings, given as an array or as a string that holds one; null when absent. */
    List<String> textsOrNull(final String name, final int elementsMax, final int charsMax) {
        JsonNode node = object.path(name);
        if (node.isTextual() && !node.asText().isBlank()) {
            node = Json.embedded(node.asText(), place + name);
        }
        if (isAbsent(node) || node.isTextual()) {
            return null;
        }
        if (!node.isArray() || node.size() > elementsMax) {
            throw invalid(name, "must be an array of at most " + elementsMax + " strings");
        }
        final List<String> texts = new ArrayList<>();
        for (final JsonNode element : node) {
            if (!element.isTextual() && !element.isNumber()) {
                throw invalid(name, "must hold strings only");
            }
            texts.add(checked(name, element.asText(), charsMax));
        }
        return texts;
    }

    /** A map of texts. */
    Map<String, String> map(final String name) {
        final JsonNode node = object.path(name);
        final Map<String, String> map = new LinkedHashMap<>();
        if (isAbsent(node)) {
            return map;
        }
        final ObjectNode values = Json.asObject(node, label(name));
        if (values.size() > GatewayLimits.LIST_ELEMENTS_MAX) {
            throw invalid(name, "has more than " + GatewayLimits.LIST_ELEMENTS_MAX + " entries");
        }
        final Fields fields = new Fields(values, place + name + ".");
        values.fieldNames()
                .forEachRemaining(key -> map.put(
                        fields.checked("name", key, GatewayLimits.JSON_NAME_CHARS_MAX),
                        fields.scalar(key, GatewayLimits.JSON_STRING_CHARS_MAX)));
        return map;
    }

    /** The objects of a list, each with its place. */
    List<Fields> objects(final String name) {
        final List<Fields> objects = new ArrayList<>();
        for (final JsonNode element : elements(name)) {
            final String at = place + name + "[" + objects.size() + "]";
            objects.add(new Fields(Json.asObject(element, "The field '" + at + "'"), at + "."));
        }
        return objects;
    }

    /** An object; null when absent. */
    Fields objectOrNull(final String name) {
        final JsonNode node = object.path(name);
        return isAbsent(node) ? null : new Fields(Json.asObject(node, label(name)), place + name + ".");
    }

    /** A refusal that names this field. */
    RegistryException invalid(final String name, final String problem) {
        return new RegistryException(ErrorCode.INVALID, label(name) + " " + problem + ".");
    }

    private JsonNode elements(final String name) {
        final JsonNode node = object.path(name);
        if (isAbsent(node)) {
            return object.arrayNode();
        }
        if (!node.isArray() || node.size() > GatewayLimits.LIST_ELEMENTS_MAX) {
            throw invalid(name, "must be an array of at most " + GatewayLimits.LIST_ELEMENTS_MAX + " elements");
        }
        return node;
    }

    private String checked(final String name, final String value, final int charsMax) {
        if (value.length() > charsMax) {
            throw invalid(name, "is longer than " + charsMax + " characters");
        }
        if (!StandardCharsets.UTF_8.newEncoder().canEncode(value)) {
            throw invalid(name, "holds half a character (a lone surrogate)");
        }
        if (charsMax <= GatewayLimits.TEXT_CHARS_MAX && value.chars().anyMatch(Character::isISOControl)) {
            throw invalid(name, "holds a control character");
        }
        return value;
    }

    private String label(final String name) {
        return "The field '" + place + name + "'";
    }

    private static boolean isAbsent(final JsonNode node) {
        return node.isMissingNode() || node.isNull();
    }
}
