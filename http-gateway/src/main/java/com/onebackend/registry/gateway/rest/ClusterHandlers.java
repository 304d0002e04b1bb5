package com.onebackend.registry.gateway.rest;

import com.onebackend.registry.api.ClusterInit;
import com.onebackend.registry.api.ErrorCode;
import com.onebackend.registry.api.RegistryApi;
import com.onebackend.registry.api.RegistryError;
import com.onebackend.registry.api.RegistryException;
import com.onebackend.registry.api.Reply;
import com.onebackend.registry.api.SecretProof;
import com.onebackend.registry.gateway.auth.LoginThrottle;
import com.onebackend.registry.gateway.http.Answer;
import com.onebackend.registry.gateway.http.Exchange;
import com.onebackend.registry.gateway.http.GatewayLimits;
import com.onebackend.registry.gateway.http.Policy;
import com.onebackend.registry.gateway.http.Route;
import com.onebackend.registry.gateway.http.Workers;
import io.netty.handler.codec.http.HttpMethod;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;

/** Founding a cluster by an operator's order. There are no accounts then: the cluster secret is the proof. */
public final class ClusterHandlers {
    private static final String INIT = "/registry-svc/cluster/init";
    /** No account has this slug. */
    private static final String THROTTLED = "cluster secret";

    private final RegistryApi api;
    private final Workers workers;
    private final LoginThrottle throttle = new LoginThrottle();

    public ClusterHandlers(final RegistryApi api, final Workers workers) {
        this.api = api;
        this.workers = workers;
    }

    /** What this group answers. */
    public List<Route> routes() {
        // The policy says PUBLIC, as no account is asked for; what is needed instead is checked behind the API.
        return List.of(Route.always(HttpMethod.POST, INIT, Policy.PUBLIC, this::init));
    }

    private void init(final Exchange exchange) {
        exchange.query().allowOnly(Set.of());
        final String force = new Fields(Json.object(exchange.body()), "")
                .allowOnly(Set.of("force"))
                .scalar("force", GatewayLimits.NAME_CHARS_MAX);
        if (!force.isEmpty() && !force.equals("true") && !force.equals("false")) {
            throw new RegistryException(ErrorCode.INVALID, "The field 'force' must be true or false.");
        }
        if (!throttle.tries(THROTTLED, exchange.client())) {
            throw new RegistryException(
                    ErrorCode.OVERLOADED, "Too many failed proofs of the cluster secret; try again in a minute.");
        }
        final SecretProof proof = new SecretProof(exchange.authorization(), "POST", INIT, digest(exchange.body()));
        workers.run(exchange, () -> api.initCluster(proof, force.equals("true"), counted(exchange)));
    }

    private Reply<ClusterInit> counted(final Exchange exchange) {
        final Reply<ClusterInit> reply = exchange.reply(done -> Answer.json(200, json(done)));
        return new Reply<>() {
            @Override
            public void success(final ClusterInit done) {
                throttle.succeeded(THROTTLED, exchange.client());
                reply.success(done);
            }

            @Override
            public void failure(final RegistryError error) {
                if (error.code() != ErrorCode.UNAUTHENTICATED) {
                    throttle.succeeded(THROTTLED, exchange.client());
                }
                reply.failure(error);
            }
        };
    }

    private static byte[] json(final ClusterInit done) {
        return Json.bytes(out -> {
            out.writeStartObject();
            out.writeBooleanField("done", done.isDone());
            out.writeStringField("clusterId", done.clusterId());
            Json.texts(out, "founders", done.founders());
            Json.texts(out, "missing", done.missing());
            out.writeStringField("message", done.message());
            out.writeEndObject();
        });
    }

    private static String digest(final byte[] body) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(body));
        } catch (final NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
