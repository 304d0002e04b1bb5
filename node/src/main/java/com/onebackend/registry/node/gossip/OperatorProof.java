package com.onebackend.registry.node.gossip;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Proves knowledge of the cluster secret for one request to one node, without showing it: {@code Authorization:
 * ClusterSecret MILLIS.NONCE.MAC}.
 *
 * @param millis when it was made, milliseconds since 1970
 * @param nonce drawn at random, in hexadecimal digits
 * @param mac over method, path, the node's URL, the digest of the body, {@code millis} and {@code nonce}, in
 *     hexadecimal digits
 */
public record OperatorProof(long millis, String nonce, String mac) {
    /** Bytes of a nonce. */
    public static final int NONCE_BYTES = 16;

    private static final String SCHEME = "ClusterSecret ";
    private static final Pattern FORM = Pattern.compile("([0-9]{1,15})\\.([0-9a-f]{32})\\.([0-9a-f]{64})");

    /** What is asked of whom. */
    public record Request(String method, String path, String nodeUrl, String bodyDigest) {}

    /** Makes a proof. */
    public static OperatorProof of(
            final ClusterKeys keys, final Request request, final long millis, final byte[] nonce) {
        final String hex = HexFormat.of().formatHex(nonce);
        return new OperatorProof(millis, hex, macOf(keys, request, millis, hex));
    }

    /** Reads the header; null when it is none. */
    static OperatorProof parse(final String authorization) {
        if (!authorization.startsWith(SCHEME)) {
            return null;
        }
        final Matcher form = FORM.matcher(authorization.substring(SCHEME.length()));
        return form.matches() ? new OperatorProof(Long.parseLong(form.group(1)), form.group(2), form.group(3)) : null;
    }

    /** The header's value. */
    public String header() {
        return SCHEME + millis + "." + nonce + "." + mac;
    }

    /** True when it was made with these keys for this request; takes the same time whatever differs. */
    boolean proves(final ClusterKeys keys, final Request request) {
        return MessageDigest.isEqual(
                mac.getBytes(StandardCharsets.US_ASCII),
                macOf(keys, request, millis, nonce).getBytes(StandardCharsets.US_ASCII));
    }

    /** The digest of a body, as a proof covers it. */
    public static String digest(final byte[] body) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(body));
        } catch (final NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    private static String macOf(final ClusterKeys keys, final Request request, final long millis, final String nonce) {
        final String message = String.join(
                "\n",
                request.method(),
                request.path(),
                request.nodeUrl(),
                request.bodyDigest(),
                Long.toString(millis),
                nonce);
        return HexFormat.of().formatHex(keys.operatorMac(message.getBytes(StandardCharsets.UTF_8)));
    }

    @Override
    public String toString() {
        return "OperatorProof[millis=" + millis + "]";
    }
}
