package com.onebackend.registry.node.cli;

import com.fasterxml.jackson.core.JsonParseException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Service definitions in a file: YAML or JSON; one, a list, several YAML documents, or what
 * {@code oo get /registry-svc/definitions} printed.
 *
 * @param definitions ready to send
 * @param problems why they must not be sent, each with its place; empty when they may
 */
record DefinitionFile(List<Map<String, Object>> definitions, List<String> problems) {
    private static final int BYTES_MAX = 4 << 20;

    /** Reads and checks; {@code -} is standard input. A file that cannot be read is a failure. */
    static DefinitionFile read(final Shell shell, final String name) {
        final DefinitionFile file = new DefinitionFile(new ArrayList<>(), new ArrayList<>());
        final String text = content(shell, name);
        try {
            final List<Object> found = new ArrayList<>();
            documents(name, text).forEach(document -> unwrap(document, found));
            file.take(name, found);
        } catch (Yaml.BrokenException e) {
            file.problems.add(name + ": " + e.getMessage());
        } catch (JsonParseException e) {
            file.problems.add(name + ": line " + e.getLocation().getLineNr() + ", column "
                    + e.getLocation().getColumnNr() + ": " + e.getOriginalMessage());
        }
        return file;
    }

    /** The ids in the file's order. */
    List<String> ids() {
        return definitions.stream()
                .map(definition -> Json.text(definition, "id"))
                .toList();
    }

    private void take(final String name, final List<Object> found) {
        if (found.isEmpty()) {
            problems.add(name + ": there is no definition in it");
        }
        final Set<String> ids = new HashSet<>();
        for (int i = 0; i < found.size(); i++) {
            final String id = found.get(i) instanceof Map<?, ?> map && map.get("id") != null
                    ? map.get("id").toString()
                    : "";
            final String number = found.size() == 1 ? "" : ": definition " + (i + 1);
            final String where = name + number + (number.isEmpty() || id.isEmpty() ? "" : " (" + id + ")") + ": ";
            if (!(found.get(i) instanceof Map)) {
                problems.add(where + "a definition is an object with fields such as id and image");
                continue;
            }
            final DefinitionCheck check = new DefinitionCheck();
            definitions.add(check.definition(Json.object(found.get(i))));
            check.problems().forEach(problem -> problems.add(where + problem));
            if (!id.isEmpty() && !ids.add(id)) {
                problems.add(where + "the id " + id + " is in the file twice");
            }
        }
    }

    private static void unwrap(final Object document, final List<Object> to) {
        if (document instanceof List<?> list) {
            list.forEach(element -> unwrap(element, to));
        } else if (document instanceof Map<?, ?> map && map.containsKey("definitions")) {
            unwrap(map.get("definitions"), to);
        } else if (document instanceof Map<?, ?> map && map.size() == 1 && map.containsKey("definition")) {
            unwrap(map.get("definition"), to);
        } else if (document != null) { // an empty document, as behind a last ---
            to.add(document);
        }
    }

    /** JSON when it begins like JSON and parses, or is called so; YAML, whose flow style begins alike, otherwise. */
    private static List<Object> documents(final String name, final String text)
            throws JsonParseException, Yaml.BrokenException {
        final String begin = text.stripLeading();
        if (name.endsWith(".json") || begin.startsWith("{") || begin.startsWith("[")) {
            try {
                return List.of(Json.parse(text));
            } catch (JsonParseException e) {
                if (name.endsWith(".json")) {
                    throw e;
                }
            }
        }
        return Yaml.loadDocuments(text);
    }

    private static String content(final Shell shell, final String name) {
        try (InputStream in = name.equals("-")
                ? shell.in()
                : Files.newInputStream(shell.folder().resolve(name))) {
            final byte[] bytes = in.readNBytes(BYTES_MAX + 1);
            if (bytes.length > BYTES_MAX) {
                throw CliException.failure(name + " is larger than " + (BYTES_MAX >> 20) + " MiB");
            }
            return new String(bytes, StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw CliException.failure("cannot read " + name + ": " + Shell.reason(e));
        }
    }
}
