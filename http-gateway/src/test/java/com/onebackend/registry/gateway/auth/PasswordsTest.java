package com.onebackend.registry.gateway.auth;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PasswordsTest {
    @Test
    void hashMatchesItsPasswordOnly() {
        final String hash = Passwords.hash("correct horse", 1_000);
        assertThat(Passwords.matches("correct horse", hash)).isTrue();
        assertThat(Passwords.matches("correct hors", hash)).isFalse();
        assertThat(Passwords.matches("", hash)).isFalse();
    }

    @Test
    void hashNamesAlgorithmAndIterationsAndIsSalted() {
        assertThat(Passwords.hash("x", 1_000))
                .startsWith("pbkdf2-sha256$1000$")
                .isNotEqualTo(Passwords.hash("x", 1_000));
        assertThat(Passwords.ofNobody()).startsWith("pbkdf2-sha256$600000$");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "x",
                "pbkdf2-sha256$0$AAAA$AAAA",
                "pbkdf2-sha256$x$AAAA$AAAA",
                "pbkdf2-sha256$1$$",
                "pbkdf2-sha256$999999999$AAAA$AAAA",
                "md5$1$AAAA$AAAA",
                "pbkdf2-sha256$1$*$AAAA"
            })
    void unreadableHashMatchesNothing(final String hash) {
        assertThat(Passwords.matches("", hash)).isFalse();
        assertThat(Passwords.matches("x", hash)).isFalse();
    }
}
