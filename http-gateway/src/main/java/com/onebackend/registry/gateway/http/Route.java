package com.onebackend.registry.gateway.http;

import io.netty.handler.codec.http.HttpMethod;
import java.util.Objects;

/**
 * One method of one path. There is no route without a policy.
 *
 * @param pattern a path; one segment may be <code>{name}</code> (one segment), or the last one <code>{name...}</code>
 *     (all the rest, slashes included)
 * @param needsReady the node must answer like the others; 503 until then
 */
public record Route(HttpMethod method, String pattern, Policy policy, boolean needsReady, Handler handler) {
    public Route {
        Objects.requireNonNull(policy, "policy");
        Objects.requireNonNull(handler, "handler");
        if (!pattern.startsWith("/") || pattern.endsWith("/")) {
            throw new IllegalArgumentException("a pattern starts with a slash and ends without one: " + pattern);
        }
    }

    /** A route that needs a ready node. */
    public static Route of(final HttpMethod method, final String pattern, final Policy policy, final Handler handler) {
        return new Route(method, pattern, policy, true, handler);
    }

    /** A route that is answered also while the node starts. */
    public static Route always(
            final HttpMethod method, final String pattern, final Policy policy, final Handler handler) {
        return new Route(method, pattern, policy, false, handler);
    }

    /** True for a method that changes nothing. */
    boolean isRead() {
        return method.equals(HttpMethod.GET);
    }
}
