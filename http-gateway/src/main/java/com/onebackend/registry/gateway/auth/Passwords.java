package com.onebackend.registry.gateway.auth;

import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Base64;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;

/**
 * Password hashes: PBKDF2 with HMAC-SHA256, written as {@code pbkdf2-sha256$iterations$salt$hash} in base64.
 *
 * <p><i>Thread:</i> any but an event loop; one hash takes most of a second.
 */
public final class Passwords {
    /** Iterations of a new hash, after OWASP's 2023 advice for this algorithm. */
    public static final int ITERATIONS = 600_000;

    private static final String ALGORITHM = "pbkdf2-sha256";
    private static final int ITERATIONS_MAX = 10_000_000;
    private static final int SALT_BYTES = 16;
    private static final int HASH_BYTES = 32;
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final String NOBODY = encode(ITERATIONS, randomBytes(SALT_BYTES), randomBytes(HASH_BYTES));

    private Passwords() {}

    /** A salted hash of {@code password}. */
    public static String hash(final String password) {
        return hash(password, ITERATIONS);
    }

    /** A salted hash with a number of iterations of its own: fewer make tests fast. */
    public static String hash(final String password, final int iterations) {
        final byte[] salt = randomBytes(SALT_BYTES);
        return encode(iterations, salt, derive(password, salt, iterations));
    }

    /** True when {@code encoded} is a hash of {@code password}. A hash that cannot be read matches nothing. */
    public static boolean matches(final String password, final String encoded) {
        final String[] parts = encoded.split("\\$", -1);
        if (parts.length != 4 || !parts[0].equals(ALGORITHM)) {
            return false;
        }
        final int iterations;
        final byte[] salt;
        final byte[] expected;
        try {
            iterations = Integer.parseInt(parts[1]);
            salt = Base64.getDecoder().decode(parts[2]);
            expected = Base64.getDecoder().decode(parts[3]);
        } catch (IllegalArgumentException e) {
            return false;
        }
        if (iterations < 1 || iterations > ITERATIONS_MAX || salt.length == 0) {
            return false;
        }
        return MessageDigest.isEqual(expected, derive(password, salt, iterations));
    }

    /** A hash that no password is known for: what is compared when there is no account, so that it takes as long. */
    static String ofNobody() {
        return NOBODY;
    }

    private static byte[] derive(final String password, final byte[] salt, final int iterations) {
        final PBEKeySpec spec = new PBEKeySpec(password.toCharArray(), salt, iterations, HASH_BYTES * 8);
        try {
            return SecretKeyFactory.getInstance("PBKDF2WithHmacSHA256")
                    .generateSecret(spec)
                    .getEncoded();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this JDK lacks PBKDF2WithHmacSHA256", e);
        } finally {
            spec.clearPassword();
        }
    }

    private static byte[] randomBytes(final int length) {
        final byte[] bytes = new byte[length];
        RANDOM.nextBytes(bytes);
        return bytes;
    }

    private static String encode(final int iterations, final byte[] salt, final byte[] hash) {
        final Base64.Encoder base64 = Base64.getEncoder();
        return ALGORITHM + "$" + iterations + "$" + base64.encodeToString(salt) + "$" + base64.encodeToString(hash);
    }
}
