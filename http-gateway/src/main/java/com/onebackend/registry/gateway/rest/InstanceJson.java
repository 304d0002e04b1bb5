package com.onebackend.registry.gateway.rest;

import com.fasterxml.jackson.core.JsonGenerator;
import com.onebackend.registry.api.ErrorCode;
import com.onebackend.registry.api.RegisterInstance;
import com.onebackend.registry.api.RegistryException;
import com.onebackend.registry.directory.Entry;
import com.onebackend.registry.directory.ServiceView;
import com.onebackend.registry.gateway.http.Body;
import com.onebackend.registry.gateway.http.GatewayLimits;
import com.onebackend.registry.model.Instance;
import com.onebackend.registry.model.InstanceStatus;
import com.onebackend.registry.model.Part;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** Instances on the wire. */
final class InstanceJson {
    private static final byte[] LIST_START = "{\"instances\":[".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] LIST_END = {']', '}'};
    private static final byte[] COMMA = {','};
    private static final Set<String> KNOWN = Set.of(
            "id",
            "slug",
            "url",
            "scheme",
            "host",
            "ip",
            "port",
            "path",
            "deploymentId",
            "nodeUrl",
            "tags",
            "status",
            "details",
            "lastHeartbeat");

    private InstanceJson() {}

    /** The answer for one service, rendered once per change. */
    static Body list(final ServiceView view) {
        return Body.of(view.rendered().get(() -> joined(view.entries())));
    }

    /** The answer for any selection, put together from what was rendered once per change of each. */
    static Body list(final List<Entry> entries) {
        final List<byte[]> pieces = new ArrayList<>(2 * entries.size() + 2);
        pieces.add(LIST_START);
        for (final Entry entry : entries) {
            if (pieces.size() > 1) {
                pieces.add(COMMA);
            }
            pieces.add(fragment(entry));
        }
        pieces.add(LIST_END);
        return Body.of(pieces);
    }

    /** <code>{"instance": {...}}</code>. */
    static byte[] envelope(final Instance instance) {
        return Json.bytes(out -> {
            out.writeStartObject();
            out.writeFieldName("instance");
            write(out, instance);
            out.writeEndObject();
        });
    }

    private static byte[] joined(final List<Entry> entries) {
        final Body body = list(entries);
        final byte[] all = new byte[Math.toIntExact(body.length())];
        int at = 0;
        for (final byte[] piece : body.pieces()) {
            System.arraycopy(piece, 0, all, at, piece.length);
            at += piece.length;
        }
        return all;
    }

    private static byte[] fragment(final Entry entry) {
        return entry.rendered().get(() -> Json.bytes(out -> write(out, entry.instance())));
    }

    private static void write(final JsonGenerator out, final Instance instance) throws IOException {
        final Part.Registration registration = instance.registration();
        out.writeStartObject();
        out.writeStringField("id", instance.id());
        out.writeStringField("url", registration.url());
        Json.text(out, "slug", registration.slug());
        out.writeStringField("status", instance.status().label());
        Json.text(out, "details", instance.details());
        Json.text(out, "scheme", registration.scheme());
        Json.text(out, "host", registration.host());
        Json.text(out, "ip", registration.ip());
        if (registration.port() != 0) {
            out.writeNumberField("port", registration.port());
        }
        Json.text(out, "path", registration.path());
        Json.text(out, "deploymentId", registration.deploymentId());
        Json.text(out, "nodeUrl", registration.nodeUrl());
        Json.texts(out, "tags", registration.tags());
        final long seen = instance.lastHeartbeatMillis() > 0
                ? instance.lastHeartbeatMillis()
                : registration.born().millis();
        if (seen > 0) {
            out.writeStringField("lastHeartbeat", Json.time(seen));
        }
        out.writeEndObject();
    }

    /** Reads a registration. INVALID names the field that is wrong. */
    static RegisterInstance request(final byte[] body) {
        final Fields fields = new Fields(Json.object(body), "").allowOnly(KNOWN);
        final String given = fields.text("status", GatewayLimits.NAME_CHARS_MAX);
        final InstanceStatus status = given.isEmpty() ? null : status(given);
        final String details = fields.text("details", GatewayLimits.TEXT_CHARS_MAX);
        return new RegisterInstance(
                fields.text("id", GatewayLimits.NAME_CHARS_MAX),
                fields.text("slug", GatewayLimits.NAME_CHARS_MAX),
                fields.text("url", GatewayLimits.TEXT_CHARS_MAX),
                fields.text("scheme", GatewayLimits.NAME_CHARS_MAX),
                fields.text("host", GatewayLimits.TEXT_CHARS_MAX),
                fields.text("ip", GatewayLimits.NAME_CHARS_MAX),
                fields.port("port"),
                fields.text("path", GatewayLimits.TEXT_CHARS_MAX),
                fields.text("deploymentId", GatewayLimits.NAME_CHARS_MAX),
                fields.text("nodeUrl", GatewayLimits.TEXT_CHARS_MAX),
                fields.textsOrNull("tags", GatewayLimits.TAGS_MAX, GatewayLimits.TAG_CHARS_MAX),
                status,
                status == null || isOurs(given, status) ? details : translated(details, given));
    }

    /** A status in our spelling or in upstream's; case does not matter. */
    static InstanceStatus status(final String given) {
        for (final InstanceStatus status : InstanceStatus.values()) {
            if (isOurs(given, status)) {
                return status;
            }
        }
        return switch (given.toLowerCase(Locale.ROOT)) {
            case "degraded" -> InstanceStatus.HEALTHY;
            case "unreachable", "error" -> InstanceStatus.UNHEALTHY;
            default ->
                throw new RegistryException(
                        ErrorCode.INVALID,
                        "The field 'status' must be one of Unknown, Healthy, Unhealthy, Starting, Stopping.");
        };
    }

    private static boolean isOurs(final String given, final InstanceStatus status) {
        return status.label().equalsIgnoreCase(given);
    }

    private static String translated(final String details, final String given) {
        return details.isEmpty() ? "Reported as " + given : details + " (reported as " + given + ")";
    }
}
