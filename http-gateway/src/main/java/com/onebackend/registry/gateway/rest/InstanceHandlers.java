package com.onebackend.registry.gateway.rest;

import com.onebackend.registry.api.Caller;
import com.onebackend.registry.api.ErrorCode;
import com.onebackend.registry.api.NodeView;
import com.onebackend.registry.api.Permission;
import com.onebackend.registry.api.RegistryApi;
import com.onebackend.registry.api.RegistryException;
import com.onebackend.registry.directory.Entry;
import com.onebackend.registry.directory.InstanceQuery;
import com.onebackend.registry.directory.ServiceView;
import com.onebackend.registry.gateway.http.Answer;
import com.onebackend.registry.gateway.http.Exchange;
import com.onebackend.registry.gateway.http.Policy;
import com.onebackend.registry.gateway.http.Query;
import com.onebackend.registry.gateway.http.Route;
import com.onebackend.registry.model.InstanceStatus;
import com.onebackend.registry.model.NodeRecord;
import io.netty.handler.codec.http.HttpMethod;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** The routes of instances. */
public final class InstanceHandlers {
    private static final int PORT_MAX = 65_535;
    private static final Set<String> FILTERS =
            Set.of("slug", "host", "ip", "scheme", "port", "path", "id", "deploymentId", "nodeUrl", "status", "tag");
    private static final Answer NONE = Answer.ok(InstanceJson.list(List.of()));

    private final RegistryApi api;

    public InstanceHandlers(final RegistryApi api) {
        this.api = api;
    }

    /** What this group answers. */
    public List<Route> routes() {
        return List.of(
                Route.of(
                        HttpMethod.GET,
                        "/registry-svc/instances",
                        Policy.permission(Permission.INSTANCE_VIEW),
                        this::list),
                Route.of(
                        HttpMethod.PUT,
                        "/registry-svc/instance",
                        Policy.permission(Permission.INSTANCE_EDIT),
                        this::register),
                Route.of(
                        HttpMethod.PUT,
                        "/registry-svc/instance/{id}/heartbeat",
                        Policy.permission(Permission.INSTANCE_EDIT),
                        this::heartbeat),
                Route.of(
                        HttpMethod.DELETE,
                        "/registry-svc/instance/{id}",
                        Policy.permission(Permission.INSTANCE_DELETE),
                        this::deregister));
    }

    /** Discovery by slug alone is the hot path: one lookup, and bytes that are there already. */
    private void list(final Exchange exchange) {
        final Caller caller = exchange.caller();
        final String slug = exchange.query().only("slug");
        if (slug != null && !slug.isEmpty()) {
            final ServiceView view = caller.actsFor(slug) ? api.directory().service(slug) : null;
            exchange.answer(view == null ? NONE : Answer.ok(InstanceJson.list(view)));
            return;
        }
        final List<Entry> found = new ArrayList<>();
        api.directory().find(query(exchange.query(), caller), found::add);
        exchange.answer(Answer.ok(InstanceJson.list(found)));
    }

    private InstanceQuery query(final Query query, final Caller caller) {
        query.allowOnly(FILTERS);
        return new InstanceQuery(
                query.one("id"),
                query.one("slug"),
                query.one("host"),
                query.one("ip"),
                query.one("scheme"),
                port(query.one("port")),
                query.one("path"),
                query.one("deploymentId"),
                nodeUrl(query.one("nodeUrl")),
                status(query.one("status")),
                query.all("tag"),
                caller.seesAll() ? null : caller.slug());
    }

    /** A node may be named by its id as well. */
    private String nodeUrl(final String given) {
        if (given.isEmpty() || given.contains("://")) {
            return given;
        }
        return api.nodes().stream()
                .map(NodeView::record)
                .filter(node -> node.id().equals(given))
                .map(NodeRecord::url)
                .findFirst()
                .orElse(given);
    }

    private static InstanceStatus status(final String given) {
        return given.isEmpty() ? null : InstanceJson.status(given);
    }

    private static int port(final String given) {
        if (given.isEmpty()) {
            return 0;
        }
        final int port = given.matches("[0-9]{1,5}") ? Integer.parseInt(given) : 0;
        if (port < 1 || port > PORT_MAX) {
            throw new RegistryException(
                    ErrorCode.INVALID, "The query parameter 'port' must be a port, 1 to " + PORT_MAX + ".");
        }
        return port;
    }

    private void register(final Exchange exchange) {
        exchange.query().allowOnly(Set.of());
        api.register(
                exchange.caller(),
                InstanceJson.request(exchange.body()),
                exchange.reply(instance -> Answer.json(201, InstanceJson.envelope(instance))));
    }

    private void heartbeat(final Exchange exchange) {
        exchange.query().allowOnly(Set.of());
        api.heartbeat(
                exchange.caller(),
                exchange.parameter(),
                exchange.reply(instance -> Answer.json(200, InstanceJson.envelope(instance))));
    }

    private void deregister(final Exchange exchange) {
        exchange.query().allowOnly(Set.of());
        api.deregister(exchange.caller(), exchange.parameter(), exchange.reply(instance -> Answer.noContent()));
    }
}
