package com.onebackend.registry.node.cli;

import java.net.MalformedURLException;
import java.net.URL;
import java.util.Locale;

/**
 * A server and the token to show it.
 *
 * @param url without a trailing slash
 * @param token empty when nobody is logged in
 * @param environment the environment it was taken from; empty when the variables alone gave it
 */
record Target(String url, String token, String environment) {
    static final String SERVER_URL = "OB_SERVER_URL";
    static final String TOKEN = "OB_TOKEN";

    /** Never shows the token. */
    @Override
    public String toString() {
        return "Target[url=" + url + ", environment=" + environment + "]";
    }

    /**
     * The target of a call. An environment asked for wins; else OB_SERVER_URL and OB_TOKEN, each for itself; else the
     * selected environment. A stored token is shown only to the server it came from.
     *
     * @param environment empty for none asked for
     * @param appHost empty for the user's selected one
     */
    static Target of(final Shell shell, final ConfigFile file, final String environment, final String appHost) {
        if (!environment.isEmpty()) {
            return of(file.load().environment(environment), appHost);
        }
        final String server = shell.variable(SERVER_URL);
        final String token = shell.variable(TOKEN);
        if (!server.isEmpty() && !token.isEmpty()) {
            return new Target(normalise(server), token, "");
        }
        final Config config = file.load();
        if (server.isEmpty()) {
            final Target selected = of(config.selected(), appHost);
            return token.isEmpty() ? selected : new Target(selected.url, token, selected.environment);
        }
        final String url = normalise(server);
        final Config.Environment known = config.withUrl(url);
        return known == null ? new Target(url, "", "") : of(known, appHost);
    }

    private static Target of(final Config.Environment environment, final String appHost) {
        return new Target(normalise(environment.url()), environment.token(appHost), environment.name());
    }

    /** The URL with a scheme, with its scheme and host in lower case, without a trailing slash. */
    static String normalise(final String typed) {
        String text = typed.contains("://") ? typed : "http://" + typed;
        while (text.endsWith("/")) {
            text = text.substring(0, text.length() - 1);
        }
        final URL url;
        try {
            url = new URL(text);
        } catch (MalformedURLException e) {
            throw CliException.failure("'" + typed + "' is not a URL: " + e.getMessage());
        }
        final String scheme = url.getProtocol().toLowerCase(Locale.ROOT);
        if (!scheme.equals("http") && !scheme.equals("https")) {
            throw CliException.failure("'" + typed + "' is not an http or https URL");
        }
        if (url.getUserInfo() != null) {
            throw CliException.failure("a server's URL must hold no user or password; use: oo login");
        }
        if (url.getHost().isEmpty() || url.getQuery() != null || url.getRef() != null) {
            throw CliException.failure("'" + typed + "' is not a server's URL; write it like http://localhost:11337");
        }
        final String port = url.getPort() < 0 ? "" : ":" + url.getPort();
        return scheme + "://" + url.getHost().toLowerCase(Locale.ROOT) + port + url.getPath();
    }
}
