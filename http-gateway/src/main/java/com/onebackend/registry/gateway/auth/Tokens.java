package com.onebackend.registry.gateway.auth;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.onebackend.registry.api.Caller;
import com.onebackend.registry.api.ErrorCode;
import com.onebackend.registry.api.RegistryApi;
import com.onebackend.registry.api.RegistryException;
import com.onebackend.registry.gateway.http.Authenticator;
import com.onebackend.registry.gateway.http.GatewayLimits;
import com.onebackend.registry.model.Account;
import com.onebackend.registry.model.SigningKey;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.time.Clock;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import org.jose4j.jwa.AlgorithmConstraints;
import org.jose4j.jws.AlgorithmIdentifiers;
import org.jose4j.jws.JsonWebSignature;
import org.jose4j.jwt.JwtClaims;
import org.jose4j.jwt.MalformedClaimException;
import org.jose4j.jwt.NumericDate;
import org.jose4j.jwt.consumer.InvalidJwtException;
import org.jose4j.jwt.consumer.JwtConsumer;
import org.jose4j.jwt.consumer.JwtConsumerBuilder;
import org.jose4j.jwt.consumer.JwtContext;
import org.jose4j.lang.JoseException;
import org.jose4j.lang.UnresolvableKeyException;

/**
 * Issues and verifies tokens: RS256 JWTs with the claims {@code 1ui 1ai 1sl 1ro 1de 1ao jti iat exp}. What a
 * token may do is decided by the roles its account has now, not by those it had; a token dies with its account
 * and with its key.
 *
 * <p><i>Thread:</i> any; {@link #issue} signs and does not belong on an event loop. A verification costs a
 * fraction of a millisecond, and is done once per token and node.
 */
public final class Tokens implements Authenticator {
    private static final int KEY_BITS = 3072;
    private static final int KEY_ID_BYTES = 8;
    private static final int JTI_BYTES = 16;
    private static final int LEEWAY_SECONDS = 30;
    private static final String SCHEME = "Bearer ";
    private static final SecureRandom RANDOM = new SecureRandom();

    private final RegistryApi api;
    private final Duration life;
    private final Clock clock;
    private final JwtConsumer consumer;
    private final Cache<String, Verified> verified =
            Caffeine.newBuilder().maximumSize(GatewayLimits.TOKENS_CACHED_MAX).build();
    private final Cache<String, PublicKey> publicKeys =
            Caffeine.newBuilder().maximumSize(16).build();

    private volatile Opened opened;

    public Tokens(final RegistryApi api, final Duration life, final Clock clock) {
        this.api = api;
        this.life = life;
        this.clock = clock;
        this.consumer = new JwtConsumerBuilder()
                .setJwsAlgorithmConstraints(
                        AlgorithmConstraints.ConstraintType.PERMIT, AlgorithmIdentifiers.RSA_USING_SHA256)
                .setVerificationKeyResolver((signature, nesting) -> publicKey(signature.getKeyIdHeaderValue()))
                .setRequireExpirationTime()
                .setRequireIssuedAt()
                .setSkipDefaultAudienceValidation()
                .setAllowedClockSkewInSeconds(LEEWAY_SECONDS)
                .build();
    }

    /**
     * A new signing key pair.
     *
     * @param publicKey X.509 SubjectPublicKeyInfo, DER
     * @param privateKey PKCS#8, DER, not sealed yet
     */
    // The arrays are handed on, never compared or changed.
    @SuppressWarnings("ArrayRecordComponent")
    public record NewKey(String id, byte[] publicKey, byte[] privateKey) {
        @Override
        public String toString() {
            return "NewKey[id=" + id + "]";
        }
    }

    /** A token as it is handed out; times in milliseconds since 1970. */
    public record Issued(String id, String token, long issuedMillis, long expiresMillis) {
        @Override
        public String toString() {
            return "Issued[id=" + id + "]";
        }
    }

    /** Makes a signing key pair: what a cluster is founded with. */
    public static NewKey generateKeyPair() {
        try {
            final KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
            generator.initialize(KEY_BITS, RANDOM);
            final KeyPair pair = generator.generateKeyPair();
            return new NewKey(
                    "keyp_" + randomHex(KEY_ID_BYTES),
                    pair.getPublic().getEncoded(),
                    pair.getPrivate().getEncoded());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this JDK lacks RSA", e);
        }
    }

    /** A token for this account, signed with the newest key. Refuses with UNAVAILABLE when there is none yet. */
    public Issued issue(final Account account, final String appId, final String device) {
        final SigningKey key = newestKey();
        final NumericDate now = NumericDate.fromMilliseconds(clock.millis());
        final NumericDate expires = NumericDate.fromMilliseconds(clock.millis() + life.toMillis());
        final JwtClaims claims = new JwtClaims();
        final String id = randomHex(JTI_BYTES);
        claims.setJwtId(id);
        claims.setIssuedAt(now);
        claims.setExpirationTime(expires);
        claims.setStringClaim("1ui", account.id());
        claims.setStringClaim("1ai", appId);
        claims.setStringClaim("1sl", account.slug());
        claims.setStringListClaim("1ro", account.roles());
        claims.setStringClaim("1de", device);
        claims.setStringClaim("1ao", "");
        final JsonWebSignature signature = new JsonWebSignature();
        signature.setPayload(claims.toJson());
        signature.setAlgorithmHeaderValue(AlgorithmIdentifiers.RSA_USING_SHA256);
        signature.setKeyIdHeaderValue(key.id());
        signature.setHeader("typ", "JWT");
        signature.setKey(privateKey(key));
        try {
            return new Issued(
                    id, signature.getCompactSerialization(), now.getValueInMillis(), expires.getValueInMillis());
        } catch (JoseException e) {
            throw new IllegalStateException("the signing key " + key.id() + " does not sign", e);
        }
    }

