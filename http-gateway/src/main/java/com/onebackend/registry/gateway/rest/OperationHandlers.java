package com.onebackend.registry.gateway.rest;

import com.onebackend.registry.api.Caller;
import com.onebackend.registry.api.ClusterStatus;
import com.onebackend.registry.api.Permission;
import com.onebackend.registry.api.RegistryApi;
import com.onebackend.registry.gateway.http.Answer;
import com.onebackend.registry.gateway.http.Body;
import com.onebackend.registry.gateway.http.Exchange;
import com.onebackend.registry.gateway.http.Policy;
import com.onebackend.registry.gateway.http.Route;
import com.onebackend.registry.gateway.http.Workers;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.netty.handler.codec.http.HttpMethod;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** How this node and its cluster do: health, cluster, metrics. Answered also while the node starts. */
public final class OperationHandlers {
    private static final String METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8";

    private final RegistryApi api;
    private final PrometheusMeterRegistry metrics;
    private final Workers workers;

    public OperationHandlers(final RegistryApi api, final PrometheusMeterRegistry metrics, final Workers workers) {
        this.api = api;
        this.metrics = metrics;
        this.workers = workers;
    }

    /** What this group answers. */
    public List<Route> routes() {
        return List.of(
                Route.always(HttpMethod.GET, "/health", Policy.PUBLIC, exchange -> health(exchange, false)),
                Route.always(HttpMethod.GET, "/health/ready", Policy.PUBLIC, exchange -> health(exchange, true)),
                Route.always(HttpMethod.GET, "/registry-svc/cluster", Policy.OPTIONAL, this::cluster),
                Route.always(HttpMethod.GET, "/metrics", Policy.permission(Permission.NODE_VIEW), this::metrics));
    }

    private void health(final Exchange exchange, final boolean readyWanted) {
        final ClusterStatus status = api.cluster();
        final byte[] body = Json.bytes(out -> {
            out.writeStartObject();
            out.writeStringField("status", status.ready() ? "ok" : api.isOver() ? "stopped" : "starting");
            out.writeBooleanField("live", true);
            out.writeBooleanField("ready", status.ready());
            out.writeStringField("reason", status.reason());
            Json.texts(out, "warnings", status.warnings());
            out.writeEndObject();
        });
        if (readyWanted && !status.ready()) {
            exchange.answer(Answer.json(503, body).with("Retry-After", "1"));
        } else {
            exchange.answer(Answer.json(200, body));
        }
    }

    private void cluster(final Exchange exchange) {
        final Caller caller = exchange.caller();
        final boolean inFull = caller != null && caller.may(Permission.NODE_VIEW);
        if (inFull) {
            api.catalogStatus(exchange.reply(catalog -> Answer.json(200, NodeJson.cluster(api.cluster(), catalog))));
        } else {
            exchange.answer(Answer.json(200, NodeJson.cluster(api.cluster(), null)));
        }
    }

    /** A scrape takes milliseconds: not on an event loop. */
    private void metrics(final Exchange exchange) {
        workers.run(exchange, () -> {
            final byte[] page = metrics.scrape().getBytes(StandardCharsets.UTF_8);
            exchange.answer(new Answer(200, METRICS_TYPE, Body.of(page), List.of()));
        });
    }
}
