package com.onebackend.registry.node.gossip;

import com.onebackend.registry.model.Invariants;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * Every key that nodes share, derived from the cluster secret (OB_CLUSTER_SECRET). Who holds the secret is a node;
 * there is no weaker and no stronger proof.
 *
 * <p><i>Thread:</i> any. <i>Invariants:</i> each purpose has a key of its own, so that bytes made for one never open as
 * another.
 */
public final class ClusterKeys {
    /** A shorter secret is refused. */
    public static final int SECRET_CHARS_MIN = 32;

    private static final int SECRET_DISTINCT_CHARS_MIN = 8;
    private static final List<String> PLACEHOLDERS = List.of(
            "changeme",
            "changethis",
            "replaceme",
            "replacethis",
            "yoursecret",
            "placeholder",
            "example",
            "default",
            "password",
            "12345678");

    private static final int KEY_BYTES = 32;
    private static final int CA_SEED_BYTES = 48;
    private static final int NONCE_BYTES = 12;
    private static final int TAG_BYTES = 16;
    private static final byte SEAL_VERSION = 1;
    private static final byte[] SALT = "registry-svc cluster secret".getBytes(StandardCharsets.US_ASCII);

    private final Hkdf datagrams;
    private final byte[] authoritySeed;
    private final SecretKeySpec catalog;
    private final byte[] operator;
    private final SecureRandom random = new SecureRandom();

    private ClusterKeys(final Hkdf root) {
        datagrams = Hkdf.over(root.expand("v1 gossip datagrams", KEY_BYTES));
        authoritySeed = root.expand("v1 certificate authority", CA_SEED_BYTES);
        catalog = new SecretKeySpec(root.expand("v1 catalog sealing", KEY_BYTES), "AES");
        operator = root.expand("v1 operator requests", KEY_BYTES);
    }

    /**
     * The keys of the cluster with this secret.
     *
     * @throws IllegalArgumentException when the secret is one that could be guessed; the message says what to do
     */
    public static ClusterKeys derive(final String secret) {
        if (secret == null || secret.strip().length() < SECRET_CHARS_MIN) {
            throw refused("has fewer than " + SECRET_CHARS_MIN + " characters");
        }
        final String stripped = secret.strip();
        if (stripped.chars().distinct().count() < SECRET_DISTINCT_CHARS_MIN) {
            throw refused("repeats fewer than " + SECRET_DISTINCT_CHARS_MIN + " different characters");
        }
        final String plain = stripped.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]", "");
        for (final String placeholder : PLACEHOLDERS) {
            if (plain.contains(placeholder)) {
                throw refused("looks like a placeholder (it contains \"" + placeholder + "\")");
            }
        }
        return new ClusterKeys(Hkdf.extract(SALT, stripped.getBytes(StandardCharsets.UTF_8)));
    }

    private static IllegalArgumentException refused(final String why) {
        return new IllegalArgumentException("OB_CLUSTER_SECRET " + why
                + ": set the same random value on every node, for example the output of 'openssl rand -base64 32'");
    }

    /** Encrypts what goes into the catalog, so that its files alone do not betray it. */
    public byte[] seal(final byte[] plaintext) {
        final byte[] nonce = new byte[NONCE_BYTES];
        random.nextBytes(nonce);
        try {
            final Cipher cipher = catalogCipher(Cipher.ENCRYPT_MODE, nonce);
            final byte[] sealed = new byte[1 + NONCE_BYTES + plaintext.length + TAG_BYTES];
            sealed[0] = SEAL_VERSION;
            System.arraycopy(nonce, 0, sealed, 1, NONCE_BYTES);
            final int written = cipher.doFinal(plaintext, 0, plaintext.length, sealed, 1 + NONCE_BYTES);
            Invariants.check(written == plaintext.length + TAG_BYTES, "sealed text has an unexpected length");
            return sealed;
        } catch (final GeneralSecurityException e) {
            throw new IllegalStateException("this Java has no AES-256-GCM", e);
        }
    }

    /**
     * Decrypts what {@link #seal} made on any node of the cluster.
     *
     * @throws IllegalArgumentException when it was sealed under another secret, or changed
     */
    public byte[] open(final byte[] sealed) {
        if (sealed.length < 1 + NONCE_BYTES + TAG_BYTES || sealed[0] != SEAL_VERSION) {
            throw new IllegalArgumentException("not a text sealed by this version of the registry");
        }
        try {
            final Cipher cipher = catalogCipher(Cipher.DECRYPT_MODE, Arrays.copyOfRange(sealed, 1, 1 + NONCE_BYTES));
            return cipher.doFinal(sealed, 1 + NONCE_BYTES, sealed.length - 1 - NONCE_BYTES);
        } catch (final AEADBadTagException e) {
            throw new IllegalArgumentException("sealed under another cluster secret, or changed since", e);
        } catch (final GeneralSecurityException e) {
            throw new IllegalStateException("this Java has no AES-256-GCM", e);
        }
    }

    /** Derives the key of each sender of datagrams. */
    Hkdf datagrams() {
        return datagrams;
    }

    /** What the certificate authority's private key is made of. */
    byte[] authoritySeed() {
        return authoritySeed.clone();
    }

    /** Authenticates a request of somebody who is no node but has the secret; HMAC-SHA-256. */
    byte[] operatorMac(final byte[] message) {
        return Hkdf.hmac(operator).doFinal(message);
    }

    private Cipher catalogCipher(final int mode, final byte[] nonce) throws GeneralSecurityException {
        final Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
        cipher.init(mode, catalog, new GCMParameterSpec(TAG_BYTES * Byte.SIZE, nonce));
        return cipher;
    }

    @Override
    public String toString() {
        return "ClusterKeys[secret]";
    }
}
