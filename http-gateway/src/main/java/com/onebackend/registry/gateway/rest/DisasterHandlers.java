package com.onebackend.registry.gateway.rest;

import com.onebackend.registry.api.Backup;
import com.onebackend.registry.api.ErrorCode;
import com.onebackend.registry.api.Permission;
import com.onebackend.registry.api.RecoverRequest;
import com.onebackend.registry.api.Recovered;
import com.onebackend.registry.api.RegistryApi;
import com.onebackend.registry.api.RegistryException;
import com.onebackend.registry.api.RestoreResult;
import com.onebackend.registry.api.RestoreStep;
import com.onebackend.registry.gateway.http.Answer;
import com.onebackend.registry.gateway.http.Body;
import com.onebackend.registry.gateway.http.Exchange;
import com.onebackend.registry.gateway.http.GatewayLimits;
import com.onebackend.registry.gateway.http.Policy;
import com.onebackend.registry.gateway.http.Route;
import io.netty.handler.codec.http.HttpMethod;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Backup, restore and recovery, for administrators. Answered also by a node that is not ready: a cluster without a
 * majority is not, nor is one into which a backup is brought.
 */
public final class DisasterHandlers {
    /** A backup of a large cluster is put together before its first byte is sent. */
    static final Duration PATIENCE = Duration.ofMinutes(10);

    private static final String BACKUP_TYPE = "application/octet-stream";
    private static final Pattern RESTORE_ID = Pattern.compile("[0-9a-f]{64}");

    private final RegistryApi api;

    public DisasterHandlers(final RegistryApi api) {
        this.api = api;
    }

    /** What this group answers. */
    public List<Route> routes() {
        final Policy admin = Policy.permission(Permission.CLUSTER_ADMIN);
        return List.of(
                Route.always(HttpMethod.GET, "/registry-svc/cluster/backup", admin, this::backup),
                Route.always(HttpMethod.POST, "/registry-svc/cluster/restore", admin, this::restore),
                Route.always(HttpMethod.POST, "/registry-svc/cluster/recover", admin, this::recover));
    }

    private void backup(final Exchange exchange) {
        exchange.query().allowOnly(Set.of());
        exchange.mayTake(PATIENCE);
        api.disaster().backup(exchange.reply(DisasterHandlers::answer));
    }

    private static Answer answer(final Backup backup) {
        Answer answer = new Answer(200, BACKUP_TYPE, Body.of(backup.bytes(), backup.length()), List.of())
                .with(Consistency.INDEX, Long.toString(backup.index()));
        if (backup.ageMillis() != Long.MAX_VALUE) {
            answer = answer.with(Consistency.AGE, Long.toString(backup.ageMillis()));
        }
        return backup.isCurrent() ? answer : answer.with(Consistency.STALE, "true");
    }

    /** The body is binary: records as they stand in the backup. */
    private void restore(final Exchange exchange) {
        exchange.query().allowOnly(Set.of("id", "step"));
        final String id = exchange.query().one("id");
        if (!RESTORE_ID.matcher(id).matches()) {
            throw invalid("The query parameter 'id' must be the backup's SHA-256, 64 hexadecimal digits.");
        }
        final RestoreStep step = new RestoreStep(kind(exchange.query().one("step")), id, exchange.body());
        exchange.mayTake(PATIENCE);
        api.disaster().restore(exchange.caller(), step, exchange.reply(DisasterHandlers::answer));
    }

    private static RestoreStep.Kind kind(final String text) {
        for (final RestoreStep.Kind kind : RestoreStep.Kind.values()) {
            if (kind.name().toLowerCase(Locale.ROOT).equals(text)) {
                return kind;
            }
        }
        throw invalid("The query parameter 'step' must be begin, rows, instances or end.");
    }

    private static Answer answer(final RestoreResult result) {
        return Answer.json(200, Json.bytes(out -> {
            out.writeStartObject();
            out.writeNumberField("taken", result.taken());
            out.writeNumberField("leftOut", result.leftOut());
            out.writeNumberField("keysLeftOut", result.keysLeftOut());
            out.writeEndObject();
        }));
    }

    private void recover(final Exchange exchange) {
        exchange.query().allowOnly(Set.of());
        final Fields fields =
                new Fields(Json.object(exchange.body()), "").allowOnly(Set.of("lost", "acceptDataLoss", "here"));
        final List<String> lost =
                fields.textsOrNull("lost", GatewayLimits.LIST_ELEMENTS_MAX, GatewayLimits.NAME_CHARS_MAX);
        final RecoverRequest request =
                new RecoverRequest(lost == null ? List.of() : lost, fields.flag("acceptDataLoss"), fields.flag("here"));
        exchange.mayTake(PATIENCE);
        api.disaster().recover(exchange.caller(), request, exchange.reply(DisasterHandlers::answer));
    }

    private static Answer answer(final Recovered recovered) {
        return Answer.json(200, Json.bytes(out -> {
            out.writeStartObject();
            out.writeNumberField("epoch", recovered.epoch());
            out.writeNumberField("index", recovered.index());
            if (recovered.ageMillis() != Long.MAX_VALUE) {
                out.writeNumberField("ageMs", recovered.ageMillis());
            }
            Json.texts(out, "removed", recovered.removed());
            out.writeEndObject();
        }));
    }

    private static RegistryException invalid(final String message) {
        return new RegistryException(ErrorCode.INVALID, message);
    }
}
