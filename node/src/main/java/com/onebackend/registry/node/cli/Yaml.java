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

/** YAML 1.2 as the plain values of {@link Json}. Its errors are {@link YamlEngineException}. */
final class Yaml {
    /** The same text size that an HTTP answer may have would be no definition: a few thousand of them fit in here. */
    private static final int CHARS_MAX = 4 << 20;

    private Yaml() {}

    /** One document that is an object of objects and texts, every scalar as its text; empty for an empty file. */
    static Map<String, Object> loadTexts(final String yaml) {
        final Object document = new Load(settings(new FailsafeSchema())).loadFromString(yaml);
        if (document != null && !(document instanceof Map) && !document.equals("")) {
            throw new YamlEngineException("an object was expected");
        }
        return Json.object(document);
    }

    /**
     * All documents. Only integers and null leave the text form: {@code version: 1.10} stays {@code "1.10"} and
     * {@code value: true} stays {@code "true"}, which is what records with text fields mean.
     */
    static List<Object> loadDocuments(final String yaml) {
        final List<Object> documents = new ArrayList<>();
        new Load(settings(new IntegersAndTexts())).loadAllFromString(yaml).forEach(documents::add);
        return documents;
    }

    static String dump(final Map<String, Object> root) {
        final DumpSettings settings =
                DumpSettings.builder().setDefaultFlowStyle(FlowStyle.BLOCK).build();
        return new Dump(settings).dumpToString(root);
    }

    /** What is wrong and where, on one line. */
    static String reason(final YamlEngineException e) {
        if (e instanceof MarkedYamlEngineException marked) {
            final String problem = marked.getProblem() == null ? marked.getContext() : marked.getProblem();
            return marked.getProblemMark()
                    .or(marked::getContextMark)
                    .map(mark -> "line " + (mark.getLine() + 1) + ", column " + (mark.getColumn() + 1) + ": " + problem)
                    .orElse(problem);
        }
        return Optional.ofNullable(e.getMessage())
                .map(text -> text.lines().findFirst().orElse(""))
                .filter(text -> !text.isEmpty())
                .orElse("not YAML");
    }

    private static LoadSettings settings(final Schema schema) {
        return LoadSettings.builder()
                .setSchema(schema)
                .setAllowDuplicateKeys(false)
                .setCodePointLimit(CHARS_MAX)
                .build();
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
