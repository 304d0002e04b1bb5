package com.onebackend.registry.gateway.rest;

import com.onebackend.registry.api.ErrorCode;
import com.onebackend.registry.api.RegistryApi;
import com.onebackend.registry.api.RegistryException;
import com.onebackend.registry.gateway.auth.Logins;
import com.onebackend.registry.gateway.auth.Tokens;
import com.onebackend.registry.gateway.http.Answer;
import com.onebackend.registry.gateway.http.Exchange;
import com.onebackend.registry.gateway.http.GatewayLimits;
import com.onebackend.registry.gateway.http.Policy;
import com.onebackend.registry.gateway.http.Route;
import com.onebackend.registry.gateway.http.Workers;
import com.onebackend.registry.model.Account;
import io.netty.handler.codec.http.HttpMethod;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Set;

/** The routes of accounts. */
public final class AccountHandlers {
    private static final String DEFAULT_APP = "unnamed";
    private static final int PEM_LINE_CHARS = 64;

    private final RegistryApi api;
    private final Logins logins;
    private final Tokens tokens;
    private final Workers workers;

    public AccountHandlers(final RegistryApi api, final Logins logins, final Tokens tokens, final Workers workers) {
        this.api = api;
        this.logins = logins;
        this.tokens = tokens;
        this.workers = workers;
    }

    /** What this group answers. */
    public List<Route> routes() {
        return List.of(
                Route.always(HttpMethod.POST, "/user-svc/login", Policy.PUBLIC, this::login),
                Route.always(HttpMethod.GET, "/user-svc/public-key", Policy.PUBLIC, this::publicKey),
                Route.always(HttpMethod.POST, "/user-svc/self", Policy.ACCOUNT, this::self));
    }

    private void login(final Exchange exchange) {
        final Fields fields = new Fields(Json.object(exchange.body()), "");
        final String slug = fields.text("slug", GatewayLimits.NAME_CHARS_MAX);
        final String password = fields.text("password", GatewayLimits.PASSWORD_CHARS_MAX);
        final String device = fields.text("device", GatewayLimits.NAME_CHARS_MAX);
        final String appHost = fields.text("appHost", GatewayLimits.TEXT_CHARS_MAX);
        if (slug.isEmpty() || password.isEmpty()) {
            throw fields.invalid(slug.isEmpty() ? "slug" : "password", "is required");
        }
        final String app = "app_" + (appHost.isEmpty() ? DEFAULT_APP : appHost);
        logins.admit(slug, exchange.client());
        workers.run(exchange, () -> {
            final Account account = logins.check(slug, password, exchange.client());
            exchange.answer(Answer.json(200, token(account, app, device)));
        });
    }

    private byte[] token(final Account account, final String app, final String device) {
        final Tokens.Issued issued = tokens.issue(account, app, device);
        return Json.bytes(out -> {
            out.writeStartObject();
            out.writeObjectFieldStart("token");
            out.writeStringField("id", "tok_" + issued.id());
            out.writeStringField("appId", app);
            out.writeStringField("userId", account.id());
            out.writeStringField("token", issued.token());
            out.writeStringField("device", device);
            out.writeStringField("createdAt", Json.time(issued.issuedMillis()));
            out.writeStringField("updatedAt", Json.time(issued.issuedMillis()));
            out.writeStringField("expiresAt", Json.time(issued.expiresMillis()));
            out.writeBooleanField("active", true);
            out.writeEndObject();
            out.writeEndObject();
        });
    }

    private void publicKey(final Exchange exchange) {
        exchange.query().allowOnly(Set.of());
        final Base64.Encoder base64 = Base64.getMimeEncoder(PEM_LINE_CHARS, "\n".getBytes(StandardCharsets.US_ASCII));
        final String pem = "-----BEGIN PUBLIC KEY-----\n"
                + base64.encodeToString(tokens.newestKey().publicKey()) + "\n-----END PUBLIC KEY-----\n";
        exchange.answer(Answer.json(200, Json.bytes(out -> {
            out.writeStartObject();
            out.writeStringField("publicKey", pem);
            out.writeEndObject();
        })));
    }

    private void self(final Exchange exchange) {
        final Account account = api.account(exchange.caller().slug());
        if (account == null) {
            throw new RegistryException(ErrorCode.UNAUTHENTICATED, "The token's account does not exist.");
        }
        exchange.answer(Answer.json(200, Json.bytes(out -> {
            out.writeStartObject();
            out.writeObjectFieldStart("user");
            out.writeStringField("id", account.id());
            out.writeStringField("slug", account.slug());
            out.writeStringField("name", account.name());
            out.writeEndObject();
            Json.texts(out, "roles", account.roles());
            Json.texts(out, "organizations", List.of());
            Json.texts(out, "contacts", List.of());
            out.writeEndObject();
        })));
    }
}
