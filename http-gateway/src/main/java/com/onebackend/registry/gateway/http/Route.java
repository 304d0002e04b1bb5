package com.onebackend.registry.gateway.http;

import io.netty.handler.codec.http.HttpMethod;
import java.util.Objects;

/**
 * One method of one path. There is no route without a policy.
 *
 * @param pattern a path; one segment may be <code>{name}</code> (one segment), or the last one <code>{name...}</code>
 *     (all the rest, slashes included)
 * @param needs how far the node must be; 503 until then
 */
public record Route(HttpMethod method, String pattern, Policy policy, Needs needs, Handler handler) {
    /** How far a node must be to answer. */
    public enum Needs {
        /** It answers also while it starts. */
        NOTHING,
        /** It belongs to the cluster, so that what it takes is not lost; it need not know what the others have. */
        WRITABLE,
        /** It answers like the others. */
        READY
    }

    public Route {
        Objects.requireNonNull(policy, "policy");
        Objects.requireNonNull(handler, "handler");
        if (!pattern.startsWith("/") || pattern.endsWith("/")) {
            throw new IllegalArgumentException("a pattern starts with a slash and ends without one: " + pattern);
        }
    }

    /** A route that needs a ready node. */
    public static Route of(final HttpMethod method, final String pattern, final Policy policy, final Handler handler) {
        return new Route(method, pattern, policy, Needs.READY, handler);
    }

    /** A route that is answered also while the node starts. */
    public static Route always(
            final HttpMethod method, final String pattern, final Policy policy, final Handler handler) {
        return new Route(method, pattern, policy, Needs.NOTHING, handler);
    }

    /** A route that is answered also while the node catches up with the others. */
    public static Route whileCatchingUp(
            final HttpMethod method, final String pattern, final Policy policy, final Handler handler) {
        return new Route(method, pattern, policy, Needs.WRITABLE, handler);
    }

    /** True for a method that changes nothing. */
    boolean isRead() {
        return method.equals(HttpMethod.GET);
    }
}
