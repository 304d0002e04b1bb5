package com.onebackend.registry.node.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * What follows {@code oo get}, {@code put}, {@code post} and {@code delete}: the path up to the first {@code --},
 * then free flags, with the options that every command has in between.
 */
final class RequestLine {
    private static final Set<String> SHORT_OPTIONS = Set.of("-e", "-a", "-h", "-V");

    private final List<String> path = new ArrayList<>();
    private final Flags flags = new Flags();
    private String environment = "";
    private String appHost = "";
    private boolean help;
    private boolean version;

    private RequestLine() {}

    static RequestLine parse(final List<String> words) {
        final RequestLine line = new RequestLine();
        boolean inPath = true;
        int at = 0;
        while (at < words.size()) {
            final String word = words.get(at);
            inPath &= !word.startsWith("--");
            if (word.startsWith("--")) {
                at += line.takeLong(words, at);
            } else if (word.length() > 1 && word.startsWith("-")) {
                at += line.takeShort(words, at);
            } else if (inPath) {
                line.path.add(word);
                at++;
            } else {
                throw CliException.usage("'" + word + "' belongs to no flag; write --key=value, and quote blanks");
            }
        }
        return line;
    }

    /** The same line with an environment and an app host for what it does not name itself. */
    RequestLine orElse(final String otherEnvironment, final String otherAppHost) {
        environment = environment.isEmpty() ? otherEnvironment : environment;
        appHost = appHost.isEmpty() ? otherAppHost : appHost;
        return this;
    }

    /** The request target from the path and, when {@code flagsInQuery}, the flags. */
    String target(final boolean flagsInQuery) {
        if (path.isEmpty()) {
            throw CliException.usage("the PATH is missing, for example /registry-svc/instances");
        }
        if (path.get(0).startsWith("http://") || path.get(0).startsWith("https://")) {
            throw CliException.usage("PATH begins with a slash; choose the server by OB_SERVER_URL or --env");
        }
        final String target = Uris.target(path);
        final String query = flagsInQuery ? flags.query() : "";
        if (query.isEmpty()) {
            return target;
        }
        final String separator = target.indexOf('?') < 0 ? "?" : target.endsWith("?") ? "" : "&";
        return target + separator + query;
    }

    Flags flags() {
        return flags;
    }

    /** The environment asked for; empty for the selected one. */
    String environment() {
        return environment;
    }

    /** The app host asked for; empty for the selected one. */
    String appHost() {
        return appHost;
    }

    boolean asksForHelp() {
        return help;
    }

    boolean asksForVersion() {
        return version;
    }

    /** Returns how many words it took. */
    private int takeLong(final List<String> words, final int at) {
        final String word = words.get(at);
        final int equals = word.indexOf('=');
        final String key = equals < 0 ? word.substring(2) : word.substring(2, equals);
        if (key.isEmpty()) {
            throw CliException.usage("'" + word + "' is not a flag; write --key=value");
        }
        final boolean hasNext = at + 1 < words.size() && isValue(words.get(at + 1));
        if (equals < 0 && key.equals("help")) {
            help = true;
            return 1;
        }
        if (equals < 0 && key.equals("version") && !hasNext) {
            version = true;
            return 1;
        }
        final String value = equals >= 0 ? word.substring(equals + 1) : hasNext ? words.get(at + 1) : null;
        if (!takeGlobal(key, "--" + key, value)) {
            flags.add(key, value);
        }
        return equals < 0 && hasNext ? 2 : 1;
    }

    private int takeShort(final List<String> words, final int at) {
        final String word = words.get(at);
        if (word.equals("-h") || word.equals("-V")) {
            help |= word.equals("-h");
            version |= word.equals("-V");
            return 1;
        }
        final String option = word.substring(0, 2);
        final boolean attached = word.length() > 2;
        final boolean hasNext = at + 1 < words.size() && isValue(words.get(at + 1));
        final int valueFrom = attached && word.charAt(2) == '=' ? 3 : 2;
        final String value = attached ? word.substring(valueFrom) : hasNext ? words.get(at + 1) : null;
        final String key = option.equals("-e") ? "env" : option.equals("-a") ? "app-host" : "";
        if (!takeGlobal(key, option, value)) {
            throw CliException.usage("unknown option " + word + "; fields are given as --key=value");
        }
        return !attached && hasNext ? 2 : 1;
    }

    private boolean takeGlobal(final String key, final String typed, final String value) {
        final boolean isEnvironment = key.equals("env");
        if (!isEnvironment && !key.equals("app-host")) {
            return false;
        }
        if (value == null || value.isEmpty()) {
            throw CliException.usage(typed + " needs a value");
        }
        if (isEnvironment) {
            environment = value;
        } else {
            appHost = value;
        }
        return true;
    }

    private static boolean isValue(final String word) {
        return !word.startsWith("--") && !SHORT_OPTIONS.contains(word);
    }
}
