package com.onebackend.registry.gateway.rest;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.onebackend.registry.api.ErrorCode;
import com.onebackend.registry.api.RegistryException;
import com.onebackend.registry.directory.DefinitionEntry;
import com.onebackend.registry.directory.DefinitionList;
import com.onebackend.registry.gateway.http.Body;
import com.onebackend.registry.gateway.http.GatewayLimits;
import com.onebackend.registry.model.Definition;
import com.onebackend.registry.model.DefinitionRevision;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;

/** Definitions on the wire. */
final class DefinitionJson {
    private static final int TEXT = GatewayLimits.TEXT_CHARS_MAX;
    private static final Set<String> KNOWN =
            Set.of("id", "image", "ports", "envars", "repository", "apiSpecs", "clients", Revisions.FIELD);
    private static final byte[] LIST_START = "{\"definitions\":[".getBytes(StandardCharsets.UTF_8);
    private static final byte[] LIST_END = "]}".getBytes(StandardCharsets.UTF_8);
    private static final byte[] COMMA = {','};
    private static final byte[] ENVELOPE_START = "{\"definition\":".getBytes(StandardCharsets.UTF_8);
    /** What a slug may be, so that an instance can name its definition. */
    private static final Pattern ID = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._:@~-]*");

    private static final Map<String, String> LANGUAGES = Map.ofEntries(
            Map.entry("javascript", "JavaScript"),
            Map.entry("js", "JavaScript"),
            Map.entry("typescript", "TypeScript"),
            Map.entry("go", "Go"),
            Map.entry("golang", "Go"),
            Map.entry("java", "Java"),
            Map.entry("python", "Python"),
            Map.entry("rust", "Rust"),
            Map.entry("ruby", "Ruby"),
            Map.entry("php", "PHP"),
            Map.entry("kotlin", "Kotlin"),
            Map.entry("swift", "Swift"),
            Map.entry("c#", "C#"),
            Map.entry("csharp", "C#"));

    private DefinitionJson() {}

    /**
     * A definition to be saved.
     *
     * @param expectedRevision what the body says; empty when it says nothing
     */
    record Request(Definition definition, OptionalLong expectedRevision) {}

    /** <code>{"definitions": [...]}</code>, put together from what was rendered once per change of each. */
    static Body list(final DefinitionList list) {
        final List<byte[]> pieces = new ArrayList<>(2 * list.entries().size() + 2);
        pieces.add(LIST_START);
        for (final DefinitionEntry entry : list.entries()) {
            if (pieces.size() > 1) {
                pieces.add(COMMA);
            }
            pieces.add(fragment(entry));
        }
        pieces.add(LIST_END);
        return Body.of(pieces);
    }

    /** <code>{"definition": {...}, "revision": N, "savedBy": slug, "savedAt": time}</code>. */
    static Body envelope(final DefinitionEntry entry) {
        final Definition definition = entry.definition();
        return Body.of(List.of(
                ENVELOPE_START,
                fragment(entry),
                COMMA,
                // The fields alone: the object they are in began with the definition.
                tail(definition.revision(), definition.owner(), definition.updatedMillis())));
    }

    /** The same for an old revision. */
    static byte[] revision(final DefinitionRevision revision) {
        return Json.bytes(out -> {
            out.writeStartObject();
            out.writeFieldName("definition");
            write(out, revision.definition());
            saved(out, revision.revision(), revision.who(), revision.millis());
            out.writeEndObject();
        });
    }

    /** <code>{"id": id, "revisions": [{"revision": N, "at": time, "by": slug, "change": "saved"}]}</code>. */
    static byte[] history(final String id, final List<DefinitionRevision> revisions) {
        return Json.bytes(out -> {
            out.writeStartObject();
            out.writeStringField("id", id);
            out.writeArrayFieldStart("revisions");
            for (final DefinitionRevision revision : revisions) {
                out.writeStartObject();
                out.writeNumberField(Revisions.FIELD, revision.revision());
                out.writeStringField("at", Json.time(revision.millis()));
                out.writeStringField("by", revision.who());
                out.writeStringField("change", revision.isDeletion() ? "deleted" : "saved");
                out.writeEndObject();
            }
            out.writeEndArray();
            out.writeEndObject();
        });
    }

    private static byte[] fragment(final DefinitionEntry entry) {
        return entry.rendered().get(() -> Json.bytes(out -> write(out, entry.definition())));
    }

    private static byte[] tail(final long revision, final String who, final long millis) {
        final byte[] object = Json.bytes(out -> {
            out.writeStartObject();
            saved(out, revision, who, millis);
            out.writeEndObject();
        });
        return Arrays.copyOfRange(object, 1, object.length);
    }

    private static void saved(final JsonGenerator out, final long revision, final String who, final long millis)
            throws IOException {
        out.writeNumberField(Revisions.FIELD, revision);
        out.writeStringField("savedBy", who);
        out.writeStringField("savedAt", Json.time(millis));
    }

    /** Reads <code>{"definition": {...}}</code>, also with the definition inside a string. */
    static Request request(final byte[] body) {
        final ObjectNode top = Json.object(body);
        new Fields(top, "").allowOnly(Set.of("definition"));
        JsonNode node = top.path("definition");
        if (node.isTextual()) {
            node = Json.embedded(node.asText(), "definition");
        }
        if (node.isMissingNode() || node.isNull()) {
            throw new RegistryException(ErrorCode.INVALID, "The field 'definition' is required.");
        }
        final Fields fields = new Fields(Json.asObject(node, "The field 'definition'"), "definition.");
        final Definition definition = definition(fields);
        return new Request(definition, fields.count(Revisions.FIELD));
    }

    private static Definition definition(final Fields fields) {
        fields.allowOnly(KNOWN);
        final String id = fields.text("id", GatewayLimits.NAME_CHARS_MAX);
        if (id.isEmpty()) {
            throw fields.invalid("id", "is required");
        }
        if (!ID.matcher(id).matches()) {
            throw fields.invalid("id", "must be letters, digits or . _ : @ ~ -, starting with a letter or digit");
        }
        final Definition.Image image = image(fields.objectOrNull("image"));
        final Definition.Repository repository = repository(fields.objectOrNull("repository"));
        final boolean hasImage = image != null && !image.name().isBlank();
        final boolean hasRepository = repository != null && !repository.url().isBlank();
        if (!hasImage && !hasRepository) {
            throw new RegistryException(
                    ErrorCode.INVALID,
                    "One of the fields 'definition.image.name' and 'definition.repository.url' is required.");
        }
        return new Definition(
                id,
                hasImage ? image : null,
                ports(fields.objects("ports")),
                envars(fields.objects("envars")),
                hasRepository ? repository : null,
                apiSpecs(fields.objects("apiSpecs")),
                clients(fields.objects("clients")),
                0,
                "",
                0);
    }

    private static Definition.Image image(final Fields fields) {
        if (fields == null) {
            return null;
        }
        fields.allowOnly(Set.of("name", "internalPorts"));
        return new Definition.Image(fields.text("name", TEXT), fields.ports("internalPorts"));
    }

    private static Definition.Repository repository(final Fields fields) {
        if (fields == null) {
            return null;
        }
        fields.allowOnly(Set.of("url", "version", "buildContext", "containerFile", "internalPorts"));
        return new Definition.Repository(
                fields.text("url", TEXT),
                fields.text("version", TEXT),
                fields.text("buildContext", TEXT),
                fields.text("containerFile", TEXT),
                fields.ports("internalPorts"));
    }

    private static List<Definition.PortMapping> ports(final List<Fields> list) {
        final List<Definition.PortMapping> ports = new ArrayList<>();
        for (final Fields fields : list) {
            fields.allowOnly(Set.of("internal", "host"));
            ports.add(new Definition.PortMapping(fields.port("internal"), fields.port("host")));
        }
        return ports;
    }

    private static List<Definition.EnvVar> envars(final List<Fields> list) {
        final List<Definition.EnvVar> envars = new ArrayList<>();
        for (final Fields fields : list) {
            fields.allowOnly(Set.of("key", "value"));
            final String key = fields.text("key", TEXT);
            if (key.isEmpty()) {
                throw fields.invalid("key", "is required");
            }
            envars.add(new Definition.EnvVar(key, fields.scalar("value", GatewayLimits.JSON_STRING_CHARS_MAX)));
        }
        return envars;
    }

    private static List<Definition.ApiSpec> apiSpecs(final List<Fields> list) {
        final List<Definition.ApiSpec> specs = new ArrayList<>();
        for (final Fields fields : list) {
            fields.allowOnly(Set.of("url", "protocolType", "version", "metadata"));
            specs.add(new Definition.ApiSpec(
                    fields.text("url", TEXT),
                    fields.text("protocolType", TEXT),
                    fields.text("version", TEXT),
                    fields.map("metadata")));
        }
        return specs;
    }

    private static List<Definition.Client> clients(final List<Fields> list) {
        final List<Definition.Client> clients = new ArrayList<>();
        for (final Fields fields : list) {
            fields.allowOnly(Set.of("language", "url"));
            final String language = fields.text("language", TEXT);
            clients.add(new Definition.Client(
                    LANGUAGES.getOrDefault(language.toLowerCase(Locale.ROOT), language), fields.text("url", TEXT)));
        }
        return clients;
    }

    private static void write(final JsonGenerator out, final Definition definition) throws IOException {
        out.writeStartObject();
        out.writeStringField("id", definition.id());
        if (definition.image() != null) {
            out.writeObjectFieldStart("image");
            out.writeStringField("name", definition.image().name());
            numbers(out, definition.image().internalPorts());
            out.writeEndObject();
        }
        writeRepository(out, definition.repository());
        out.writeArrayFieldStart("ports");
        for (final Definition.PortMapping port : definition.ports()) {
            out.writeStartObject();
            out.writeNumberField("internal", port.internal());
            out.writeNumberField("host", port.host());
            out.writeEndObject();
        }
        out.writeEndArray();
        out.writeArrayFieldStart("envars");
        for (final Definition.EnvVar envar : definition.envars()) {
            out.writeStartObject();
            out.writeStringField("key", envar.key());
            out.writeStringField("value", envar.value());
            out.writeEndObject();
        }
        out.writeEndArray();
        writeApiSpecs(out, definition.apiSpecs());
        out.writeArrayFieldStart("clients");
        for (final Definition.Client client : definition.clients()) {
            out.writeStartObject();
            out.writeStringField("language", client.language());
            out.writeStringField("url", client.url());
            out.writeEndObject();
        }
        out.writeEndArray();
        out.writeEndObject();
    }

    private static void writeRepository(final JsonGenerator out, final Definition.Repository repository)
            throws IOException {
        if (repository == null) {
            return;
        }
        out.writeObjectFieldStart("repository");
        out.writeStringField("url", repository.url());
        Json.text(out, "version", repository.version());
        Json.text(out, "buildContext", repository.buildContext());
        Json.text(out, "containerFile", repository.containerFile());
        numbers(out, repository.internalPorts());
        out.writeEndObject();
    }

    private static void writeApiSpecs(final JsonGenerator out, final List<Definition.ApiSpec> specs)
            throws IOException {
        out.writeArrayFieldStart("apiSpecs");
        for (final Definition.ApiSpec spec : specs) {
            out.writeStartObject();
            out.writeStringField("url", spec.url());
            Json.text(out, "protocolType", spec.protocolType());
            Json.text(out, "version", spec.version());
            out.writeObjectFieldStart("metadata");
            for (final Map.Entry<String, String> entry : new TreeMap<>(spec.metadata()).entrySet()) {
                out.writeStringField(entry.getKey(), entry.getValue());
            }
            out.writeEndObject();
            out.writeEndObject();
        }
        out.writeEndArray();
    }

    private static void numbers(final JsonGenerator out, final List<Integer> ports) throws IOException {
        out.writeArrayFieldStart("internalPorts");
        for (final int port : ports) {
            out.writeNumber(port);
        }
        out.writeEndArray();
    }
}
