package com.onebackend.registry.node.gossip;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.onebackend.registry.api.ErrorCode;
import com.onebackend.registry.api.RegistryException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Only who has the secret is believed, for one request to one node, once and within the minute. */
class OperatorProofsTest {
    private static final ClusterKeys KEYS = ClusterKeys.derive("kR7vQx2LmN9pW4sT8yB3cF6hJ1dG5aZ0");
    private static final ClusterKeys OTHERS = ClusterKeys.derive("Zx7vQx2LmN9pW4sT8yB3cF6hJ1dG5aZ0");
    private static final String BODY = OperatorProof.digest("{\"force\":true}".getBytes(StandardCharsets.UTF_8));
    private static final OperatorProof.Request REQUEST = new OperatorProof.Request("POST", "/init", "http://a:1", BODY);
    private static final long NOW = 1_800_000_000_000L;

    private final OperatorProofs proofs = new OperatorProofs(KEYS);
    private int nonces;

    @Test
    void goodProofIsTakenOnce() {
        final String header = header(KEYS, REQUEST, NOW);
        assertThatCode(() -> proofs.check(header, REQUEST, NOW)).doesNotThrowAnyException();
        assertRefused(header, REQUEST, NOW + 1, "used before");
        // As long as it would be believed at all.
        assertRefused(header, REQUEST, NOW + OperatorProofs.WINDOW_MILLIS, "used before");
        assertRefused(header, REQUEST, NOW + OperatorProofs.WINDOW_MILLIS + 1, "clocks");
    }

    @Test
    void proofOfAnotherSecretRequestNodeOrTimeIsRefused() {
        assertRefused(header(OTHERS, REQUEST, NOW), REQUEST, NOW, "OB_CLUSTER_SECRET");
        final List<OperatorProof.Request> others = List.of(
                new OperatorProof.Request("PUT", "/init", "http://a:1", BODY),
                new OperatorProof.Request("POST", "/other", "http://a:1", BODY),
                new OperatorProof.Request("POST", "/init", "http://b:1", BODY),
                new OperatorProof.Request("POST", "/init", "http://a:1", OperatorProof.digest(new byte[0])));
        for (final OperatorProof.Request other : others) {
            assertRefused(header(KEYS, other, NOW), REQUEST, NOW, "missing or wrong");
        }
        assertRefused(header(KEYS, REQUEST, NOW - OperatorProofs.WINDOW_MILLIS - 1), REQUEST, NOW, "clocks");
        assertRefused(header(KEYS, REQUEST, NOW + OperatorProofs.WINDOW_MILLIS + 1), REQUEST, NOW, "clocks");
    }

    @Test
    void whatIsNoProofIsRefused() {
        final String good = header(KEYS, REQUEST, NOW);
        for (final String header : List.of(
                "",
                "Bearer x",
                "ClusterSecret ",
                "ClusterSecret 1.2.3",
                good + "0",
                good.replace("ClusterSecret", "clustersecret"),
                "ClusterSecret 9999999999999999." + "0".repeat(32) + "." + "0".repeat(64))) {
            assertRefused(header, REQUEST, NOW, "missing or wrong");
        }
    }

    @Test
    void memoryIsBoundedAndOnlyGoodProofsFillIt() {
        for (int i = 0; i < 2 * OperatorProofs.REMEMBERED_MAX; i++) {
            assertRefused(header(OTHERS, REQUEST, NOW), REQUEST, NOW, "missing or wrong");
        }
        for (int i = 0; i < OperatorProofs.REMEMBERED_MAX; i++) {
            proofs.check(header(KEYS, REQUEST, NOW), REQUEST, NOW);
        }
        assertThatThrownBy(() -> proofs.check(header(KEYS, REQUEST, NOW), REQUEST, NOW))
                .isInstanceOfSatisfying(
                        RegistryException.class,
                        e -> assertThat(e.error().code()).isEqualTo(ErrorCode.OVERLOADED));
        final long later = NOW + OperatorProofs.WINDOW_MILLIS + 1;
        assertThatCode(() -> proofs.check(header(KEYS, REQUEST, later), REQUEST, later))
                .doesNotThrowAnyException();
    }

    private String header(final ClusterKeys keys, final OperatorProof.Request request, final long millis) {
        final byte[] nonce =
                ByteBuffer.allocate(OperatorProof.NONCE_BYTES).putInt(nonces++).array();
        return OperatorProof.of(keys, request, millis, nonce).header();
    }

    private void assertRefused(
            final String header, final OperatorProof.Request request, final long now, final String why) {
        assertThatThrownBy(() -> proofs.check(header, request, now))
                .isInstanceOfSatisfying(
                        RegistryException.class,
                        e -> assertThat(e.error().code()).isEqualTo(ErrorCode.UNAUTHENTICATED))
                .hasMessageContaining(why);
    }
}
