package com.onebackend.registry.gateway.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.onebackend.registry.api.ErrorCode;
import com.onebackend.registry.api.Permission;
import com.onebackend.registry.api.RegistryException;
import com.onebackend.registry.gateway.FakeRegistry;
import com.onebackend.registry.gateway.TestGateway;
import com.onebackend.registry.model.SigningKey;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.stream.Stream;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class TokensTest {
    private static final FakeRegistry REGISTRY = new FakeRegistry();
    private static final SigningKey KEY = REGISTRY.keys.get(0);
    private static final Tokens.NewKey OTHER = Tokens.generateKeyPair();

    private final FakeRegistry registry = new FakeRegistry();
    private final Tokens tokens = new Tokens(registry, Duration.ofHours(1), Clock.systemUTC());

    private static String base64(final String text) {
        return base64(text.getBytes(StandardCharsets.UTF_8));
    }

    private static String base64(final byte[] bytes) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    private static PrivateKey ours() throws GeneralSecurityException {
        return KeyFactory.getInstance("RSA").generatePrivate(new PKCS8EncodedKeySpec(REGISTRY.openPrivateKey(KEY)));
    }

    private static String signed(final String algorithm, final PrivateKey key, final String header, final String claims)
            throws GeneralSecurityException {
        final String input = base64(header) + "." + base64(claims);
        final Signature signature = Signature.getInstance(algorithm);
        signature.initSign(key);
        signature.update(input.getBytes(StandardCharsets.US_ASCII));
        return input + "." + base64(signature.sign());
    }

    private static String hmac(final byte[] key, final String header, final String claims)
            throws GeneralSecurityException {
        final String input = base64(header) + "." + base64(claims);
        final Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(key, "HmacSHA256"));
        return input + "." + base64(mac.doFinal(input.getBytes(StandardCharsets.US_ASCII)));
    }

    private static String claims(final String extra) {
        return "{\"1ui\":\"usr_1backend\",\"1sl\":\"1backend\",\"1ro\":[\"user-svc:admin\"],\"jti\":\"j\"" + extra
                + "}";
    }

    private static String times(final long fromNowIssued, final long fromNowExpires) {
        final long now = Instant.now().getEpochSecond();
        return ",\"iat\":" + (now + fromNowIssued) + ",\"exp\":" + (now + fromNowExpires);
    }

    static Stream<String> badTokens() throws GeneralSecurityException {
        final String kid = ",\"kid\":\"" + KEY.id() + "\"";
        final String good = claims(times(0, 3600));
        final PrivateKey ours = ours();
        final PrivateKey other =
                KeyFactory.getInstance("RSA").generatePrivate(new PKCS8EncodedKeySpec(OTHER.privateKey()));
        final String valid = signed("SHA256withRSA", ours, "{\"alg\":\"RS256\"" + kid + "}", good);
        final String[] parts = valid.split("\\.", -1);
        final byte[] pem = Base64.getMimeEncoder().encode(KEY.publicKey());
        final List<String> bad = new ArrayList<>();
        for (final String none : List.of("none", "None", "NONE", "nOnE", "")) {
            bad.add(base64("{\"alg\":\"" + none + "\"" + kid + "}") + "." + base64(good) + ".");
            bad.add(base64("{\"alg\":\"" + none + "\"" + kid + "}") + "." + base64(good) + "." + parts[2]);
        }
        for (final byte[] secret : List.of(KEY.publicKey(), pem, KEY.id().getBytes(StandardCharsets.UTF_8))) {
            bad.add(hmac(secret, "{\"alg\":\"HS256\"" + kid + "}", good));
        }
        bad.add(signed("SHA512withRSA", ours, "{\"alg\":\"RS512\"" + kid + "}", good));
        bad.add(signed("SHA512withRSA", ours, "{\"alg\":\"RS256\"" + kid + "}", good));
        bad.add(signed("SHA256withRSA", ours, "{\"alg\":\"PS256\"" + kid + "}", good));
        bad.add(signed("SHA256withRSA", other, "{\"alg\":\"RS256\"" + kid + "}", good));
        for (final String wrong : List.of(
                "",
                ",\"kid\":\"\"",
                ",\"kid\":\"" + OTHER.id() + "\"",
                ",\"kid\":\"../../dev/null\"",
                ",\"kid\":\"' OR 1=1 --\"",
                ",\"kid\":[\"" + KEY.id() + "\"]",
                ",\"kid\":7")) {
            bad.add(signed("SHA256withRSA", ours, "{\"alg\":\"RS256\"" + wrong + "}", good));
        }
        final String publicKey = base64(OTHER.publicKey());
        for (final String injected : List.of(
                ",\"jku\":\"http://127.0.0.1/k\"",
                ",\"x5u\":\"http://127.0.0.1/k\"",
                ",\"jwk\":{\"kty\":\"oct\",\"k\":\"" + publicKey + "\"}")) {
            bad.add(signed("SHA256withRSA", other, "{\"alg\":\"RS256\"" + kid + injected + "}", good));
        }
        bad.add(signed("SHA256withRSA", ours, "{\"alg\":\"RS256\",\"crit\":[\"x\"],\"x\":1" + kid + "}", good));
        for (final String claims : List.of(
                claims(""),
                claims(",\"iat\":1"),
                claims(times(-7200, -60)),
                claims(times(-7200, -3600)),
                claims(",\"iat\":1,\"exp\":\"never\""),
                claims(",\"iat\":1,\"exp\":null"),
                claims(times(0, 3600) + ",\"nbf\":" + (Instant.now().getEpochSecond() + 3600)),
                claims(times(0, 3600)).replace("\"1sl\":\"1backend\"", "\"1sl\":\"nobody\""),
                claims(times(0, 3600)).replace("usr_1backend", "usr_other"),
                claims(times(0, 3600)).replace("\"1sl\":\"1backend\"", "\"1sl\":[1]"),
                claims(times(0, 3600)).replace("\"1sl\":\"1backend\",", ""),
                "[]",
                "x",
                "")) {
            bad.add(signed("SHA256withRSA", ours, "{\"alg\":\"RS256\"" + kid + "}", claims));
        }
        bad.addAll(brokenForms(valid, good));
        return bad.stream();
    }

    /** The good token, cut, glued and changed. */
    private static List<String> brokenForms(final String valid, final String good) {
        final String[] parts = valid.split("\\.", -1);
        final List<String> bad = new ArrayList<>();
        bad.add(parts[0] + "." + parts[1] + ".");
        bad.add(parts[0] + "." + parts[1]);
        bad.add(parts[0] + "." + base64(good.replace("\"j\"", "\"k\"")) + "." + parts[2]);
        bad.add(parts[0] + "." + parts[1] + "." + (parts[2].charAt(0) == 'A' ? "B" : "A") + parts[2].substring(1));
        bad.add(parts[0] + ".." + parts[2]);
        bad.add(valid + " x");
        bad.add(valid + "=");
        bad.add(valid + ".x");
        bad.add(valid + "." + valid);
        bad.add("x" + valid);
        bad.add("....");
        bad.add(".");
        bad.add("a.b.c.d.e");
        bad.add("x".repeat(9_000));
        return bad;
    }

    @ParameterizedTest
    @MethodSource("badTokens")
    void badTokenIsUnauthenticated(final String token) {
        assertThatThrownBy(() -> tokens.authenticate("Bearer " + token))
                .isInstanceOfSatisfying(
                        RegistryException.class,
                        refused -> assertThat(refused.error().code()).isEqualTo(ErrorCode.UNAUTHENTICATED));
    }

    @Test
    void thereAreAtLeastFortyBadTokens() throws GeneralSecurityException {
        assertThat(badTokens().count()).isGreaterThanOrEqualTo(40);
    }

    @Test
    void handMadeTokenWithTheRightShapeIsGood() throws GeneralSecurityException {
        final String token = signed(
                "SHA256withRSA", ours(), "{\"alg\":\"RS256\",\"kid\":\"" + KEY.id() + "\"}", claims(times(-3600, -20)));
        assertThat(tokens.authenticate("Bearer " + token).caller().seesAll()).isTrue();
    }

    @Test
    void issuedTokenCarriesTheClaimsOfUpstream() {
        final var issued = tokens.issue(registry.account("1backend"), "app_x", "phone");
        final String[] parts = issued.token().split("\\.", -1);
        final var header =
                TestGateway.json(new String(Base64.getUrlDecoder().decode(parts[0]), StandardCharsets.UTF_8));
        final var claims =
                TestGateway.json(new String(Base64.getUrlDecoder().decode(parts[1]), StandardCharsets.UTF_8));
        assertThat(header.path("alg").asText()).isEqualTo("RS256");
        assertThat(header.path("kid").asText()).isEqualTo(KEY.id());
        assertThat(claims.path("1ui").asText()).isEqualTo("usr_1backend");
        assertThat(claims.path("1ai").asText()).isEqualTo("app_x");
        assertThat(claims.path("1sl").asText()).isEqualTo("1backend");
        assertThat(claims.at("/1ro/0").asText()).isEqualTo("user-svc:admin");
        assertThat(claims.path("1de").asText()).isEqualTo("phone");
        assertThat(claims.has("1ao")).isTrue();
        assertThat(claims.path("jti").asText()).hasSize(32);
        assertThat(claims.path("exp").asLong() - claims.path("iat").asLong()).isEqualTo(3600);
    }

    @Test
    void verifiedTokenIsNotVerifiedAgain() {
        final String header =
                "Bearer " + tokens.issue(registry.account("1backend"), "a", "").token();
        assertThat(tokens.authenticate(header)).isSameAs(tokens.authenticate(header));
    }

    @Test
    void cachedTokenDiesWithItsTimeItsAccountAndItsKey() {
        final MovableClock clock = new MovableClock();
        final Tokens timed = new Tokens(registry, Duration.ofHours(1), clock);
        final String header =
                "Bearer " + timed.issue(registry.account("1backend"), "a", "").token();
        final var identity = timed.authenticate(header);
        assertThat(identity.isValid()).isTrue();
        clock.now = clock.now.plusSeconds(3600 + 31);
        assertThat(identity.isValid()).isFalse();
        clock.now = Instant.now();

        registry.account("1backend", "user-svc:user");
        assertThat(identity.isValid()).isFalse();
        assertThat(timed.authenticate(header).caller().permissions()).doesNotContain(Permission.NODE_VIEW);

        registry.accounts.remove("1backend");
        assertThatThrownBy(() -> timed.authenticate(header)).hasMessageContaining("account");

        registry.account("1backend", "user-svc:admin");
        assertThat(timed.authenticate(header).isValid()).isTrue();
        registry.keys.clear();
        registry.keys.add(new SigningKey(OTHER.id(), OTHER.publicKey(), new byte[0]));
        assertThatThrownBy(() -> timed.authenticate(header)).hasMessageContaining("not valid");
    }

    @Test
    void withoutASigningKeyNobodyCanTell() {
        registry.keys.clear();
        assertThatThrownBy(() -> tokens.authenticate("Bearer x.y.z"))
                .isInstanceOfSatisfying(
                        RegistryException.class,
                        refused -> assertThat(refused.error().code()).isEqualTo(ErrorCode.UNAVAILABLE));
    }

    private static final class MovableClock extends Clock {
        private Instant now = Instant.now();

        @Override
        public ZoneOffset getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(final java.time.ZoneId zone) {
            return this;
        }

        @Override
        public Instant instant() {
            return now;
        }
    }
}
