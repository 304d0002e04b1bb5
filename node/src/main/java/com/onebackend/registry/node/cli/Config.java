package com.onebackend.registry.node.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The content of the configuration file, kept as it was read, so that fields of other programs survive a change.
 *
 * <pre>
 * selectedEnvironment: local
 * environments:
 *   local:
 *     url: http://127.0.0.1:11337
 *     shortName: local
 *     description: ...
 *     selectedUser: SLUG
 *     users:
 *       SLUG:
 *         slug: SLUG
 *         selectedAppHost: unnamed
 *         tokensByAppHost:
 *           unnamed: TOKEN
 * </pre>
 */
final class Config {
    static final String DEFAULT_APP_HOST = "unnamed";
    private static final String DEFAULT_NAME = "local";
    private static final String DEFAULT_URL = "http://127.0.0.1:11337";
    private static final String ENVIRONMENTS = "environments";
    private static final String SELECTED = "selectedEnvironment";

    private final Map<String, Object> root;

    Config(final Map<String, Object> root) {
        this.root = root;
    }

    /** What a first run starts with. */
    static Config initial() {
        final Config config = new Config(new LinkedHashMap<>());
        config.root.put(SELECTED, DEFAULT_NAME);
        config.add(DEFAULT_NAME, DEFAULT_URL, "a node on this machine");
        return config;
    }

    Map<String, Object> root() {
        return root;
    }

    /** The selected environment. */
    Environment selected() {
        return environment(selectedName());
    }

    /** The name of the selected environment, which need not exist. */
    String selectedName() {
        final String name = Json.text(root, SELECTED);
        return name.isEmpty() ? DEFAULT_NAME : name;
    }

    /** The environment of this name or short name; a failure when there is none. */
    Environment environment(final String name) {
        for (final Environment environment : environments()) {
            if (environment.name().equals(name)) {
                return environment;
            }
        }
        for (final Environment environment : environments()) {
            if (Json.text(environment.fields, "shortName").equals(name)) {
                return environment;
            }
        }
        throw CliException.failure(
                "no environment '" + name + "'; see: oo env ls, or add it: oo env add " + name + " URL");
    }

    /** The environment with this URL, the selected one first; null when there is none. */
    Environment withUrl(final String url) {
        Environment found = null;
        for (final Environment environment : environments()) {
            if (environment.isAt(url) && (found == null || environment.name().equals(selectedName()))) {
                found = environment;
            }
        }
        return found;
    }

    /** All environments in the file's order. */
    List<Environment> environments() {
        final List<Environment> all = new ArrayList<>();
        for (final Map.Entry<String, Object> entry :
                Json.object(root.get(ENVIRONMENTS)).entrySet()) {
            if (entry.getValue() instanceof Map) {
                all.add(new Environment(entry.getKey(), Json.object(entry.getValue())));
            }
        }
        return all;
    }

    /** Adds an environment, or changes the URL of the one of this name, which then forgets its tokens. */
    void add(final String name, final String url, final String description) {
        final Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("url", url);
        fields.put("shortName", name);
        if (!description.isEmpty()) {
            fields.put("description", description);
        }
        child(root, ENVIRONMENTS).put(name, fields);
    }

    void select(final String name) {
        root.put(SELECTED, environment(name).name());
    }

    /** Removes an environment that is not the selected one. */
    void remove(final String name) {
        final String found = environment(name).name();
        if (found.equals(selectedName())) {
            throw CliException.failure("'" + found + "' is selected; select another one first: oo env select NAME");
        }
        child(root, ENVIRONMENTS).remove(found);
    }

    @SuppressWarnings("unchecked") // the loader builds maps with text keys only
    private static Map<String, Object> child(final Map<String, Object> parent, final String field) {
        if (!(parent.get(field) instanceof Map)) {
            parent.put(field, new LinkedHashMap<String, Object>());
        }
        return (Map<String, Object>) parent.get(field);
    }

    /** One server and who is logged in there. */
    static final class Environment {
        private static final String USERS = "users";
        private static final String SELECTED_USER = "selectedUser";
        private static final String SELECTED_APP_HOST = "selectedAppHost";
        private static final String TOKENS = "tokensByAppHost";

        private final String name;
        private final Map<String, Object> fields;

        private Environment(final String name, final Map<String, Object> fields) {
            this.name = name;
            this.fields = fields;
        }

        String name() {
            return name;
        }

        String url() {
            return Json.text(fields, "url");
        }

        String description() {
            return Json.text(fields, "description");
        }

        /** True when its URL is {@code url}; never for a broken one, which must not stop a call to another server. */
        boolean isAt(final String url) {
            try {
                return Target.normalise(url()).equals(url);
            } catch (CliException e) {
                return false;
            }
        }

        /** The selected user's token; empty when nobody is logged in for this app host (empty: the selected one). */
        String token(final String appHost) {
            final Map<String, Object> user =
                    Json.object(Json.object(fields.get(USERS)).get(Json.text(fields, SELECTED_USER)));
            final String selected = Json.text(user, SELECTED_APP_HOST);
            final String host = !appHost.isEmpty() ? appHost : selected.isEmpty() ? DEFAULT_APP_HOST : selected;
            return Json.text(Json.object(user.get(TOKENS)), host);
        }

        /** Keeps the token and selects its user and app host. */
        void login(final String slug, final String appHost, final String token) {
            fields.put(SELECTED_USER, slug);
            final Map<String, Object> user = child(child(fields, USERS), slug);
            user.put("slug", slug);
            user.put(SELECTED_APP_HOST, appHost);
            child(user, TOKENS).put(appHost, token);
        }
    }
}
