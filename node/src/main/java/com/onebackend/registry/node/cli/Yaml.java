package com.onebackend.registry.node.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.snakeyaml.engine.v2.api.ConstructNode;
import org.snakeyaml.engine.v2.api.Dump;
import org.snakeyaml.engine.v2.api.DumpSettings;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.common.FlowStyle;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.Tag;
import org.snakeyaml.engine.v2.resolver.ScalarResolver;
import org.snakeyaml.engine.v2.schema.FailsafeSchema;
import org.snakeyaml.engine.v2.schema.JsonSchema;
import org.snakeyaml.engine.v2.schema.Schema;

/** YAML 1.2 as the plain values of {@link Json}. */
final class Yaml {
    /** The same text size that an HTTP answer may have would be no definition: a few thousand of them fit in here. */
    private static final int CHARS_MAX = 4 << 20;

    private Yaml() {}

    /** The text is not what it should be; the message says what is wrong and where, on one line. */
    static final class BrokenException extends Exception {
        private static final long serialVersionUID = 1L;

        BrokenException(final String message) {
            super(message);
        }
    }

    /** One document that is an object of objects and texts, every scalar as its text; empty for an empty file. */
    static Map<String, Object> loadTexts(final String yaml) throws BrokenException {
        final List<Object> documents = load(yaml, new FailsafeSchema());
        if (documents.isEmpty()) {
            return Map.of();
        }
        if (documents.size() > 1 || !(documents.get(0) instanceof Map)) {
            throw new BrokenException("one object was expected");
        }
        return Json.object(documents.get(0));
    }

    /**
     * All documents. Only integers and null leave the text form: {@code version: 1.10} stays {@code "1.10"} and
     * {@code value: true} stays {@code "true"}, which is what records with text fields mean.
     */
    static List<Object> loadDocuments(final String yaml) throws BrokenException {
        return load(yaml, new IntegersAndTexts());
    }

    static String dump(final Map<String, Object> root) {
        final DumpSettings settings =
                DumpSettings.builder().setDefaultFlowStyle(FlowStyle.BLOCK).build();
        return new Dump(settings).dumpToString(root);
    }

    private static List<Object> load(final String yaml, final Schema schema) throws BrokenException {
        final LoadSettings settings = LoadSettings.builder()
                .setSchema(schema)
                .setAllowDuplicateKeys(false)
                .setCodePointLimit(CHARS_MAX)
                .build();
        final List<Object> documents = new ArrayList<>();
        try {
            new Load(settings).loadAllFromString(yaml).forEach(documents::add);
        } catch (YamlEngineException e) {
            throw new BrokenException(reason(e));
        }
        return documents;
    }

    private static String reason(final YamlEngineException e) {
        if (e instanceof MarkedYamlEngineException marked) {
            final String problem = marked.getProblem() == null ? marked.getContext() : marked.getProblem();
            return marked.getProblemMark()
                    .or(marked::getContextMark)
                    .map(mark -> "line " + (mark.getLine() + 1) + ", column " + (mark.getColumn() + 1) + ": " + problem)
                    .orElse(problem);
        }
        return Optional.ofNullable(e.getMessage())
                .flatMap(text -> text.lines().findFirst())
                .orElse("not YAML");
    }

    private static final class IntegersAndTexts implements Schema {
        private static final Pattern INTEGER = Pattern.compile("0|-?[1-9][0-9]*");

        @Override
        public ScalarResolver getScalarResolver() {
            return (text, implicit) -> {
                if (!implicit) {
                    return Tag.STR;
                }
                if (text.isEmpty() || text.equals("null") || text.equals("~")) {
                    return Tag.NULL;
                }
                return INTEGER.matcher(text).matches() ? Tag.INT : Tag.STR;
            };
        }

        @Override
        public Map<Tag, ConstructNode> getSchemaTagConstructors() {
            return new JsonSchema().getSchemaTagConstructors();
        }
    }
}
