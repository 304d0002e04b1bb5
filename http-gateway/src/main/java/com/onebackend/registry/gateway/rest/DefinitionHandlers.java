package com.onebackend.registry.gateway.rest;

import com.onebackend.registry.api.Permission;
import com.onebackend.registry.api.RegistryApi;
import com.onebackend.registry.gateway.http.Answer;
import com.onebackend.registry.gateway.http.Exchange;
import com.onebackend.registry.gateway.http.Policy;
import com.onebackend.registry.gateway.http.Route;
import io.netty.handler.codec.http.HttpMethod;
import java.util.List;
import java.util.Set;

/** The routes of definitions. */
public final class DefinitionHandlers {
    private final RegistryApi api;

    public DefinitionHandlers(final RegistryApi api) {
        this.api = api;
    }

    /** What this group answers. */
    public List<Route> routes() {
        return List.of(
                Route.of(
                        HttpMethod.GET,
                        "/registry-svc/definitions",
                        Policy.permission(Permission.DEFINITION_VIEW),
                        this::list),
                Route.of(
                        HttpMethod.PUT,
                        "/registry-svc/definition",
                        Policy.permission(Permission.DEFINITION_EDIT),
                        this::save),
                Route.of(
                        HttpMethod.DELETE,
                        "/registry-svc/definition/{id}",
                        Policy.permission(Permission.DEFINITION_DELETE),
                        this::delete));
    }

    private void list(final Exchange exchange) {
        exchange.query().allowOnly(Set.of(Consistency.PARAMETER));
        Consistency.read(api, exchange, () -> Answer.json(200, DefinitionJson.list(api.definitions())));
    }

    private void save(final Exchange exchange) {
        exchange.query().allowOnly(Set.of());
        api.saveDefinition(
                exchange.caller(),
                DefinitionJson.request(exchange.body()),
                exchange.reply(saved -> Answer.json(201, Json.EMPTY_OBJECT)));
    }

    private void delete(final Exchange exchange) {
        exchange.query().allowOnly(Set.of());
        api.deleteDefinition(exchange.caller(), exchange.parameter(), exchange.reply(gone -> Answer.noContent()));
    }
}
