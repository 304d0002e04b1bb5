package com.onebackend.registry.api;

/**
 * A request whose sender claims to know the cluster secret: before a cluster is founded there are no accounts.
 *
 * @param authorization the header as it came; empty when there was none
 * @param bodyDigest SHA-256 of the body, in lower-case hexadecimal digits
 */
public record SecretProof(String authorization, String method, String path, String bodyDigest) {
    /** The proof itself must not reach a log. */
    @Override
    public String toString() {
        return "SecretProof[" + method + " " + path + "]";
    }
}