    /** The newest key's public half. Refuses with UNAVAILABLE when there is none yet. */
    public SigningKey newestKey() {
        final List<SigningKey> keys = api.signingKeys();
        if (keys.isEmpty()) {
            throw new RegistryException(
                    ErrorCode.UNAVAILABLE,
                    api.isOver()
                            ? api.refusal()
                            : "This node does not have the cluster's signing key yet; try again later.");
        }
        return keys.get(0);
    }

    @Override
    public Identity authenticate(final String authorization) {
        final Verified known = verified.getIfPresent(authorization);
        if (known != null) {
            if (known.isValid()) {
                return known;
            }
            verified.invalidate(authorization);
        }
        final Verified fresh = verify(authorization);
        verified.put(authorization, fresh);
        return fresh;
    }

    private Verified verify(final String authorization) {
        if (authorization.length() > GatewayLimits.AUTHORIZATION_CHARS_MAX
                || !authorization.regionMatches(true, 0, SCHEME, 0, SCHEME.length())) {
            throw bad("The Authorization header must be 'Bearer TOKEN'.");
        }
        final String token = authorization.substring(SCHEME.length()).trim();
        if (!token.chars().allMatch(Tokens::isTokenCharacter)) {
            throw bad("The token is not valid here.");
        }
        newestKey();
        try {
            final JwtContext context = consumer.process(token);
            final String keyId = context.getJoseObjects().get(0).getKeyIdHeaderValue();
            final JwtClaims claims = context.getJwtClaims();
            final String slug = claims.getStringClaimValue("1sl");
            final Account account = slug == null ? null : api.account(slug);
            if (account == null || !account.id().equals(claims.getStringClaimValue("1ui"))) {
                throw bad("The token's account does not exist.");
            }
            final long expires = claims.getExpirationTime().getValueInMillis() + LEEWAY_SECONDS * 1000L;
            return new Verified(Permissions.callerOf(account), account, keyId, expires);
        } catch (InvalidJwtException e) {
            throw bad(e.hasExpired() ? "The token has expired; log in again." : "The token is not valid here.");
        } catch (MalformedClaimException e) {
            throw bad("The token is not valid here.");
        }
    }

    /** The library's base64 skips what is not base64: the same token could be written in many ways. */
    private static boolean isTokenCharacter(final int c) {
        return (c < 0x80 && Character.isLetterOrDigit(c)) || c == '-' || c == '_' || c == '.';
    }

    private static RegistryException bad(final String message) {
        return new RegistryException(ErrorCode.UNAUTHENTICATED, message);
    }

    /** The key id is looked up among the catalog's keys and used for nothing else. */
    private PublicKey publicKey(final String keyId) throws UnresolvableKeyException {
        for (final SigningKey key : api.signingKeys()) {
            if (key.id().equals(keyId)) {
                return publicKeys.get(keyId, id -> decodePublic(key));
            }
        }
        throw new UnresolvableKeyException("unknown key id");
    }

    private static PublicKey decodePublic(final SigningKey key) {
        try {
            return KeyFactory.getInstance("RSA").generatePublic(new X509EncodedKeySpec(key.publicKey()));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("the catalog's key " + key.id() + " is not an RSA public key", e);
        }
    }

    private PrivateKey privateKey(final SigningKey key) {
        final Opened known = opened;
        if (known != null && known.keyId().equals(key.id())) {
            return known.key();
        }
        try {
            final PrivateKey decoded =
                    KeyFactory.getInstance("RSA").generatePrivate(new PKCS8EncodedKeySpec(api.openPrivateKey(key)));
            opened = new Opened(key.id(), decoded);
            return decoded;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("the catalog's key " + key.id() + " is not an RSA private key", e);
        }
    }

    private static String randomHex(final int bytes) {
        final byte[] random = new byte[bytes];
        RANDOM.nextBytes(random);
        return HexFormat.of().formatHex(random);
    }

    private record Opened(String keyId, PrivateKey key) {}

    /** A token that was found good, with what that rests on. */
    private final class Verified implements Identity {
        private final Caller caller;
        private final Account account;
        private final String keyId;
        private final long expiresMillis;

        Verified(final Caller caller, final Account account, final String keyId, final long expiresMillis) {
            this.caller = caller;
            this.account = account;
            this.keyId = keyId;
            this.expiresMillis = expiresMillis;
        }

        @Override
        public Caller caller() {
            return caller;
        }

        @Override
        public boolean isValid() {
            return clock.millis() < expiresMillis && account.equals(api.account(account.slug())) && keyIsKnown();
        }

        private boolean keyIsKnown() {
            for (final SigningKey key : api.signingKeys()) {
                if (key.id().equals(keyId)) {
                    return true;
                }
            }
            return false;
        }
    }
}
