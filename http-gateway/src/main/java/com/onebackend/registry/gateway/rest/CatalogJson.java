package com.onebackend.registry.gateway.rest;

import com.fasterxml.jackson.core.JsonGenerator;
import com.onebackend.registry.api.ClusterStatus;
import com.onebackend.registry.api.ClusterStatus.Catalog;
import java.io.IOException;

/** How the catalog stands, on the wire. A figure that nobody knows is left out. */
final class CatalogJson {
    private CatalogJson() {}

    /** <code>"catalog": {...}</code>. */
    static void write(final JsonGenerator out, final Catalog catalog) throws IOException {
        out.writeObjectFieldStart("catalog");
        out.writeNumberField("epoch", catalog.epoch());
        out.writeStringField("group", catalog.group());
        out.writeStringField("role", catalog.role());
        out.writeStringField("leader", catalog.leader());
        out.writeStringField("leaderUrl", catalog.leaderUrl());
        out.writeNumberField("term", catalog.term());
        out.writeNumberField("appliedIndex", catalog.appliedIndex());
        known(out, "committedIndex", catalog.committedIndex());
        known(out, "ageMillis", catalog.ageMillis());
        Json.text(out, "problem", catalog.problem());
        out.writeArrayFieldStart("voters");
        for (final ClusterStatus.Voter voter : catalog.voters()) {
            write(out, voter);
        }
        out.writeEndArray();
        out.writeArrayFieldStart("nodes");
        for (final ClusterStatus.Node node : catalog.nodes()) {
            write(out, node);
        }
        out.writeEndArray();
        write(out, catalog.autopilot());
        out.writeEndObject();
    }

    private static void write(final JsonGenerator out, final ClusterStatus.Voter voter) throws IOException {
        out.writeStartObject();
        out.writeStringField("id", voter.id());
        out.writeStringField("zone", voter.zone());
        out.writeBooleanField("reachable", voter.reachable());
        known(out, "lastContactMillis", voter.lastContactMillis());
        known(out, "lag", voter.lag());
        out.writeBooleanField("leader", voter.leader());
        out.writeEndObject();
    }

    private static void write(final JsonGenerator out, final ClusterStatus.Node node) throws IOException {
        out.writeStartObject();
        out.writeStringField("id", node.id());
        out.writeStringField("url", node.url());
        out.writeStringField("zone", node.zone());
        out.writeBooleanField("reachable", node.reachable());
        out.writeStringField("role", node.role());
        known(out, "lag", node.lag());
        out.writeBooleanField("drained", node.drained());
        out.writeEndObject();
    }

    private static void write(final JsonGenerator out, final ClusterStatus.Autopilot autopilot) throws IOException {
        out.writeObjectFieldStart("autopilot");
        out.writeStringField("by", autopilot.by());
        out.writeStringField("plan", autopilot.plan());
        if (autopilot.sinceMillis() > 0) {
            out.writeStringField("since", Json.time(autopilot.sinceMillis()));
        }
        if (autopilot.lastChangeMillis() > 0) {
            out.writeStringField("lastChange", autopilot.lastChange());
            out.writeStringField("lastChangeTime", Json.time(autopilot.lastChangeMillis()));
        }
        out.writeEndObject();
    }

    private static void known(final JsonGenerator out, final String name, final long figure) throws IOException {
        if (figure >= 0) {
            out.writeNumberField(name, figure);
        }
    }
}
