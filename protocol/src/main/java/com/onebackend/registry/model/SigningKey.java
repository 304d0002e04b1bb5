package com.onebackend.registry.model;

/**
 * The key pair that signs tokens. It is in the catalog, so that any node verifies any node's tokens.
 *
 * @param id names the key in a token's header
 * @param publicKey X.509 SubjectPublicKeyInfo, DER
 * @param sealedPrivateKey PKCS#8 DER, encrypted under the cluster secret
 */
// The arrays are handed on, never compared or changed.
@SuppressWarnings("ArrayRecordComponent")
public record SigningKey(String id, byte[] publicKey, byte[] sealedPrivateKey) {
    @Override
    public String toString() {
        return "SigningKey[id=" + id + "]";
    }
}
