package com.onebackend.registry.node.gossip;

import com.onebackend.registry.model.Invariants;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Derives keys from a secret.
 *
 * <p><i>Paper:</i> RFC 5869 with SHA-256.
 */
final class Hkdf {
    private static final String MAC = "HmacSHA256";
    private static final int HASH_BYTES = 32;
    private static final int OUTPUT_BYTES_MAX = 255 * HASH_BYTES;

    private final byte[] pseudoRandomKey;

    private Hkdf(final byte[] pseudoRandomKey) {
        this.pseudoRandomKey = pseudoRandomKey;
    }

    /** The extract step. */
    static Hkdf extract(final byte[] salt, final byte[] secret) {
        return new Hkdf(hmac(salt).doFinal(secret));
    }

    /** An expander over a key that is already uniformly random. */
    static Hkdf over(final byte[] uniformKey) {
        return new Hkdf(uniformKey.clone());
    }

    /** The expand step with a text as label. */
    byte[] expand(final String label, final int bytes) {
        return expand(label.getBytes(StandardCharsets.UTF_8), bytes);
    }

    /** The expand step: different labels give independent keys. */
    byte[] expand(final byte[] label, final int bytes) {
        Invariants.check(bytes > 0 && bytes <= OUTPUT_BYTES_MAX, "derived key length is out of range");
        final Mac mac = hmac(pseudoRandomKey);
        final byte[] output = new byte[bytes];
        byte[] block = new byte[0];
        int filled = 0;
        for (int counter = 1; filled < bytes; counter++) {
            mac.update(block);
            mac.update(label);
            mac.update((byte) counter);
            block = mac.doFinal();
            final int taken = Math.min(block.length, bytes - filled);
            System.arraycopy(block, 0, output, filled, taken);
            filled += taken;
        }
        Arrays.fill(block, (byte) 0);
        return output;
    }

    static Mac hmac(final byte[] key) {
        try {
            final Mac mac = Mac.getInstance(MAC);
            mac.init(new SecretKeySpec(key, MAC));
            return mac;
        } catch (final GeneralSecurityException e) {
            throw new IllegalStateException("this Java has no " + MAC, e);
        }
    }
}
