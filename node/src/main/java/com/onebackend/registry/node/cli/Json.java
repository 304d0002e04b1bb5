package com.onebackend.registry.node.cli;

import com.fasterxml.jackson.core.JsonEncoding;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.core.util.Separators;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * JSON as plain values: {@code Map<String, Object>}, {@code List<Object>}, String, Number, Boolean, null. The tree
 * model of jackson-databind would do the same and doubles the start-up time of a call.
 */
final class Json {
    private static final JsonFactory FACTORY = JsonFactory.builder().build();

    private Json() {}

    /** Exactly one value; anything else throws. */
    static Object parse(final String text) throws JsonParseException {
        try (JsonParser parser = FACTORY.createParser(text)) {
            parser.nextToken();
            final Object value = value(parser);
            if (parser.nextToken() != null) {
                throw new JsonParseException(parser, "more text after the end of the value");
            }
            return value;
        } catch (JsonParseException e) {
            throw e;
        } catch (IOException e) {
            throw new JsonParseException(null, e.getMessage(), e);
        }
    }

    /** The value, without blanks, in UTF-8. */
    static byte[] bytes(final Object value) {
        final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (JsonGenerator generator = FACTORY.createGenerator(bytes, JsonEncoding.UTF8)) {
            write(generator, value);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    /** The value, without blanks. */
    static String text(final Object value) {
        return new String(bytes(value), StandardCharsets.UTF_8);
    }

    /**
     * Copies JSON, indented by two blanks and ended by a newline, in constant memory. Copies nothing of an empty
     * input.
     */
    static void indent(final InputStream in, final OutputStream out) throws IOException {
        final Separators separators = Separators.createDefaultInstance()
                .withObjectFieldValueSpacing(Separators.Spacing.AFTER)
                .withObjectEmptySeparator("")
                .withArrayEmptySeparator("")
                .withRootSeparator("\n");
        final DefaultIndenter indenter = new DefaultIndenter("  ", "\n");
        final DefaultPrettyPrinter printer = new DefaultPrettyPrinter(separators)
                .withObjectIndenter(indenter)
                .withArrayIndenter(indenter);
        try (JsonParser parser = FACTORY.createParser(in);
                JsonGenerator generator = FACTORY.createGenerator(out, JsonEncoding.UTF8)) {
            generator.disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET);
            generator.disable(JsonGenerator.Feature.AUTO_CLOSE_JSON_CONTENT);
            generator.setPrettyPrinter(printer);
            if (parser.nextToken() == null) {
                return;
            }
            do {
                copyToken(parser, generator);
            } while (parser.nextToken() != null);
            generator.writeRaw('\n');
        }
    }

    /**
     * Reads {@code {"<list>": [...], ...}}, handing over the objects of the list one by one, so that a long list
     * needs no more memory than what the caller keeps of it.
     *
     * @return the other fields
     */
    static Map<String, Object> readListing(
            final InputStream in, final String list, final Consumer<Map<String, Object>> each) throws IOException {
        final Map<String, Object> others = new LinkedHashMap<>();
        try (JsonParser parser = FACTORY.createParser(in)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw new JsonParseException(parser, "an object was expected");
            }
            for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
                final JsonToken token = parser.nextToken();
                if (!name.equals(list)) {
                    others.put(name, value(parser));
                } else if (token == JsonToken.START_ARRAY) {
                    while (parser.nextToken() != JsonToken.END_ARRAY) {
                        each.accept(object(value(parser)));
                    }
                } else if (token != JsonToken.VALUE_NULL) {
                    throw new JsonParseException(parser, list + " is not a list");
                }
            }
        }
        return others;
    }

    /** Reads one object. */
    static Map<String, Object> readObject(final InputStream in) throws IOException {
        try (JsonParser parser = FACTORY.createParser(in)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw new JsonParseException(parser, "an object was expected");
            }
            return object(value(parser));
        }
    }

    /** The value as an object; an empty one when it is something else. */
    @SuppressWarnings("unchecked") // whoever builds these maps, here or in the YAML loader, uses text keys
    static Map<String, Object> object(final Object value) {
        return value instanceof Map<?, ?> ? (Map<String, Object>) value : Map.of();
    }

    /** The value as a list; an empty one when it is something else. */
    static List<?> list(final Object value) {
        return value instanceof List<?> values ? values : List.of();
    }

    /** The field as text; empty when it is absent or null. */
    static String text(final Map<String, Object> object, final String field) {
        final Object value = object.get(field);
        return value == null ? "" : value.toString();
    }

    private static Object value(final JsonParser parser) throws IOException {
        final JsonToken token = parser.currentToken();
        if (token == null) {
            throw new JsonParseException(parser, "the text ends where a value was expected");
        }
        return switch (token) {
            case START_OBJECT -> {
                final Map<String, Object> object = new LinkedHashMap<>();
                for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
                    parser.nextToken();
                    object.put(name, value(parser));
                }
                yield object;
            }
            case START_ARRAY -> {
                final List<Object> list = new ArrayList<>();
                while (parser.nextToken() != JsonToken.END_ARRAY) {
                    list.add(value(parser));
                }
                yield list;
            }
            case VALUE_STRING -> parser.getText();
            case VALUE_NUMBER_INT -> parser.getNumberValue();
            case VALUE_NUMBER_FLOAT -> parser.getDecimalValue();
            case VALUE_TRUE -> true;
            case VALUE_FALSE -> false;
            case VALUE_NULL -> null;
            default -> throw new JsonParseException(parser, "unexpected " + token);
        };
    }

    private static void write(final JsonGenerator generator, final Object value) throws IOException {
        if (value instanceof Map<?, ?> map) {
            generator.writeStartObject();
            for (final Map.Entry<?, ?> field : map.entrySet()) {
                generator.writeFieldName(field.getKey().toString());
                write(generator, field.getValue());
            }
            generator.writeEndObject();
        } else if (value instanceof List<?> list) {
            generator.writeStartArray();
            for (final Object element : list) {
                write(generator, element);
            }
            generator.writeEndArray();
        } else if (value instanceof BigDecimal number) {
            generator.writeNumber(number);
        } else if (value instanceof BigInteger number) {
            generator.writeNumber(number);
        } else if (value instanceof Number number) {
            generator.writeNumber(number.longValue());
        } else if (value instanceof Boolean truth) {
            generator.writeBoolean(truth);
        } else if (value == null) {
            generator.writeNull();
        } else {
            generator.writeString(value.toString());
        }
    }

    private static void copyToken(final JsonParser parser, final JsonGenerator generator) throws IOException {
        switch (parser.currentToken()) {
            case START_OBJECT -> generator.writeStartObject();
            case END_OBJECT -> generator.writeEndObject();
            case START_ARRAY -> generator.writeStartArray();
            case END_ARRAY -> generator.writeEndArray();
            case FIELD_NAME -> generator.writeFieldName(parser.currentName());
            case VALUE_STRING -> generator.writeString(parser.getText());
            // Digit by digit as the server wrote it.
            case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> generator.writeNumber(parser.getText());
            case VALUE_TRUE -> generator.writeBoolean(true);
            case VALUE_FALSE -> generator.writeBoolean(false);
            case VALUE_NULL -> generator.writeNull();
            default -> throw new JsonParseException(parser, "unexpected " + parser.currentToken());
        }
    }
}
