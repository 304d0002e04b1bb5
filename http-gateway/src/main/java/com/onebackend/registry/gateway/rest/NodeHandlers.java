package com.onebackend.registry.gateway.rest;

import com.onebackend.registry.api.Caller;
import com.onebackend.registry.api.ErrorCode;
import com.onebackend.registry.api.NodeView;
import com.onebackend.registry.api.Permission;
import com.onebackend.registry.api.RegistryApi;
import com.onebackend.registry.api.RegistryException;
import com.onebackend.registry.gateway.http.Answer;
import com.onebackend.registry.gateway.http.Exchange;
import com.onebackend.registry.gateway.http.GatewayLimits;
import com.onebackend.registry.gateway.http.Policy;
import com.onebackend.registry.gateway.http.Route;
import io.netty.handler.codec.http.HttpMethod;
import java.util.List;
import java.util.Set;

/** The routes of nodes. */
public final class NodeHandlers {
    private static final String FORCE = "force";

    private final RegistryApi api;

    public NodeHandlers(final RegistryApi api) {
        this.api = api;
    }

    /** What this group answers. */
    public List<Route> routes() {
        final Policy view = Policy.permission(Permission.NODE_VIEW);
        return List.of(
                Route.of(HttpMethod.POST, "/registry-svc/nodes", view, this::list),
                Route.of(HttpMethod.GET, "/registry-svc/nodes", view, this::list),
                Route.of(HttpMethod.GET, "/registry-svc/node/self", Policy.OPTIONAL, this::self),
                Route.of(
                        HttpMethod.POST,
                        "/registry-svc/node-drain",
                        Policy.permission(Permission.NODE_EDIT),
                        this::drain),
                Route.of(
                        HttpMethod.DELETE,
                        "/registry-svc/node/{url...}",
                        Policy.permission(Permission.NODE_DELETE),
                        this::remove));
    }

    private void list(final Exchange exchange) {
        exchange.query().allowOnly(Set.of(Consistency.PARAMETER));
        final Fields fields = new Fields(Json.object(exchange.body()), "").allowOnly(Set.of("ids"));
        final List<String> ids =
                fields.textsOrNull("ids", GatewayLimits.LIST_ELEMENTS_MAX, GatewayLimits.NAME_CHARS_MAX);
        Consistency.read(api, exchange, () -> Answer.json(200, NodeJson.list(selected(ids))));
    }

    private List<NodeView> selected(final List<String> ids) {
        if (ids == null || ids.isEmpty()) {
            return api.nodes();
        }
        return api.nodes().stream()
                .filter(node -> ids.contains(node.record().id()))
                .toList();
    }

    private void self(final Exchange exchange) {
        exchange.query().allowOnly(Set.of());
        final Caller caller = exchange.caller();
        if (caller == null) {
            exchange.answer(Answer.json(200, NodeJson.minimal(api.self())));
            return;
        }
        if (!caller.may(Permission.NODE_VIEW)) {
            throw new RegistryException(
                    ErrorCode.FORBIDDEN,
                    "The account '" + caller.slug() + "' lacks the permission " + Permission.NODE_VIEW.label() + ".");
        }
        exchange.answer(Answer.json(200, NodeJson.full(api.self())));
    }

    private void remove(final Exchange exchange) {
        exchange.query().allowOnly(Set.of(FORCE));
        final String force = exchange.query().one(FORCE);
        if (!force.isEmpty() && !force.equals("true") && !force.equals("false")) {
            throw new RegistryException(ErrorCode.INVALID, "The query parameter 'force' must be 'true' or 'false'.");
        }
        api.removeNode(
                exchange.markedCaller(),
                urlOrId(exchange.parameter()),
                force.equals("true"),
                exchange.reply(gone ->
                        gone.steps().isEmpty() ? Answer.noContent() : Answer.json(200, NodeJson.removed(gone))));
    }

    private void drain(final Exchange exchange) {
        exchange.query().allowOnly(Set.of());
        final Fields fields =
                new Fields(Json.object(exchange.body()), "").allowOnly(Set.of("node", "drained", "reason"));
        final String node = fields.text("node", GatewayLimits.TEXT_CHARS_MAX);
        if (node.isEmpty()) {
            throw fields.invalid("node", "must be the URL or the id of a node");
        }
        final String drained = fields.scalar("drained", GatewayLimits.NAME_CHARS_MAX);
        if (!drained.isEmpty() && !drained.equals("true") && !drained.equals("false")) {
            throw fields.invalid("drained", "must be true or false");
        }
        api.drainNode(
                exchange.markedCaller(),
                urlOrId(node),
                !drained.equals("false"),
                fields.text("reason", GatewayLimits.REASON_CHARS_MAX),
                exchange.reply(view -> Answer.json(200, NodeJson.drain(view))));
    }

    /** The URL as it was meant: some clients and proxies make one slash of two. */
    static String urlOrId(final String given) {
        String url = given;
        final int colon = url.indexOf(":/");
        if (colon > 0 && !url.startsWith("://", colon)) {
            url = url.substring(0, colon) + "://" + url.substring(colon + 2);
        }
        while (url.endsWith("/")) {
            url = url.substring(0, url.length() - 1);
        }
        return url;
    }
}
