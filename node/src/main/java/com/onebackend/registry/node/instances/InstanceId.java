package com.onebackend.registry.node.instances;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;

/**
 * The id of an instance whose caller gave none: a function of slug and url, so that the same registration sent to two
 * nodes
 * at the same moment is one record.
 */
final class InstanceId {
    private static final String PREFIX = "inst_";
    private static final String ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    private static final BigInteger BASE = BigInteger.valueOf(ALPHABET.length());
    private static final int HASH_BYTES = 16;

    private InstanceId() {}

    static String of(final String slug, final String url) {
        final MessageDigest sha256;
        try {
            sha256 = MessageDigest.getInstance("SHA-256");
        } catch (final NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
        sha256.update(slug.getBytes(StandardCharsets.UTF_8));
        sha256.update((byte) 0);
        final byte[] hash = sha256.digest(url.getBytes(StandardCharsets.UTF_8));
        BigInteger rest = new BigInteger(1, Arrays.copyOf(hash, HASH_BYTES));
        final StringBuilder id = new StringBuilder(PREFIX);
        do {
            final BigInteger[] parts = rest.divideAndRemainder(BASE);
            id.append(ALPHABET.charAt(parts[1].intValue()));
            rest = parts[0];
        } while (rest.signum() > 0);
        return id.toString();
    }
}
