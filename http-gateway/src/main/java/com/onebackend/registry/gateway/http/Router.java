package com.onebackend.registry.gateway.http;

import io.netty.handler.codec.http.HttpMethod;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * Finds the route of a request. A path is decoded once, segment by segment, and then compared; an encoded slash is a
 * character of its segment and never separates. Literal patterns win over patterns with a parameter.
 *
 * <p><i>Thread:</i> any; immutable.
 */
public final class Router {
    private final Map<String, PathRoutes> literal = new HashMap<>();
    private final List<PathRoutes> parameterised = new ArrayList<>();

    public Router(final List<Route> routes) {
        final Map<String, PathRoutes> byPattern = new LinkedHashMap<>();
        for (final Route route : routes) {
            byPattern.computeIfAbsent(route.pattern(), PathRoutes::new).add(route);
        }
        for (final PathRoutes path : byPattern.values()) {
            if (path.parameter == Parameter.NONE) {
                literal.put(path.pattern, path);
            } else {
                parameterised.add(path);
            }
        }
    }

    /**
     * The route for this request, with its path parameter. Refuses with 404 (unknown path) or 405 (known path, other
     * method).
     */
    Match find(final HttpMethod method, final Target target) {
        if (target.isPlain()) {
            final PathRoutes path = literal.get(target.path());
            if (path != null) {
                return path.match(method, "");
            }
        }
        final List<String> segments = target.segments();
        final PathRoutes path = literal(segments);
        if (path != null) {
            return path.match(method, "");
        }
        for (final PathRoutes candidate : parameterised) {
            final String value = candidate.value(segments, target);
            if (!value.isEmpty()) {
                return candidate.match(method, value);
            }
        }
        throw Refusal.of(404, "There is nothing at this path.");
    }

    private PathRoutes literal(final List<String> segments) {
        for (final String segment : segments) {
            if (segment.indexOf('/') >= 0) {
                return null;
            }
        }
        return literal.get("/" + String.join("/", segments));
    }

    /** A found route. */
    record Match(Route route, String parameter) {}

    private enum Parameter {
        NONE,
        SEGMENT,
        REST
    }

    /** The routes of one pattern, by method. */
    private static final class PathRoutes {
        final String pattern;
        final Parameter parameter;
        /** Before the parameter. */
        final List<String> fixed;
        /** After the parameter. */
        final List<String> suffix;

        private final Map<HttpMethod, Match> matches = new HashMap<>();

        PathRoutes(final String pattern) {
            this.pattern = pattern;
            final List<String> segments = List.of(pattern.substring(1).split("/", -1));
            int at = 0;
            while (at < segments.size() && !segments.get(at).startsWith("{")) {
                at++;
            }
            fixed = segments.subList(0, at);
            if (at == segments.size()) {
                parameter = Parameter.NONE;
                suffix = List.of();
                return;
            }
            parameter = segments.get(at).endsWith("...}") ? Parameter.REST : Parameter.SEGMENT;
            suffix = segments.subList(at + 1, segments.size());
            if (String.join("/", suffix).indexOf('{') >= 0 || (parameter == Parameter.REST && !suffix.isEmpty())) {
                throw new IllegalArgumentException(
                        "only one segment may be a parameter, and only the last one the rest: " + pattern);
            }
        }

        /** The parameter's value; empty when the path is none of this pattern. */
        String value(final List<String> segments, final Target target) {
            final int at = fixed.size();
            if (segments.size() <= at || !segments.subList(0, at).equals(fixed)) {
                return "";
            }
            if (parameter == Parameter.REST) {
                return target.rest(at);
            }
            return segments.subList(at + 1, segments.size()).equals(suffix) ? segments.get(at) : "";
        }

        void add(final Route route) {
            if (matches.put(route.method(), new Match(route, "")) != null) {
                throw new IllegalArgumentException("declared twice: " + route.method() + " " + pattern);
            }
        }

        Match match(final HttpMethod method, final String value) {
            final Match found = matches.get(method.equals(HttpMethod.HEAD) ? HttpMethod.GET : method);
            if (found == null) {
                throw new MethodRefusal(allow());
            }
            return value.isEmpty() ? found : new Match(found.route(), value);
        }

        private String allow() {
            final TreeSet<String> methods = new TreeSet<>();
            matches.keySet().forEach(method -> methods.add(method.name()));
            if (methods.contains("GET")) {
                methods.add("HEAD");
            }
            methods.add("OPTIONS");
            return String.join(", ", methods);
        }
    }

    /** 405, with what would be allowed. */
    static final class MethodRefusal extends RuntimeException {
        private static final long serialVersionUID = 1L;

        private final String allow;

        MethodRefusal(final String allow) {
            super(allow, null, false, false);
            this.allow = allow;
        }

        Answer answer() {
            return Answer.error(405, "This path does not know that method; it knows " + allow + ".")
                    .with("Allow", allow);
        }
    }
}
