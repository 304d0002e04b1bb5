package com.onebackend.registry.node.gossip;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ClusterKeysTest {
    private static final byte[] TEXT = "the private key of the tokens".getBytes(StandardCharsets.UTF_8);

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "short",
                "1234567890123456789012345678901",
                "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
                "changeme-changeme-changeme-changeme",
                "CHANGE_ME_0123456789abcdefghijklmnop",
                "please-replace-this-0123456789abcdef",
                "your-secret-0123456789abcdefghijklmn",
                "                    short                      "
            })
    void guessableSecretIsRefusedWithAdvice(final String secret) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ClusterKeys.derive(secret))
                .withMessageContaining("OB_CLUSTER_SECRET")
                .withMessageContaining("openssl rand");
    }

    @Test
    void missingSecretIsRefused() {
        assertThatIllegalArgumentException().isThrownBy(() -> ClusterKeys.derive(null));
    }

    @Test
    void sealedTextOpensOnAnotherNodeOfTheCluster() {
        final byte[] sealed = ClusterKeys.derive(TestNode.SECRET).seal(TEXT);
        assertThat(new String(sealed, StandardCharsets.ISO_8859_1)).doesNotContain("private");
        assertThat(ClusterKeys.derive(TestNode.SECRET + "\n").open(sealed)).isEqualTo(TEXT);
    }

    @Test
    void sealingTwiceGivesDifferentBytes() {
        final ClusterKeys keys = ClusterKeys.derive(TestNode.SECRET);
        assertThat(keys.seal(TEXT)).isNotEqualTo(keys.seal(TEXT));
    }

    @Test
    void sealedTextDoesNotOpenUnderAnotherSecretOrWhenChanged() {
        final ClusterKeys keys = ClusterKeys.derive(TestNode.SECRET);
        final byte[] sealed = keys.seal(TEXT);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ClusterKeys.derive(TestNode.OTHER_SECRET).open(sealed))
                .withMessageContaining("another cluster secret");
        for (int i = 0; i < sealed.length; i++) {
            final byte[] changed = sealed.clone();
            changed[i] ^= 1;
            assertThatIllegalArgumentException().isThrownBy(() -> keys.open(changed));
        }
        assertThatIllegalArgumentException().isThrownBy(() -> keys.open(new byte[3]));
    }

    @Test
    void keysOfDifferentPurposesDiffer() {
        final ClusterKeys keys = ClusterKeys.derive(TestNode.SECRET);
        assertThat(keys.datagrams().expand("x", 32))
                .isNotEqualTo(keys.datagrams().expand("y", 32));
        assertThat(keys.toString()).doesNotContain(TestNode.SECRET);
    }

    /** RFC 5869, appendix A.1. */
    @Test
    void derivationMatchesThePublishedVector() {
        final HexFormat hex = HexFormat.of();
        final byte[] derived = Hkdf.extract(
                        hex.parseHex("000102030405060708090a0b0c"),
                        hex.parseHex("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b"))
                .expand(hex.parseHex("f0f1f2f3f4f5f6f7f8f9"), 42);
        assertThat(hex.formatHex(derived))
                .isEqualTo("3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
    }
}
