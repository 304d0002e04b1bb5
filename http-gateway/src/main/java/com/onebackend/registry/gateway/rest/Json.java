package com.onebackend.registry.gateway.rest;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.onebackend.registry.api.ErrorCode;
import com.onebackend.registry.api.RegistryException;
import com.onebackend.registry.gateway.http.GatewayLimits;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;

/**
 * JSON as trees in, as a stream out. No object is ever built by what a document says of its type.
 *
 * <p><i>Thread:</i> any.
 */
final class Json {
    /** <code>{}</code>. */
    static final byte[] EMPTY_OBJECT = {'{', '}'};

    private static final JsonFactory FACTORY = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(GatewayLimits.JSON_DEPTH_MAX)
                    .maxStringLength(GatewayLimits.JSON_STRING_CHARS_MAX)
                    .maxNameLength(GatewayLimits.JSON_NAME_CHARS_MAX)
                    .maxNumberLength(GatewayLimits.JSON_NUMBER_CHARS_MAX)
                    .maxDocumentLength(GatewayLimits.BODY_BYTES_MAX)
                    .build())
            .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
            .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
            .build();
    private static final ObjectReader TREES = new JsonMapper(FACTORY)
            .reader()
            .with(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .with(DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY)
            .with(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS);
    private static final String BEYOND_LIMITS = "is nested deeper than " + GatewayLimits.JSON_DEPTH_MAX
            + " levels, or holds a string longer than " + GatewayLimits.JSON_STRING_CHARS_MAX
            + " characters, a name of "
            + GatewayLimits.JSON_NAME_CHARS_MAX + " or a number of " + GatewayLimits.JSON_NUMBER_CHARS_MAX;
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSS'Z'").withZone(ZoneOffset.UTC);

    private Json() {}

    /** What writes one document. */
    interface Writing {
        void write(JsonGenerator out) throws IOException;
    }

    /** The bytes of one document. */
    static byte[] bytes(final Writing writing) {
        final ByteArrayOutputStream bytes = new ByteArrayOutputStream(512);
        try (JsonGenerator out = FACTORY.createGenerator(bytes)) {
            writing.write(out);
        } catch (IOException e) {
            throw new IllegalStateException("writing JSON into memory failed", e);
        }
        return bytes.toByteArray();
    }

    /** A body that must be one object; an empty one is one without fields. Else INVALID, saying where. */
    static ObjectNode object(final byte[] body) {
        if (body.length == 0) {
            return JsonNodeFactory.instance.objectNode();
        }
        try {
            // Strictly: the parser itself takes overlong forms, which hide characters, and guesses other encodings.
            final String text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(body))
                    .toString();
            return asObject(TREES.readTree(text), "The body");
        } catch (CharacterCodingException e) {
            throw new RegistryException(ErrorCode.INVALID, "The body is not UTF-8.");
        } catch (StreamConstraintsException e) {
            throw new RegistryException(ErrorCode.INVALID, "The body " + BEYOND_LIMITS + ".");
        } catch (IOException e) {
            throw new RegistryException(ErrorCode.INVALID, "The body is not valid JSON" + where(e) + ".");
        }
    }

    /** JSON that was sent inside a string, as command lines do. */
    static JsonNode embedded(final String text, final String field) {
        try {
            final JsonNode node = TREES.readTree(text);
            return node == null ? MissingNode.getInstance() : node;
        } catch (StreamConstraintsException e) {
            throw new RegistryException(ErrorCode.INVALID, "The field '" + field + "' " + BEYOND_LIMITS + ".");
        } catch (IOException e) {
            throw new RegistryException(
                    ErrorCode.INVALID, "The field '" + field + "' is a string that is not valid JSON" + where(e) + ".");
        }
    }

    /** This node, which must be an object. */
    static ObjectNode asObject(final JsonNode node, final String what) {
        if (node instanceof ObjectNode object) {
            return object;
        }
        throw new RegistryException(ErrorCode.INVALID, what + " must be a JSON object.");
    }

    /** RFC 3339, UTC, with milliseconds. */
    static String time(final long millis) {
        return TIME.format(Instant.ofEpochMilli(millis));
    }

    /** Writes the field unless the text is empty. */
    static void text(final JsonGenerator out, final String name, final String value) throws IOException {
        if (!value.isEmpty()) {
            out.writeStringField(name, value);
        }
    }

    /** Writes a list of strings. */
    static void texts(final JsonGenerator out, final String name, final List<String> values) throws IOException {
        out.writeArrayFieldStart(name);
        for (final String value : values) {
            out.writeString(value);
        }
        out.writeEndArray();
    }

    private static String where(final IOException e) {
        if (e instanceof JsonProcessingException parsing && parsing.getLocation() != null) {
            return " (line " + parsing.getLocation().getLineNr() + ", column "
                    + parsing.getLocation().getColumnNr() + ")";
        }
        return "";
    }
}
