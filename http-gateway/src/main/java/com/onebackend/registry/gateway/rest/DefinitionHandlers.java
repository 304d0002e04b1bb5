package com.onebackend.registry.gateway.rest;

import com.onebackend.registry.api.ErrorCode;
import com.onebackend.registry.api.Permission;
import com.onebackend.registry.api.RegistryApi;
import com.onebackend.registry.api.RegistryException;
import com.onebackend.registry.directory.DefinitionEntry;
import com.onebackend.registry.directory.DefinitionList;
import com.onebackend.registry.gateway.http.Answer;
import com.onebackend.registry.gateway.http.Body;
import com.onebackend.registry.gateway.http.Exchange;
import com.onebackend.registry.gateway.http.Policy;
import com.onebackend.registry.gateway.http.Route;
import com.onebackend.registry.gateway.http.Workers;
import com.onebackend.registry.model.DefinitionRevision;
import io.netty.handler.codec.http.HttpMethod;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;

/** The routes of definitions. */
public final class DefinitionHandlers {
    private static final String ETAG = "ETag";

    private final RegistryApi api;
    private final Workers workers;
    /** The last list that was asked for, put together. */
    private volatile Listing listing = new Listing(null, null);

    public DefinitionHandlers(final RegistryApi api, final Workers workers) {
        this.api = api;
        this.workers = workers;
    }

    private record Listing(DefinitionList list, Body body) {}

    /** What this group answers. */
    public List<Route> routes() {
        final Policy view = Policy.permission(Permission.DEFINITION_VIEW);
        return List.of(
                Route.of(HttpMethod.GET, "/registry-svc/definitions", view, this::list),
                Route.of(HttpMethod.GET, "/registry-svc/definition/{id}", view, this::get),
                Route.of(HttpMethod.GET, "/registry-svc/definition/{id}/history", view, this::history),
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
        Consistency.read(api, exchange, () -> Answer.ok(body(api.definitions())));
    }

    private Body body(final DefinitionList list) {
        final Listing known = listing;
        if (known.list == list) {
            return known.body;
        }
        final Body body = DefinitionJson.list(list);
        listing = new Listing(list, body);
        return body;
    }

    private void get(final Exchange exchange) {
        exchange.query().allowOnly(Set.of(Consistency.PARAMETER));
        final String id = exchange.parameter();
        Consistency.read(api, exchange, () -> {
            final DefinitionEntry entry = api.definition(id);
            if (entry == null) {
                return Answer.error(
                        404,
                        "There is no definition '" + id + "'; its history, if it had one, is at"
                                + " GET /registry-svc/definition/{id}/history.");
            }
            return Answer.ok(DefinitionJson.envelope(entry))
                    .with(ETAG, Revisions.tag(entry.definition().revision()));
        });
    }

    /** What was saved lies on the disk: not for an event loop. */
    private void history(final Exchange exchange) {
        exchange.query().allowOnly(Set.of(Consistency.PARAMETER, Revisions.FIELD));
        final String id = exchange.parameter();
        final String wanted = exchange.query().one(Revisions.FIELD);
        final long revision = wanted.isEmpty() ? 0 : Revisions.number(wanted);
        Consistency.decide(
                api,
                exchange,
                told -> workers.run(exchange, () -> {
                    final List<DefinitionRevision> revisions = api.definitionHistory(id);
                    exchange.answer(
                            told.apply(wanted.isEmpty() ? history(id, revisions) : revision(id, revisions, revision)));
                }));
    }

    private static Answer history(final String id, final List<DefinitionRevision> revisions) {
        return revisions.isEmpty()
                ? Answer.error(404, "No definition '" + id + "' is known, and none that was deleted.")
                : Answer.json(200, DefinitionJson.history(id, revisions));
    }

    private static Answer revision(final String id, final List<DefinitionRevision> revisions, final long wanted) {
        for (final DefinitionRevision revision : revisions) {
            if (revision.revision() == wanted && revision.isDeletion()) {
                return Answer.error(404, "Revision " + wanted + " deleted definition '" + id + "': it has no content.");
            }
            if (revision.revision() == wanted) {
                return Answer.json(200, DefinitionJson.revision(revision)).with(ETAG, Revisions.tag(wanted));
            }
        }
        final String kept = revisions.isEmpty()
                ? "nothing is known of it"
                : "kept are " + revisions.get(revisions.size() - 1).revision() + " to "
                        + revisions.get(0).revision();
        return Answer.error(404, "There is no revision " + wanted + " of definition '" + id + "': " + kept + ".");
    }

    private void save(final Exchange exchange) {
        exchange.query().allowOnly(Set.of());
        final DefinitionJson.Request request = DefinitionJson.request(exchange.body());
        api.saveDefinition(
                exchange.markedCaller(),
                request.definition(),
                Revisions.expected(exchange, request.expectedRevision()),
                exchange.reply(
                        saved -> Answer.json(201, Json.EMPTY_OBJECT).with(ETAG, Revisions.tag(saved.revision()))));
    }

    private void delete(final Exchange exchange) {
        exchange.query().allowOnly(Set.of(Revisions.FIELD));
        final String wanted = exchange.query().one(Revisions.FIELD);
        // An empty one is a script's mistake: it must not delete whatever is there.
        final OptionalLong expected =
                exchange.query().size() == 0 ? OptionalLong.empty() : OptionalLong.of(Revisions.number(wanted));
        if (exchange.header(Revisions.IF_NONE_MATCH) != null) {
            throw new RegistryException(
                    ErrorCode.INVALID, "The header '" + Revisions.IF_NONE_MATCH + "' has no meaning for a deletion.");
        }
        api.deleteDefinition(
                exchange.markedCaller(),
                exchange.parameter(),
                Revisions.expected(exchange, expected),
                exchange.reply(gone -> Answer.noContent()));
    }
}
